"""Answers that are numbers: a median that trusts precise workers more, and how sure it is."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from quality.core.votes import Codes, Floats, check_pairs

# How many answers the other tasks are worth when judging how hard this one is.
TYPICAL_ANSWERS = 8.0
# Answers outside the middle half of the weight are cut off: a plain median (0.5) throws precision
# away, most of all with two or three answers.
CUT = 0.25
# Standard deviation of that middle in units of mean absolute error / sqrt(n): exact for many
# normal answers, wide enough for Laplace ones.
MIDDLE_SPREAD = 1.37
LEVEL = 0.95


@dataclass(frozen=True, slots=True)
class NumberVotes:
    """One number per vote, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    value: (n_votes,) finite

    Raises ValueError for unequal lengths, codes out of bounds, values that are not finite and
    repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    value: Floats
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if self.value.shape != self.task.shape:
            raise ValueError("value must have one entry per vote")
        if not np.isfinite(self.value).all():
            raise ValueError("values must be finite numbers")


@dataclass(frozen=True, slots=True)
class Scales:
    """Mean absolute errors, in the unit of the values.

    pooled: of a worker not met yet
    scale: (n_workers,)
    """

    pooled: float
    scale: Floats


@dataclass(frozen=True, slots=True)
class NumberConsensus:
    """A Student t distribution of each task's truth; nan for a task without votes.

    value: (n_tasks,), its centre
    interval: (n_tasks, 2), central 95 % credible interval
    spread: (n_tasks,), its scale, in the values' unit
    freedom: (n_tasks,), its degrees of freedom
    """

    value: Floats
    interval: Floats
    spread: Floats
    freedom: Floats


class WeightedMedian:
    """Median of each task's answers, weighted by how precise each worker has been.

    The median is smoothed: the mean of the middle half of the weight, as robust against a quarter
    of wild answers. An answer's error has the worker's scale times the task's difficulty; scales
    are shrunk to the pooled one, difficulty to 1. Errors that the workers of a task share leave no
    trace in their answers, so the interval does not cover them.

    Parameters
    ----------
    max_rounds : rounds of middles and scales at most.
    strength : how many answers the pooled scale is worth in a worker's own.

    Attributes, once fitted
    -----------------------
    consensus_ : NumberConsensus; `value_` and `interval_` are its value and interval.
    model_ : Scales; `infer` with it gives consensus_ again.
    """

    consensus_: NumberConsensus
    model_: Scales

    def __init__(self, *, max_rounds: int = 20, strength: float = 8.0) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.max_rounds = max_rounds
        self.strength = strength

    @property
    def value_(self) -> Floats:
        return self.consensus_.value

    @property
    def interval_(self) -> Floats:
        return self.consensus_.interval

    def fit(self, votes: NumberVotes) -> Self:
        """Learn from the votes; tasks with one vote say nothing about its worker."""
        unit = _unit(votes.value)
        model = Scales(unit, np.full(votes.n_workers, unit))
        for _ in range(self.max_rounds):
            previous = model.scale
            model = self._scales(votes, model, unit)
            if np.allclose(model.scale, previous, rtol=1e-9, atol=0.0):
                break
        self.model_ = model
        self.consensus_ = infer(votes, model)
        return self

    def _scales(self, votes: NumberVotes, model: Scales, unit: float) -> Scales:
        errors, shared = _errors(votes, model)
        n_answers = np.bincount(votes.worker[shared], minlength=votes.n_workers)
        total = np.bincount(votes.worker[shared], errors[shared], minlength=votes.n_workers)
        pooled = float((total.sum() + unit) / (n_answers.sum() + 1))
        return Scales(pooled, (total + self.strength * pooled) / (n_answers + self.strength))


def infer(votes: NumberVotes, model: Scales) -> NumberConsensus:
    """Where each task's truth lies under learned scales.

    Worker codes index model.scale, which may be other workers' than those it was learned from.
    Raises ValueError if the model is for another number of workers.
    """
    if model.scale.shape != (votes.n_workers,):
        raise ValueError("the model must have one scale per worker")
    value = _middles(votes, 1.0 / model.scale[votes.worker])
    n_answers = np.bincount(votes.task, minlength=votes.n_tasks)
    precision = np.bincount(votes.task, model.scale[votes.worker] ** -2.0, minlength=votes.n_tasks)
    misfit = np.abs(votes.value - value[votes.task]) / model.scale[votes.worker]
    misfits = np.bincount(votes.task, misfit, minlength=votes.n_tasks)
    answered = n_answers > 0
    freedom = np.where(answered, TYPICAL_ANSWERS + n_answers - 1.0, np.nan)
    difficulty = (TYPICAL_ANSWERS + misfits) / freedom
    spread = MIDDLE_SPREAD * difficulty / np.sqrt(np.where(answered, precision, np.nan))
    reach = special.stdtrit(freedom, 0.5 + LEVEL / 2) * spread
    return NumberConsensus(value, np.stack([value - reach, value + reach], axis=1), spread, freedom)


def within(consensus: NumberConsensus, tolerance: float) -> Floats:
    """The probability that the truth is at most `tolerance` from the value, (n_tasks,)."""
    return 2.0 * special.stdtr(consensus.freedom, tolerance / consensus.spread) - 1.0


def _unit(value: Floats) -> float:
    """How large an error one would expect before seeing two answers on one task."""
    if not value.size:
        return 1.0
    middle = float(np.median(value))
    return float(np.abs(value - middle).mean()) or abs(middle) or 1.0


def _errors(votes: NumberVotes, model: Scales) -> tuple[Floats, Codes]:
    """How far each vote is from the truth, and which votes share their task with another.

    The middle is not the truth, and leans towards the very answer: its variance is added, as in EM.
    """
    precision = np.bincount(votes.task, model.scale[votes.worker] ** -2.0, minlength=votes.n_tasks)
    n_answers = np.bincount(votes.task, minlength=votes.n_tasks)
    value = _middles(votes, 1.0 / model.scale[votes.worker])
    apart = votes.value - value[votes.task]
    errors = np.sqrt(apart**2 + 1.0 / precision[votes.task])
    return errors, np.flatnonzero(n_answers[votes.task] > 1)


def _middles(votes: NumberVotes, weight: Floats) -> Floats:
    """Mean of the middle half of each task's weighted answers; nan for a task without votes."""
    order = np.lexsort((votes.worker, votes.value, votes.task))
    task, value = votes.task[order], votes.value[order]
    total = np.bincount(task, weight[order], minlength=votes.n_tasks)
    share = weight[order] / total[task]
    running = np.concatenate(([0.0], np.cumsum(share)))
    # Every earlier task has added 1 to the running sum.
    upper = (running[1:] - running[np.searchsorted(task, np.arange(votes.n_tasks))][task]).round(12)
    kept = np.minimum(upper, 1 - CUT) - np.maximum(upper - share, CUT)
    kept = np.maximum(kept, 0.0)
    mass = np.bincount(task, kept, minlength=votes.n_tasks)
    sums = np.bincount(task, kept * value, minlength=votes.n_tasks)
    return sums / np.where(mass > 0, mass, np.nan)
