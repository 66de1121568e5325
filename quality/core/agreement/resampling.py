"""A measure of agreement and its interval: every measure is a formula of totals over tasks."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Literal

import numpy as np
from scipy import sparse

from quality.core.votes import Floats

Level = Literal[
    "nominal", "ordinal", "interval", "ratio", "set", "ranking", "spans", "boxes", "words"
]
# A formula from column totals, (n_draws, n_columns), to one measure per draw, nan if undefined.
Formula = Callable[[Floats], Floats]
# Entries of the resampling weights and of their totals held in memory at once.
BLOCK = 2_000_000

TOO_FEW_TASKS = "fewer than two tasks have two answers"
NO_SHARED_TASK = "no task has two answers"
ONE_VALUE = "only one value was ever used"


@dataclass(frozen=True, slots=True)
class Agreement:
    """One measure of agreement.

    value: 1 for full agreement, 0 or less for chance, but for word_error_rate, which is 0 for full
        agreement; nan if undefined, with the reason in undefined_because
    interval: 95 %, by resampling tasks; None if undefined, of one task only or without draws
    n_tasks, n_answers: tasks with two answers or more, and the answers on them
    """

    measure: str
    level: Level
    value: float
    interval: tuple[float, float] | None
    n_tasks: int
    n_answers: int
    undefined_because: str | None


@dataclass(frozen=True, slots=True)
class Measure:
    """What to compute: its name, its formula, and why it cannot be computed, if so.

    columns: (n_tasks, n_columns), of which the first holds the answers of each task
    """

    name: str
    level: Level
    columns: sparse.csr_array
    formula: Formula
    reason: str | None

    def taken(self, *, n_draws: int, seed: int) -> Agreement:
        """The measure over all tasks, with a percentile bootstrap over tasks."""
        n_tasks = self.columns.shape[0]
        n_answers = int(self.columns[:, [0]].sum())
        if self.reason is not None:
            return self._undefined(n_tasks, n_answers, self.reason)
        value = float(self.formula(self.columns.sum(axis=0)[None, :])[0])
        if np.isnan(value):
            return self._undefined(n_tasks, n_answers, ONE_VALUE)
        draws = [self.formula(weights @ self.columns) for weights in self._resamples(n_draws, seed)]
        interval = _percentiles(np.concatenate(draws)) if draws else None
        return Agreement(self.name, self.level, value, interval, n_tasks, n_answers, None)

    def _undefined(self, n_tasks: int, n_answers: int, reason: str) -> Agreement:
        return Agreement(self.name, self.level, float("nan"), None, n_tasks, n_answers, reason)

    def _resamples(self, n_draws: int, seed: int) -> Iterator[Floats]:
        """How often each task is drawn, (n_block, n_tasks) at a time."""
        n_tasks, n_columns = self.columns.shape
        if n_tasks < 2:
            return
        rng = np.random.default_rng(seed)
        at_once = max(1, BLOCK // max(n_tasks, n_columns))
        for first in range(0, n_draws, at_once):
            n_block = min(at_once, n_draws - first)
            drawn = rng.integers(n_tasks, size=(n_block, n_tasks))
            drawn += n_tasks * np.arange(n_block)[:, None]
            times = np.bincount(drawn.ravel(), minlength=n_block * n_tasks)
            yield times.reshape(n_block, n_tasks).astype(np.float64)


def ratio(observed: Floats, expected: Floats) -> Floats:
    """Observed over expected disagreement; nan where none can be expected."""
    return observed / np.where(expected > 0, expected, np.nan)


def mean_over_answers(totals: Floats) -> Floats:
    """The formula of measures that are a mean: columns are answers, and answers times value."""
    return ratio(totals[:, 1], totals[:, 0])


def _percentiles(draws: Floats) -> tuple[float, float] | None:
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)
