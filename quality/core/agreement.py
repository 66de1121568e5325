"""How far workers agree, and how far beyond chance."""

from collections.abc import Callable, Iterator
from dataclasses import dataclass
from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.votes import Codes, Floats

Level = Literal["nominal", "ordinal", "interval"]
# A formula from column totals, (n_draws, n_columns), to one measure per draw, nan if undefined.
Formula = Callable[[Floats], Floats]
# Entries of the resampling weights held in memory at once.
BLOCK = 2_000_000


@dataclass(frozen=True, slots=True)
class Agreement:
    """One measure of agreement.

    value: at most 1, negative below chance; nan if undefined, with the reason in undefined_because
    interval: 95 %, by resampling tasks; None if undefined or no draws were asked for
    n_tasks, n_answers: tasks with two answers or more, and the answers on them
    """

    measure: str
    level: Level
    value: float
    interval: tuple[float, float] | None
    n_tasks: int
    n_answers: int
    undefined_because: str | None


def krippendorff_alpha(
    task: Codes,
    value: NDArray[Any],
    *,
    level: Level = "nominal",
    n_draws: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's alpha of the answers: 1 for perfect agreement, 0 for chance.

    task: (n_answers,) codes; tasks with one answer do not count
    value: (n_answers,) codes or numbers, finite; their order matters above the nominal level

    The interval is a percentile bootstrap over tasks; ordinal ranks are those of all answers in
    every draw. Raises ValueError for unequal lengths, values that are not finite and other levels.
    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
    """
    if level not in {"nominal", "ordinal", "interval"}:
        raise ValueError(f"{level!r} is not a level of measurement")
    of_task, paired = _paired(task, value)
    if level == "nominal":
        columns, formula = _counts(of_task, paired), _nominal_alpha
    else:
        positions = _ranks(paired) if level == "ordinal" else paired.astype(np.float64)
        columns, formula = _moments(of_task, positions), _interval_alpha
    reason = _too_few(of_task)
    if reason is None and np.all(paired == paired[0]):
        reason = "only one value was ever used"
    return _measured("krippendorff_alpha", level, columns, formula, reason, n_draws, seed)


def percent_agreement(
    task: Codes, value: NDArray[Any], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """How often another answer on the same task is equal, averaged over answers.

    Arguments, errors and interval as for krippendorff_alpha at the nominal level.
    """
    of_task, paired = _paired(task, value)
    columns = _counts(of_task, paired)
    reason = _too_few(of_task)
    return _measured(
        "percent_agreement", "nominal", columns, _observed_agreement, reason, n_draws, seed
    )


def _paired(task: Codes, value: NDArray[Any]) -> tuple[Codes, NDArray[Any]]:
    """The answers on tasks with two or more, tasks renumbered 0, 1, 2, ..."""
    if task.ndim != 1 or task.shape != value.shape:
        raise ValueError("task and value must have one entry per answer")
    if not np.isfinite(value).all():
        raise ValueError("values must be finite")
    _, code, size = np.unique(task, return_inverse=True, return_counts=True)
    keep = size[code] > 1
    _, of_task = np.unique(code[keep], return_inverse=True)
    return of_task, value[keep]


def _too_few(of_task: Codes) -> str | None:
    few = of_task.size == 0 or of_task.max() < 1
    return "fewer than two tasks have two answers" if few else None


def _counts(of_task: Codes, value: NDArray[Any]) -> sparse.csr_array:
    """Per task: answers, agreeing pairs over (answers - 1), and answers of each value."""
    distinct, code = np.unique(value, return_inverse=True)
    shape = (np.unique(of_task).size, distinct.size)
    counts = sparse.coo_array((np.ones(code.size), (of_task, code)), shape=shape).tocsr()
    size = counts.sum(axis=1)
    agreeing = (counts.multiply(counts).sum(axis=1) - size) / (size - 1)
    return sparse.hstack([np.stack([size, agreeing], axis=1), counts], format="csr")


def _moments(of_task: Codes, position: Floats) -> sparse.csr_array:
    """Per task: answers, squared differences over (answers - 1), sum and sum of squares."""
    centred = position - (position.mean() if position.size else 0.0)
    size = np.bincount(of_task).astype(np.float64)
    total = np.bincount(of_task, centred)
    squares = np.bincount(of_task, centred**2)
    # Deviations from the task's own mean: exactly 0 where all agree.
    inner = centred - (total / size)[of_task]
    apart = 2 * size * np.bincount(of_task, inner**2) / (size - 1)
    return sparse.csr_array(np.stack([size, apart, total, squares], axis=1))


def _ranks(value: NDArray[Any]) -> Floats:
    """Middle ranks: their differences are Krippendorff's ordinal distances."""
    _, code, size = np.unique(value, return_inverse=True, return_counts=True)
    return (np.cumsum(size) - size / 2)[code]


def _nominal_alpha(totals: Floats) -> Floats:
    n_answers, agreeing, of_value = totals[:, 0], totals[:, 1], totals[:, 2:]
    expected = (n_answers**2 - (of_value**2).sum(axis=1)) / (n_answers - 1)
    return 1 - _ratio(n_answers - agreeing, expected)


def _interval_alpha(totals: Floats) -> Floats:
    n_answers, apart, total, squares = totals.T
    expected = 2 * (n_answers * squares - total**2) / (n_answers - 1)
    negligible = 1e-12 * n_answers * squares
    return 1 - _ratio(apart, np.where(expected > negligible, expected, 0.0))


def _observed_agreement(totals: Floats) -> Floats:
    return totals[:, 1] / totals[:, 0]


def _ratio(observed: Floats, expected: Floats) -> Floats:
    """Observed over expected disagreement; nan where none can be expected."""
    return observed / np.where(expected > 0, expected, np.nan)


def _measured(
    measure: str,
    level: Level,
    columns: sparse.csr_array,
    formula: Formula,
    reason: str | None,
    n_draws: int,
    seed: int,
) -> Agreement:
    n_tasks = columns.shape[0]
    n_answers = int(columns[:, [0]].sum())
    if reason is not None:
        return Agreement(measure, level, float("nan"), None, n_tasks, n_answers, reason)
    value = float(formula(columns.sum(axis=0)[None, :])[0])
    draws = [formula(weights @ columns) for weights in _resamples(n_tasks, n_draws, seed)]
    interval = _percentiles(np.concatenate(draws)) if draws else None
    return Agreement(measure, level, value, interval, n_tasks, n_answers, None)


def _resamples(n_tasks: int, n_draws: int, seed: int) -> Iterator[Floats]:
    """How often each task is drawn, (n_block, n_tasks) at a time."""
    rng = np.random.default_rng(seed)
    at_once = max(1, BLOCK // n_tasks)
    for first in range(0, n_draws, at_once):
        n_block = min(at_once, n_draws - first)
        drawn = rng.integers(n_tasks, size=(n_block, n_tasks))
        drawn += n_tasks * np.arange(n_block)[:, None]
        times = np.bincount(drawn.ravel(), minlength=n_block * n_tasks)
        yield times.reshape(n_block, n_tasks).astype(np.float64)


def _percentiles(draws: Floats) -> tuple[float, float] | None:
    defined = draws[np.isfinite(draws)]
    if not defined.size:
        return None
    low, high = np.quantile(defined, [0.025, 0.975])
    return float(low), float(high)
