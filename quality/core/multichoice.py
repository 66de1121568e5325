"""Answers that are sets of labels: one yes-or-no question per label, and how labels go together."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core import association
from quality.core.association import Association
from quality.core.categorical import Default, Model, model_of
from quality.core.categorical import infer as infer_labels
from quality.core.votes import Codes, Floats, Votes, check_pairs

OUT, IN = 0, 1


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
        """How many labels a set may hold."""
        return self.chosen.shape[1]

    def about(self, label: int) -> Votes:
        """The votes on one label alone: 0 for out, 1 for in."""
        said = self.chosen[:, label].astype(np.int64)
        return Votes(self.task, self.worker, said, self.n_tasks, self.n_workers, 2)


@dataclass(frozen=True, slots=True)
class SetModel:
    """What a fit learned: a model of every label, and how labels go together."""

    labels: tuple[Model, ...]
    association: Association


@dataclass(frozen=True, slots=True)
class SetInference:
    """posterior and stop_posterior as MultiChoice has them, (n_tasks, n_labels)."""

    posterior: Floats
    stop_posterior: Floats


class MultiChoice:
    """Which labels belong in each task's set: Default for every label, and labels for each other.

    The votes on the other labels of a task shift a label's prior there, as far as that helps to
    predict votes left out; see Association.

    Attributes, once fitted
    -----------------------
    posterior_ : (n_tasks, n_labels), the probability that the label is in; rows need not sum to 1.
    stop_posterior_ : the same of Default's stop_posterior_: whether more votes would change it.
    members_ : the fitted Default of each label, code 1 for in.
    association_ : how labels go together.
    """

    posterior_: Floats
    stop_posterior_: Floats
    members_: tuple[Default, ...]
    association_: Association

    def fit(self, votes: SetVotes, *, gold: Codes | None = None) -> Self:
        """Learn from votes; gold is (n_tasks, n_labels), 1 for in, 0 for out, -1 for unknown.

        Raises ValueError for gold of another shape or out of bounds.
        """
        known = _checked(gold, votes)
        self.members_ = tuple(
            Default().fit(votes.about(label), gold=known[:, label])
            for label in range(votes.n_labels)
        )
        alone = _side_by_side([member.posterior_ for member in self.members_], votes.n_tasks)
        stop = _side_by_side([member.stop_posterior_ for member in self.members_], votes.n_tasks)
        told, said = _rates(votes, self.members_)
        self.association_ = association.learned(votes.task, alone, told, said)
        self.posterior_ = self.association_.applied(alone, alone, known)
        self.stop_posterior_ = self.association_.applied(stop, alone, known)
        return self


def set_model_of(fitted: MultiChoice) -> SetModel:
    """What a fitted MultiChoice knows, to judge further votes by."""
    return SetModel(tuple(model_of(member) for member in fitted.members_), fitted.association_)


def infer(votes: SetVotes, model: SetModel, *, gold: Codes | None = None) -> SetInference:
    """Judge tasks by the votes on them, under a learned model; see categorical.infer.

    Raises ValueError if the model is for another number of labels, and for broken gold.
    """
    if len(model.labels) != votes.n_labels:
        raise ValueError("the model must have one part per label")
    known = _checked(gold, votes)
    judged = [
        infer_labels(votes.about(label), part, gold=known[:, label])
        for label, part in enumerate(model.labels)
    ]
    alone = _side_by_side([inference.posterior for inference in judged], votes.n_tasks)
    stop = _side_by_side([inference.stop_posterior for inference in judged], votes.n_tasks)
    return SetInference(
        model.association.applied(alone, alone, known),
        model.association.applied(stop, alone, known),
    )


def _checked(gold: Codes | None, votes: SetVotes) -> Codes:
    shape = (votes.n_tasks, votes.n_labels)
    if gold is None:
        return np.full(shape, -1)
    if gold.shape != shape:
        raise ValueError("gold must be (n_tasks, n_labels)")
    return gold


def _side_by_side(posteriors: list[Floats], n_tasks: int) -> Floats:
    columns = [posterior[:, IN] for posterior in posteriors]
    return np.stack(columns, axis=1) if columns else np.zeros((n_tasks, 0))


def _rates(votes: SetVotes, members: tuple[Default, ...]) -> tuple[Floats, Floats]:
    """What each vote adds to the log odds of each label, and how likely it was if out and if in.

    Returns (n_votes, n_labels) and (2, n_votes, n_labels).
    """
    said = np.full((2, *votes.chosen.shape), 0.5)
    told = np.zeros(votes.chosen.shape)
    beside = np.bincount(votes.task, minlength=votes.n_tasks)[votes.task] - 1.0
    for label, member in enumerate(members):
        errors = member.workers_
        if errors.labels.tolist() != [OUT, IN]:
            continue
        answers = votes.chosen[:, label].astype(np.int64)
        said[:, :, label] = errors.confusion[votes.worker, :, answers].T
        odds = np.log(said[IN, :, label] / said[OUT, :, label])
        told[:, label] = odds / (1.0 + float(member.correlations_[0]) * beside)
    return told, said
