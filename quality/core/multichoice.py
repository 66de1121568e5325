"""Answers that are sets of labels: one yes-or-no question per label."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core import dawid_skene
from quality.core.dawid_skene import Confusions, DawidSkene
from quality.core.votes import Codes, Floats, Votes, check_pairs


@dataclass(frozen=True, slots=True)
class SetVotes:
    """One set of labels per vote, at most one vote per worker and task; a set may be empty.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    chosen: (n_votes, n_labels) bool, whether the label is in the set

    Raises ValueError for unequal lengths, codes out of bounds and repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    chosen: NDArray[np.bool_]
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if self.chosen.ndim != 2 or self.chosen.shape[0] != self.task.size:
            raise ValueError("chosen must have one row per vote and one column per label")
        if self.chosen.dtype != np.bool_:
            raise ValueError("chosen must be true or false")

    @property
    def n_labels(self) -> int:
        return self.chosen.shape[1]

    def about(self, label: int) -> Votes:
        """The votes on one label alone: 0 for out, 1 for in."""
        said = self.chosen[:, label].astype(np.int64)
        return Votes(self.task, self.worker, said, self.n_tasks, self.n_workers, 2)


class MultiChoice:
    """Which labels belong in each task's set; every label is a Dawid-Skene model of its own.

    Parameters are those of DawidSkene.

    Attributes, once fitted
    -----------------------
    posterior_ : (n_tasks, n_labels), the probability that the label is in; rows need not sum to 1.
    model_ : one two-by-two Confusions per label, code 1 for in.
    """

    posterior_: Floats
    model_: tuple[Confusions, ...]

    def __init__(self, *, max_rounds: int = 300, tol: float = 1e-4, strength: float = 8.0) -> None:
        self.max_rounds = max_rounds
        self.tol = tol
        self.strength = strength

    def fit(self, votes: SetVotes, *, gold: Codes | None = None) -> Self:
        """Learn from votes; gold is (n_tasks, n_labels), 1 for in, 0 for out, -1 for unknown.

        Raises ValueError for gold of another shape or out of bounds.
        """
        if gold is not None and gold.shape != (votes.n_tasks, votes.n_labels):
            raise ValueError("gold must be (n_tasks, n_labels)")
        fitted = [
            DawidSkene(max_rounds=self.max_rounds, tol=self.tol, strength=self.strength).fit(
                votes.about(label), gold=None if gold is None else gold[:, label]
            )
            for label in range(votes.n_labels)
        ]
        self.model_ = tuple(model.model_ for model in fitted)
        self.posterior_ = _side_by_side([model.posterior_ for model in fitted], votes.n_tasks)
        return self


def infer(votes: SetVotes, model: tuple[Confusions, ...]) -> Floats:
    """The probability that each label is in, under a learned model, (n_tasks, n_labels).

    Raises ValueError if the model is for another number of workers or labels.
    """
    if len(model) != votes.n_labels:
        raise ValueError("the model must have one part per label")
    posteriors = [dawid_skene.infer(votes.about(label), part) for label, part in enumerate(model)]
    return _side_by_side(posteriors, votes.n_tasks)


def _side_by_side(posteriors: list[Floats], n_tasks: int) -> Floats:
    columns = [posterior[:, 1] for posterior in posteriors]
    return np.stack(columns, axis=1) if columns else np.zeros((n_tasks, 0))
