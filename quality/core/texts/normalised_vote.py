"""Answers that are short texts: the spelling that most trusted workers agree on."""

from itertools import groupby
from typing import Self

import numpy as np

from quality.core.skill import Accuracy, pooled_accuracies
from quality.core.texts.answers import (
    COINCIDENCE,
    TextConsensus,
    TextSkills,
    TextVotes,
    believed,
    commonest,
    learned,
    log_odds,
    presumed,
)
from quality.core.texts.words import normalised
from quality.core.votes import Floats


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
    workers_ : Accuracy, how often each worker's whole text is right.
    """

    consensus_: TextConsensus
    model_: TextSkills
    workers_: Accuracy

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
        model = presumed(votes.n_workers)
        for _ in range(self.max_rounds):
            right = rivals.posterior(model)[rivals.candidate]
            model = learned(votes.worker, right, votes.n_workers, self.strength)
        self.model_ = model
        posterior = rivals.posterior(model)
        self.consensus_ = rivals.consensus(posterior)
        right = np.clip(posterior[rivals.candidate], 0.0, 1.0)
        self.workers_ = pooled_accuracies(votes.worker, right, votes.n_workers)
        return self


def infer(votes: TextVotes, model: TextSkills) -> TextConsensus:
    """The winning texts under learned accuracies.

    Worker codes index model.accuracy, which may be other workers' than those it was learned from.
    Raises ValueError if the model is for another number of workers.
    """
    model.check(votes)
    rivals = _Rivals(votes)
    return rivals.consensus(rivals.posterior(model))


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
        odds = log_odds(model.accuracy)[self.votes.worker] - np.log(COINCIDENCE)
        # However poor the worker, an answer never counts against its own text.
        support = np.bincount(self.candidate, np.maximum(odds, 0.0), minlength=self.task.size)
        return believed(support.astype(np.float64), self.task, self.votes.n_tasks)

    def consensus(self, posterior: Floats) -> TextConsensus:
        """The likeliest text of each task."""
        value: list[str | None] = [None] * self.votes.n_tasks
        confidence = np.zeros(self.votes.n_tasks)
        spellings = self._spellings()
        # Rounded, so that a tie does not hang on the order of a sum; then most given, then
        # alphabet.
        ranked = sorted(
            range(posterior.size),
            key=lambda i: (self.task[i], -posterior[i].round(9), -len(spellings[i]), i),
        )
        for task, candidates in groupby(ranked, key=lambda i: int(self.task[i])):
            winner = next(candidates)
            value[task] = commonest(spellings[winner])
            confidence[task] = posterior[winner]
        return TextConsensus(tuple(value), confidence)

    def _spellings(self) -> list[list[str]]:
        """The texts as they were given, for each distinct normalised text."""
        given: list[list[str]] = [[] for _ in range(self.task.size)]
        for candidate, text in zip(self.candidate.tolist(), self.votes.text, strict=True):
            given[candidate].append(text.strip())
        return given
