"""Krippendorff's alpha of labels, numbers and sets."""

from collections.abc import Hashable, Iterable, Sequence
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.agreement.distances import masi_distances, ratio_distances
from quality.core.agreement.resampling import (
    BLOCK,
    ONE_VALUE,
    TOO_FEW_TASKS,
    Agreement,
    Formula,
    Level,
    Measure,
    ratio,
)
from quality.core.agreement.sharing import beside, dense, shared, tallied
from quality.core.votes import Codes, Floats

# Distances between values are kept as a matrix: 128 MB at most.
MOST_VALUES = 4096
TOO_MANY_VALUES = f"more than {MOST_VALUES} different values were used"


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
    level: "nominal", "ordinal", "interval", or "ratio", with an absolute zero and no values below

    The interval is a percentile bootstrap over tasks; ordinal ranks are those of all answers in
    every draw. Undefined at the ratio level for more than MOST_VALUES values. Raises ValueError for
    unequal lengths, values that are not finite or negative ratios, and other levels.
    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
    """
    if level not in {"nominal", "ordinal", "interval", "ratio"}:
        raise ValueError(f"{level!r} is not a level of measurement")
    kept, of_task = shared(task, finite(value).size)
    paired = value[kept]
    reason = too_few(of_task)
    if reason is None and np.all(paired == paired[0]):
        reason = ONE_VALUE
    if level == "ratio":
        return _ratio_alpha(of_task, paired, reason, n_draws, seed)
    if level == "nominal":
        columns, formula = counted(of_task, paired), _nominal_formula
    else:
        positions = _ranks(paired) if level == "ordinal" else paired.astype(np.float64)
        columns, formula = _moments(of_task, positions), _interval_formula
    measure = Measure("krippendorff_alpha", level, columns, formula, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def krippendorff_alpha_sets(
    task: Codes, sets: Sequence[Iterable[Hashable]], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Krippendorff's alpha of answers that are sets, by their MASI distance.

    task: (n_answers,) codes; tasks with one answer do not count
    sets: n_answers sets, which may be empty

    Undefined for more than MOST_VALUES different sets. Raises ValueError for unequal lengths.
    Source: Passonneau (2006), "Measuring Agreement on Set-Valued Items (MASI) for Semantic and
    Pragmatic Annotation", LREC.
    """
    kept, of_task = shared(task, len(sets))
    frozen = [frozenset(sets[row]) for row in kept.tolist()]
    code_of: dict[frozenset[Hashable], int] = {}
    code = np.array([code_of.setdefault(one, len(code_of)) for one in frozen], dtype=np.int64)
    reason = too_few(of_task) or (ONE_VALUE if len(code_of) == 1 else None)
    if len(code_of) > MOST_VALUES:
        reason, code_of, code = TOO_MANY_VALUES, {}, np.zeros_like(code)
    distances = masi_distances(list(code_of))
    return _by_distances("set", of_task, code, distances, reason).taken(n_draws=n_draws, seed=seed)


def finite(value: NDArray[Any]) -> NDArray[Any]:
    """The value itself. Raises ValueError unless every entry is a finite number."""
    if not np.issubdtype(value.dtype, np.integer) and not np.isfinite(value).all():
        raise ValueError("values must be finite")
    return value


def too_few(of_task: Codes) -> str | None:
    """Why there is nothing to compare across tasks; None if there is."""
    return TOO_FEW_TASKS if of_task.max(initial=0) < 1 else None


def counted(of_task: Codes, value: NDArray[Any]) -> sparse.csr_array:
    """Per task: answers, agreeing pairs over (answers - 1), and answers of each value."""
    code, n_of_value = dense(value)
    size = np.bincount(of_task).astype(np.float64)
    counts = tallied(of_task, code, size.size, n_of_value.size)
    row = np.repeat(np.arange(size.size), np.diff(counts.indptr))
    agreeing = np.bincount(row, counts.data**2, minlength=size.size) - size
    return beside([size, agreeing / (size - 1)], counts)


def _ratio_alpha(
    of_task: Codes, value: NDArray[Any], reason: str | None, n_draws: int, seed: int
) -> Agreement:
    if value.size and value.min() < 0:
        raise ValueError("values at the ratio level must not be negative")
    distinct, code = np.unique(value.astype(np.float64), return_inverse=True)
    if distinct.size > MOST_VALUES:
        reason, distinct, code = TOO_MANY_VALUES, distinct[:0], np.zeros_like(code)
    measure = _by_distances("ratio", of_task, code, ratio_distances(distinct), reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def _by_distances(
    level: Level, of_task: Codes, code: Codes, distance: Floats, reason: str | None
) -> Measure:
    """Alpha from the distances between all values, (n_values, n_values)."""
    size = np.bincount(of_task).astype(np.float64)
    if reason is not None:
        return Measure("krippendorff_alpha", level, beside([size]), _nominal_formula, reason)
    counts = tallied(of_task, code, size.size, len(distance))
    apart = np.zeros(size.size)
    at_once = max(1, BLOCK // len(distance))
    for first in range(0, size.size, at_once):
        block = counts[first : first + at_once]
        apart[first : first + at_once] = block.multiply(block @ distance).sum(axis=1)
    columns = beside([size, apart / (size - 1)], counts)
    formula = _distance_formula(distance)
    return Measure("krippendorff_alpha", level, columns, formula, None)


def _distance_formula(distance: Floats) -> Formula:
    def formula(totals: Floats) -> Floats:
        n_answers, apart, of_value = totals[:, 0], totals[:, 1], totals[:, 2:]
        expected = ((of_value @ distance) * of_value).sum(axis=1) / (n_answers - 1)
        return 1 - ratio(apart, expected)

    return formula


def _moments(of_task: Codes, position: Floats) -> sparse.csr_array:
    """Per task: answers, squared differences over (answers - 1), sum and sum of squares."""
    centred = position - (position.mean() if position.size else 0.0)
    size = np.bincount(of_task).astype(np.float64)
    total = np.bincount(of_task, centred)
    squares = np.bincount(of_task, centred**2)
    # Deviations from the task's own mean: exactly 0 where all agree.
    inner = centred - (total / size)[of_task]
    apart = 2 * size * np.bincount(of_task, inner**2) / (size - 1)
    return beside([size, apart, total, squares])


def _ranks(value: NDArray[Any]) -> Floats:
    """Middle ranks: their differences are Krippendorff's ordinal distances."""
    code, size = dense(value)
    return (np.cumsum(size) - size / 2)[code]


def _nominal_formula(totals: Floats) -> Floats:
    n_answers, agreeing, of_value = totals[:, 0], totals[:, 1], totals[:, 2:]
    expected = (n_answers**2 - (of_value**2).sum(axis=1)) / (n_answers - 1)
    return 1 - ratio(n_answers - agreeing, expected)


def _interval_formula(totals: Floats) -> Floats:
    n_answers, apart, total, squares = totals.T
    expected = 2 * (n_answers * squares - total**2) / (n_answers - 1)
    negligible = 1e-12 * n_answers * squares
    return 1 - ratio(apart, np.where(expected > negligible, expected, 0.0))
