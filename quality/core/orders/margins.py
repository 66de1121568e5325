"""What a few votes more make of margins that are known already."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.orders.duels import chances, log_chances
from quality.core.votes import Codes, Floats

MOST_STEPS, FINE = 100, 1e-9
HALVINGS = 8


@dataclass(frozen=True, slots=True)
class Margins:
    """By how much the left thing of each task is better: normal beliefs.

    mean, variance: (n_tasks,)
    """

    mean: Floats
    variance: Floats

    @property
    def surer(self) -> Floats:
        """The probability that the left thing is better, (n_tasks,)."""
        return special.ndtr(self.mean / np.sqrt(self.variance)).astype(np.float64)


@dataclass(frozen=True, slots=True)
class NewVotes:
    """Votes on pairs by workers of known reliability, as in NoisyBradleyTerry; tasks share nothing.

    task: (n_votes,) codes into the margins
    outcome: (n_votes,), as of PairVotes
    trust: (n_votes,), how often the worker follows the scores
    weight: (n_votes,), how far the vote counts; 0 for one that the margins know of already
    """

    task: Codes
    outcome: Floats
    trust: Floats
    weight: Floats

    def added(self, known: Margins) -> Margins:
        """The margins after the votes: the likeliest, and Laplace's approximation about them."""
        mean = known.mean
        for _ in range(MOST_STEPS):
            before, mean = mean, self._further(known, mean)
            if np.abs(mean - before).max(initial=0.0) < FINE:
                break
        told, _, _ = self._told(mean)
        return Margins(mean, 1 / (1 / known.variance + told))

    def _further(self, known: Margins, mean: Floats) -> Floats:
        """A step of Newton's in every task, halved until it climbs."""
        told, bent, slope = self._told(mean)
        step = slope - (mean - known.mean) / known.variance
        step /= np.maximum(told - bent, told / 10) + 1 / known.variance
        before, start = self._fit(known, mean), mean
        for _ in range(HALVINGS):
            falls = self._fit(known, start + step) < before
            if not falls.any():
                return start + step
            step = np.where(falls, step / 2, step)
        return start + np.where(falls, 0.0, step)

    def _told(self, mean: Floats) -> tuple[Floats, Floats, Floats]:
        """What the votes tell of each margin, how that bends, and their slope, (n_tasks,) each."""
        left, chance, room = chances(mean[self.task], self.trust)
        by_margin = (2 * self.trust - 1) * left * (1 - left)
        slope = by_margin * (self.outcome - chance) / room
        bent = slope * (1 - 2 * left - by_margin * (1 - 2 * chance) / room)
        told = by_margin**2 / room
        return (
            self._by_task(told, mean.size),
            self._by_task(bent, mean.size),
            self._by_task(slope, mean.size),
        )

    def _fit(self, known: Margins, mean: Floats) -> Floats:
        """The log-posterior of each margin, but for constants, (n_tasks,)."""
        left, right = log_chances(mean[self.task], self.trust)
        fits = self.outcome * left + (1 - self.outcome) * right
        apart = (mean - known.mean) ** 2 / known.variance
        return self._by_task(fits, mean.size) - apart / 2

    def _by_task(self, value: Floats, n_tasks: int) -> Floats:
        summed = np.bincount(self.task, self.weight * value, minlength=n_tasks)
        return summed.astype(np.float64)
