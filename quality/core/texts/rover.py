"""Answers that are sentences and longer: words aligned, and each place voted on."""

from dataclasses import dataclass
from typing import Self

import numpy as np

from quality.core.skill import Accuracy, pooled_accuracies
from quality.core.texts.answers import (
    COINCIDENCE,
    TextConsensus,
    TextSkills,
    TextVotes,
    believed,
    learned,
    log_odds,
    presumed,
)
from quality.core.texts.network import Network
from quality.core.votes import Codes, Floats

# What each answer after the first is worth: people mishear and mistype the same words, and the
# alignment errs for all of them at once.
WORTH = 0.5
# How often what is wrong is a word left out, before anything is learned.
PRESUMED_SILENCE = 0.3


@dataclass(frozen=True, slots=True)
class RoverSkills(TextSkills):
    """How often words are right, and which share of the wrong ones is a word left out."""

    silence: float


@dataclass(frozen=True, slots=True)
class RoverConsensus(TextConsensus):
    """The text of each task, and how sure each of its words is.

    words: for each task (word, confidence) pairs in order; confidence is the product over these
        and over the places where no word won, as if places erred apart from each other
    """

    words: tuple[tuple[tuple[str, float], ...], ...]


class Rover:
    """Words aligned into columns, a weighted vote in each, the weights learned from agreement.

    In a column a worker's word, or leaving it out, is right with the worker's accuracy. Two wrong
    words are the same by chance only, two words left out as often as words are.

    Parameters
    ----------
    max_rounds : rounds of votes and accuracies at most.
    strength : how many words the pooled accuracy is worth in a worker's own.

    Attributes, once fitted
    -----------------------
    consensus_ : RoverConsensus; `value_` and `confidence_` are its parts.
    model_ : RoverSkills; `infer` with it gives consensus_ again.
    workers_ : Accuracy, how often each worker's words are right; n counts words.

    Source of the alignment and the vote: Fiscus (1997), "A Post-Processing System to Yield
    Reduced Word Error Rates", IEEE ASRU, 347-354.
    """

    consensus_: RoverConsensus
    model_: RoverSkills
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
        columns = _Columns(votes)
        start = presumed(votes.n_workers)
        model = RoverSkills(start.pooled, start.accuracy, PRESUMED_SILENCE)
        for _ in range(self.max_rounds):
            right = columns.posterior(model)[columns.network.candidate]
            skills = learned(columns.worker, right, votes.n_workers, self.strength)
            model = RoverSkills(
                skills.pooled, skills.accuracy, columns.silence(right, self.strength)
            )
        self.model_ = model
        posterior = columns.posterior(model)
        self.consensus_ = columns.consensus(posterior)
        right = np.clip(posterior[columns.network.candidate], 0.0, 1.0)
        self.workers_ = pooled_accuracies(columns.worker, right, votes.n_workers)
        return self


def infer(votes: TextVotes, model: RoverSkills) -> RoverConsensus:
    """The texts under learned accuracies.

    Worker codes index model.accuracy, which may be other workers' than those it was learned from.
    Raises ValueError if the model is for another number of workers.
    """
    model.check(votes)
    columns = _Columns(votes)
    return columns.consensus(columns.posterior(model))


class _Columns:
    """The votes as votes on words in columns."""

    def __init__(self, votes: TextVotes) -> None:
        self.votes = votes
        self.network = Network(votes)
        self.worker: Codes = votes.worker[self.network.vote]
        n_answers = np.bincount(votes.task, minlength=votes.n_tasks)[self.network.column_task]
        worth = (1 + WORTH * (n_answers - 1)) / np.maximum(n_answers, 1)
        self.worth = worth[self.network.column]

    def posterior(self, model: RoverSkills) -> Floats:
        """The probability that each candidate is right, (n_candidates,)."""
        of = self.network
        coincidence = np.where(of.is_silent, model.silence, COINCIDENCE)
        odds = log_odds(model.accuracy)[self.worker] - np.log(coincidence)[of.candidate]
        support = np.bincount(of.candidate, np.maximum(odds, 0.0), minlength=of.column.size)
        return believed(support * self.worth, of.column, of.column_task.size)

    def silence(self, right: Floats, strength: float) -> float:
        """The share of words left out among what is wrong."""
        wrong = 1 - right
        n_silent = wrong @ self.network.is_silent[self.network.candidate]
        presumed = strength * PRESUMED_SILENCE
        return float((n_silent + presumed) / (wrong.sum() + strength))

    def consensus(self, posterior: Floats) -> RoverConsensus:
        """The likeliest word of every column, put together."""
        of = self.network
        n_said = np.bincount(of.candidate, minlength=of.column.size)
        # Rounded, so that a tie does not hang on the order of a sum; then most said, then a word
        # before none, then alphabet: the order in which the network has them.
        order = np.lexsort((-n_said, -posterior.round(9), of.column))
        _, first = np.unique(of.column[order], return_index=True)
        return self._put_together(order[first], posterior)

    def _put_together(self, winner: Codes, posterior: Floats) -> RoverConsensus:
        of = self.network
        words: list[list[tuple[str, float]]] = [[] for _ in range(self.votes.n_tasks)]
        for task, candidate in zip(of.column_task.tolist(), winner.tolist(), strict=True):
            if of.spelling[candidate]:
                words[task].append((of.spelling[candidate], float(posterior[candidate])))
        n_answers = np.bincount(self.votes.task, minlength=self.votes.n_tasks)
        surest = np.bincount(of.column_task, np.log(posterior[winner]), minlength=n_answers.size)
        return RoverConsensus(
            value=tuple(
                " ".join(word for word, _ in row) if n else None
                for row, n in zip(words, n_answers.tolist(), strict=True)
            ),
            confidence=np.where(n_answers > 0, np.exp(surest), 0.0),
            words=tuple(map(tuple, words)),
        )
