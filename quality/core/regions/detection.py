"""Things that some workers drew and others did not: which of them are there."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core.skill import Accuracy, pooled_accuracies
from quality.core.votes import Codes, Floats

# What is thought of a worker, and of a thing that somebody drew, before anything is learned.
PRESUMED_HIT = 0.8
PRESUMED_ALARM = 0.1
PRESUMED_REAL = 0.7
# No rate is ever taken to be surer than these, or the log-odds run away.
HITS = (0.05, 0.99)
ALARMS = (0.005, 0.5)
REALS = (0.05, 0.95)


@dataclass(frozen=True, slots=True)
class Sightings:
    """One entry for every thing and every worker who was asked where it may be.

    thing: (n_sightings,) in 0..n_things-1; somebody drew each of them
    worker: (n_sightings,) in 0..n_workers-1
    drawn: (n_sightings,) whether the worker drew it
    """

    thing: Codes
    worker: Codes
    drawn: NDArray[np.bool_]
    n_things: int
    n_workers: int


@dataclass(frozen=True, slots=True)
class Detectors:
    """How well workers see; the last of each array is a worker not met yet.

    real: the share of drawn things that are there
    hit: (n_workers + 1,) the probability of drawing a thing that is there
    alarm: (n_workers + 1,) the probability of drawing what somebody else took for a thing
    """

    real: float
    hit: Floats
    alarm: Floats


class Detection:
    """Which things are there, from the workers' hit and false-alarm rates.

    A thing that nobody drew is never seen: likelihoods are given that somebody drew it, and
    rates count the things that all will have missed. Rates by expectation maximisation, each
    worker's drawn towards the pooled one.

    Parameters
    ----------
    max_rounds : rounds of posterior and rates.
    strength : how many things the pooled rates are worth in a worker's own.

    Attributes, once fitted
    -----------------------
    model_ : Detectors; `infer` with it gives posterior_ again.
    posterior_ : (n_things,) the probability that each is there.
    workers_ : Accuracy, how often a worker's drawing or not drawing a thing is right.

    Source: Dawid and Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using
    the EM Algorithm", Applied Statistics 28(1), 20-28; here with the unseen class left out.
    """

    model_: Detectors
    posterior_: Floats
    workers_: Accuracy

    def __init__(self, *, max_rounds: int = 30, strength: float = 8.0) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.max_rounds = max_rounds
        self.strength = strength

    def fit(self, sightings: Sightings) -> Self:
        """Learn from the sightings."""
        model = Detectors(
            PRESUMED_REAL,
            np.full(sightings.n_workers + 1, PRESUMED_HIT),
            np.full(sightings.n_workers + 1, PRESUMED_ALARM),
        )
        for _ in range(self.max_rounds):
            model = self._rates(sightings, infer(sightings, model), model)
        self.model_ = model
        self.posterior_ = infer(sightings, model)
        there = self.posterior_[sightings.thing]
        right = np.clip(np.where(sightings.drawn, there, 1 - there), 0.0, 1.0)
        self.workers_ = pooled_accuracies(sightings.worker, right, sightings.n_workers)
        return self

    def _rates(self, sightings: Sightings, posterior: Floats, model: Detectors) -> Detectors:
        # A thing that only one worker was asked about says nothing about rates.
        told = np.bincount(sightings.thing, minlength=sightings.n_things) > 1
        n_real = float(posterior[told].sum() + self.strength * PRESUMED_REAL)
        real = n_real / (int(told.sum()) + self.strength)
        hit = self._rate(sightings, posterior * told, model.hit, PRESUMED_HIT)
        alarm = self._rate(sightings, (1 - posterior) * told, model.alarm, PRESUMED_ALARM)
        return Detectors(float(np.clip(real, *REALS)), np.clip(hit, *HITS), np.clip(alarm, *ALARMS))

    def _rate(self, sightings: Sightings, weight: Floats, rate: Floats, presumed: float) -> Floats:
        """How often workers draw things of this weight, those counted that nobody drew."""
        asked = (weight / _seen(sightings, rate))[sightings.thing]
        drawn = weight[sightings.thing] * sightings.drawn
        size = sightings.n_workers + 1
        n_asked = np.bincount(sightings.worker, asked, minlength=size)
        n_drawn = np.bincount(sightings.worker, drawn, minlength=size)
        pooled = (n_drawn.sum() + self.strength * presumed) / (n_asked.sum() + self.strength)
        return (n_drawn + self.strength * pooled) / (n_asked + self.strength)


def infer(sightings: Sightings, model: Detectors) -> Floats:
    """The probability that each thing is there, (n_things,)."""
    odds = np.log(model.real / (1 - model.real)) + (
        _log_likelihood(sightings, model.hit) - _log_likelihood(sightings, model.alarm)
    )
    return 1 / (1 + np.exp(-odds))


def _log_likelihood(sightings: Sightings, rate: Floats) -> Floats:
    """Of what was drawn, given that somebody drew it, (n_things,)."""
    of_worker = rate[sightings.worker]
    each = np.log(np.where(sightings.drawn, of_worker, 1 - of_worker))
    summed = np.bincount(sightings.thing, each, minlength=sightings.n_things)
    return summed.astype(np.float64) - np.log(_seen(sightings, rate))


def _seen(sightings: Sightings, rate: Floats) -> Floats:
    """The probability that anybody draws a thing at all, (n_things,)."""
    missed = np.log(1 - rate[sightings.worker])
    return -np.expm1(np.bincount(sightings.thing, missed, minlength=sightings.n_things))
