"""The mean of each task's answers, weighted by how far they can be trusted."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from scipy import special

from quality.core.numbers import climbing
from quality.core.numbers.consensus import (
    LEVEL,
    NumberConsensus,
    NumberModel,
    infer,
    medians,
    reweighted,
)
from quality.core.numbers.leaving import left_out_errors
from quality.core.numbers.votes import NumberVotes, checked_gold
from quality.core.votes import Floats

# Normal errors first; heavier tails only as long as they predict left-out answers better.
FREEDOMS = (np.inf, 30.0, 10.0, 5.0, 3.0)
BETTER = 1e-6
# Rounds end when no worker moves by this share of their scale.
STILL = 1e-4


@dataclass(frozen=True, slots=True)
class NumberWorkers:
    """How each worker measures; every array is (n_workers,) unless said otherwise.

    n: answers to tasks that others answered too, or of known truth
    bias, slope: see NumberModel
    scale, scale_interval: of the errors, in the values' unit; (n_workers, 2) at 95 %
    freedom: degrees of freedom of the errors
    """

    n: Floats
    bias: Floats
    slope: Floats
    scale: Floats
    scale_interval: Floats
    freedom: float

    def near(self, tolerance: float) -> tuple[Floats, Floats]:
        """The probability of an answer at most `tolerance` from a truth that is near the centre.

        Returns it, (n_workers,), and its 95 % interval, (n_workers, 2), as the scale's allows.
        """
        scales = np.column_stack([self.scale, self.scale_interval])
        off = np.stack([-tolerance - self.bias, tolerance - self.bias])[:, :, None]
        low, high = _below(off / scales, self.freedom)
        chance = high - low
        return chance[:, 0], np.stack([chance.min(axis=1), chance.max(axis=1)], axis=1)


class RobustMean:
    """Mean of each task's answers, each as its worker's bias, slope and scale deserve.

    Workers spread their answers more or less widely (slope), lean to one side (bias) and err
    (scale); all three are drawn to what is common. Slopes average 1, each weighted by its worker's
    correlation with the truth: who answers 0 to everything does not shrink the unit. Errors are
    normal, or have as heavy tails as predict left-out answers best. An error that all answers to a
    task share leaves no trace in them: it is presumed, and learned where gold is given.

    Parameters
    ----------
    max_rounds : rounds of truths and workers at most.
    strength : how many answers the typical scale is worth in a worker's own; many, as errors that
        workers share make the few who share them look precise.

    Attributes, once fitted
    -----------------------
    consensus_ : NumberConsensus; `value_` and `interval_` are its value and interval.
    model_ : NumberModel; `infer` with it, and the same gold, gives consensus_ again.
    workers_ : NumberWorkers.
    rounds_, converged_ : of the fit kept.
    """

    consensus_: NumberConsensus
    model_: NumberModel
    workers_: NumberWorkers
    rounds_: int
    converged_: bool

    def __init__(self, *, max_rounds: int = 100, strength: float = 30.0) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.max_rounds = max_rounds
        self.strength = strength

    @property
    def value_(self) -> Floats:
        """(n_tasks,)"""
        return self.consensus_.value

    @property
    def interval_(self) -> Floats:
        """(n_tasks, 2)"""
        return self.consensus_.interval

    def fit(self, votes: NumberVotes, *, gold: Floats | None = None) -> Self:
        """Learn from votes; gold is (n_tasks,), nan for unknown, and is what it says.

        A task with one vote and no gold says nothing about its worker. Raises ValueError for gold
        of another shape or infinite.
        """
        known = checked_gold(gold, votes)
        ordered = votes.sorted()
        telling = (ordered.n_answers > 1) | ~np.isnan(known)
        shown = ordered.only(np.flatnonzero(telling[ordered.task]))
        model = self._chosen(ordered, shown, known)
        self.model_ = climbing.with_shared_error(ordered, model, known)
        self.consensus_ = infer(ordered, self.model_, gold=known)
        self.workers_ = self._workers(shown)
        return self

    def _chosen(self, votes: NumberVotes, shown: NumberVotes, known: Floats) -> NumberModel:
        """The model of normal errors, or of the tails that predict left-out answers best."""
        best, self.rounds_, self.converged_ = self._climbed(votes, shown, known, FREEDOMS[0])
        unit = climbing.first_model(votes, FREEDOMS[0]).typical
        errors = climbing.gridded(left_out_errors(shown, best), unit)
        weight = _evenness(shown, errors)
        least = float(weight @ errors**2)
        for freedom in FREEDOMS[1:]:
            model, rounds, converged = self._climbed(votes, shown, known, freedom)
            errors = climbing.gridded(left_out_errors(shown, model), unit)
            loss = float(weight @ errors**2)
            if not loss < least * (1.0 - BETTER):
                break
            best, least = model, loss
            self.rounds_, self.converged_ = rounds, converged
        return best

    def _climbed(
        self, votes: NumberVotes, shown: NumberVotes, known: Floats, freedom: float
    ) -> tuple[NumberModel, int, bool]:
        """Truths and workers by turns, until the workers stay."""
        model = climbing.first_model(votes, freedom)
        unit, guess = model.typical, climbing.first_differences(model)
        varied = guess
        truth, variance = medians(votes, model.centre), np.full(votes.n_tasks, unit**2)
        for rounds in range(1, self.max_rounds + 1):
            before = model
            truth, variance = reweighted(votes, model, truth, variance)
            truth = np.where(np.isnan(known), climbing.gridded(truth, unit), known)
            variance = np.where(np.isnan(known), variance, 0.0)
            model = climbing.placed(votes, model, truth, variance, unit)
            model, varied = climbing.aligned(shown, model, truth, variance, varied, guess)
            model = climbing.scaled(
                shown, model, truth, variance, strength=self.strength, unit=unit
            )
            if climbing.moved(before, model) < STILL:
                return model, rounds, True
        return model, self.max_rounds, False

    def _workers(self, shown: NumberVotes) -> NumberWorkers:
        model, n = self.model_, shown.by_worker(np.ones_like(shown.value))
        freedom = (n + self.strength)[:, None]
        ends = special.chdtri(freedom, np.array([0.5 - LEVEL / 2, 0.5 + LEVEL / 2]))
        interval = model.scale[:, None] * np.sqrt(freedom / ends)
        return NumberWorkers(n, model.bias, model.slope, model.scale, interval, model.freedom)


def _evenness(votes: NumberVotes, errors: Floats) -> Floats:
    """Weights under which every worker's answers are as far off, (n_votes,)."""
    n = votes.by_worker(np.ones_like(errors))
    apart = votes.by_worker(np.abs(errors)) / np.maximum(n, 1.0)
    return np.where(apart > 0, apart, 1.0)[votes.worker] ** -2.0


def _below(reach: Floats, freedom: float) -> Floats:
    below = special.ndtr(reach) if np.isinf(freedom) else special.stdtr(freedom, reach)
    return np.asarray(below)
