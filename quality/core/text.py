"""Answers that are short texts: the spelling that most trusted workers agree on."""

import string
import unicodedata
from collections import Counter
from dataclasses import dataclass
from itertools import groupby
from typing import Self

import numpy as np

from quality.core.votes import Codes, Floats, check_pairs

# How likely two wrong answers are to be the same text.
COINCIDENCE = 0.1
PRESUMED_ACCURACY = 0.7
# Nobody is ever taken to be surer than this, or the log-odds run away.
SUREST = 0.99


@dataclass(frozen=True, slots=True)
class TextVotes:
    """One text per vote, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    text: n_votes strings

    Raises ValueError for unequal lengths, codes out of bounds, a missing text and repeated
    (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    text: tuple[str, ...]
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if len(self.text) != self.task.size:
            raise ValueError("text must have one entry per vote")
        for row, text in enumerate(self.text):
            if not isinstance(text, str):
                raise ValueError(f"row {row}: the text is missing")


@dataclass(frozen=True, slots=True)
class TextSkills:
    """How often answers are the right text: pooled for a worker not met yet, and (n_workers,)."""

    pooled: float
    accuracy: Floats


@dataclass(frozen=True, slots=True)
class TextConsensus:
    """The winning text of each task.

    value: n_tasks strings, the winner's most frequent spelling; None where nobody answered
    confidence: (n_tasks,), the probability that it is right; 0 where nobody answered. What is
        missing to 1 is shared by the other answers and by "none of them is right".
    """

    value: tuple[str | None, ...]
    confidence: Floats


class TextVote:
    """Weighted vote among normalised texts, the weights learned from agreement.

    A worker is right with their own accuracy; wrong answers are the same text by chance only. The
    truth may be a text nobody gave: a lone answer is right as often as its worker.

    Parameters
    ----------
    max_rounds : rounds of votes and accuracies at most.
    strength : how many answers the pooled accuracy is worth in a worker's own.

    Attributes, once fitted
    -----------------------
    consensus_ : TextConsensus; `value_` and `confidence_` are its parts.
    model_ : TextSkills; `infer` with it gives consensus_ again.
    """

    consensus_: TextConsensus
    model_: TextSkills

    def __init__(self, *, max_rounds: int = 10, strength: float = 8.0) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.max_rounds = max_rounds
        self.strength = strength

    @property
    def value_(self) -> tuple[str | None, ...]:
        return self.consensus_.value

    @property
    def confidence_(self) -> Floats:
        return self.consensus_.confidence

    def fit(self, votes: TextVotes) -> Self:
        """Learn from the votes."""
        rivals = _Rivals(votes)
        model = TextSkills(PRESUMED_ACCURACY, np.full(votes.n_workers, PRESUMED_ACCURACY))
        for _ in range(self.max_rounds):
            right = rivals.posterior(model)[rivals.candidate]
            model = self._skills(votes, right)
        self.model_ = model
        self.consensus_ = infer(votes, model)
        return self

    def _skills(self, votes: TextVotes, right: Floats) -> TextSkills:
        n_answers = np.bincount(votes.worker, minlength=votes.n_workers)
        n_right = np.bincount(votes.worker, right, minlength=votes.n_workers)
        presumed = self.strength * PRESUMED_ACCURACY
        pooled = float((n_right.sum() + presumed) / (n_answers.sum() + self.strength))
        accuracy = (n_right + self.strength * pooled) / (n_answers + self.strength)
        return TextSkills(pooled, accuracy)


def infer(votes: TextVotes, model: TextSkills) -> TextConsensus:
    """The winning texts under learned accuracies.

    Worker codes index model.accuracy, which may be other workers' than those it was learned from.
    Raises ValueError if the model is for another number of workers.
    """
    if model.accuracy.shape != (votes.n_workers,):
        raise ValueError("the model must have one accuracy per worker")
    rivals = _Rivals(votes)
    posterior = rivals.posterior(model)
    value: list[str | None] = [None] * votes.n_tasks
    confidence = np.zeros(votes.n_tasks)
    spellings = rivals.spellings()
    # Rounded, so that a tie does not hang on the order of a sum; then most given, then alphabet.
    ranked = sorted(
        range(posterior.size),
        key=lambda i: (rivals.task[i], -posterior[i].round(9), -len(spellings[i]), i),
    )
    for task, candidates in groupby(ranked, key=lambda i: int(rivals.task[i])):
        winner = next(candidates)
        value[task] = _commonest(spellings[winner])
        confidence[task] = posterior[winner]
    return TextConsensus(tuple(value), confidence)


def normalised(text: str) -> str:
    """The form in which texts are compared: case, spaces and outer punctuation do not matter."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    collapsed = " ".join(folded.split())
    start, end = 0, len(collapsed)
    while start < end and _is_margin(collapsed[start]):
        start += 1
    while end > start and _is_margin(collapsed[end - 1]):
        end -= 1
    # A text of nothing but punctuation is its own meaning.
    return collapsed[start:end] or collapsed


class _Rivals:
    """The distinct normalised texts of every task, in order of task and alphabet."""

    def __init__(self, votes: TextVotes) -> None:
        self.votes = votes
        entries = [
            (task, normalised(text))
            for task, text in zip(votes.task.tolist(), votes.text, strict=True)
        ]
        distinct = sorted(set(entries))
        code_of = {entry: code for code, entry in enumerate(distinct)}
        self.task = np.array([task for task, _ in distinct], dtype=np.int64)
        self.candidate = np.array([code_of[entry] for entry in entries], dtype=np.int64)

    def posterior(self, model: TextSkills) -> Floats:
        """The probability that each distinct text is right, (n_texts,)."""
        accuracy = np.clip(model.accuracy, 1 - SUREST, SUREST)[self.votes.worker]
        odds = np.log(accuracy / (1 - accuracy)) - np.log(COINCIDENCE)
        # However poor the worker, an answer never counts against its own text.
        support = np.bincount(self.candidate, np.maximum(odds, 0.0), minlength=self.task.size)
        score = support + np.log(COINCIDENCE)
        # "None of them is right" scores 0 and is every task's first rival.
        peak = np.zeros(self.votes.n_tasks)
        np.maximum.at(peak, self.task, score)
        weight = np.exp(score - peak[self.task])
        total = np.exp(-peak) + np.bincount(self.task, weight, minlength=self.votes.n_tasks)
        return weight / total[self.task]

    def spellings(self) -> list[list[str]]:
        """The texts as they were given, for each distinct normalised text."""
        given: list[list[str]] = [[] for _ in range(self.task.size)]
        for candidate, text in zip(self.candidate.tolist(), self.votes.text, strict=True):
            given[candidate].append(text.strip())
        return given


def _is_margin(character: str) -> bool:
    is_mark = unicodedata.category(character).startswith("P") or character in string.punctuation
    return is_mark or character.isspace()


def _commonest(texts: list[str]) -> str:
    counted = Counter(texts)
    return min(counted, key=lambda text: (-counted[text], text))
