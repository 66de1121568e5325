"""Krippendorff's alpha of spans marked on a continuum."""

from collections.abc import Hashable, Iterator, Sequence
from dataclasses import dataclass
from itertools import pairwise

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.agreement.resampling import (
    NO_SHARED_TASK,
    ONE_VALUE,
    Agreement,
    Measure,
    ratio,
)
from quality.core.agreement.sharing import beside, shared
from quality.core.votes import Codes, Floats

# Start, end (exclusive) and label.
Span = tuple[int, int, Hashable]
# What spans over the same stretch say together; nothing, in a gap.
Value = frozenset[Hashable]
GAP: Value = frozenset()


def unitizing_alpha(
    task: Codes,
    answers: Sequence[Sequence[Span]],
    *,
    lengths: Codes | None = None,
    n_draws: int = 1000,
    seed: int = 0,
) -> Agreement:
    """Krippendorff's u-alpha (nominal): where workers mark spans, and how they label them.

    task: (n_answers,) codes; tasks with one answer do not count
    answers: n_answers sequences of (start, end, label), end exclusive; where spans of one answer
        overlap, the stretch is a unit of its own, valued by the set of its labels
    lengths: (n_answers,), the length of the task's continuum; by default its last end in any answer

    Tasks are continua laid end to end, weighing (length) x (answers). Raises ValueError for unequal
    lengths, spans that are empty or negative, and spans beyond the continuum.
    Source: Krippendorff, Mathet, Bouvry & Widlocher (2016), "On the Reliability of Unitizing
    Textual Continua: Further Developments", Quality & Quantity 50(6), 2347-2364: the variant for
    any number of observers that compares gaps too, not alpha_U of 1995 and 2004.
    """
    for row, spans in enumerate(answers):
        if any(not 0 <= start < end for start, end, _ in spans):
            raise ValueError(f"answer {row} has a span that is empty or begins before 0")
    kept, of_task = shared(task, len(answers))
    marked = [answers[row] for row in kept.tolist()]
    size = np.bincount(of_task).astype(np.float64)
    length = _lengths(of_task, marked, None if lengths is None else lengths[kept], size.size)
    units = _units(of_task, marked, length)
    n_values = int(units.value.max(initial=0)) + 1
    columns = beside(
        [size, _agreeing(units, n_values, size), _own(units, size.size)],
        _marginals(units, size.size, n_values),
    )
    reason = _nothing(size, units, length)
    measure = Measure("unitizing_alpha", "spans", columns, _u_alpha, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


@dataclass(frozen=True, slots=True)
class _Units:
    """Every answer's continuum cut into units, gaps too; value 0 is the gap's."""

    task: NDArray[np.int64]
    start: NDArray[np.int64]
    end: NDArray[np.int64]
    value: NDArray[np.int64]


def _lengths(
    of_task: Codes, answers: list[Sequence[Span]], given: Codes | None, n_tasks: int
) -> NDArray[np.int64]:
    ends = np.array([max((span[1] for span in spans), default=0) for spans in answers], np.int64)
    length = np.zeros(n_tasks, dtype=np.int64)
    np.maximum.at(length, of_task, ends if given is None else given)
    if (ends > length[of_task]).any():
        raise ValueError("a span ends beyond its continuum")
    return length


def _units(of_task: Codes, answers: list[Sequence[Span]], length: NDArray[np.int64]) -> _Units:
    code_of: dict[Value, int] = {GAP: 0}
    rows = [
        (code, start, end, code_of.setdefault(value, len(code_of)))
        for code, spans in zip(of_task.tolist(), answers, strict=True)
        for start, end, value in _partition(spans, int(length[code]))
    ]
    return _Units(*np.array(rows, dtype=np.int64).reshape(-1, 4).T)


def _partition(spans: Sequence[Span], length: int) -> Iterator[tuple[int, int, Value]]:
    """The whole continuum, unit after unit."""
    reached = 0
    for start, end, value in _flattened(sorted(spans, key=lambda span: span[:2])):
        if start > reached:
            yield reached, start, GAP
        yield start, end, value
        reached = end
    if reached < length:
        yield reached, length, GAP


def _flattened(spans: list[Span]) -> Iterator[tuple[int, int, Value]]:
    """Spans, sorted by start, that no longer overlap."""
    if all(one[1] <= other[0] for one, other in pairwise(spans)):
        yield from ((start, end, frozenset([label])) for start, end, label in spans)
        return
    cuts = sorted({place for start, end, _ in spans for place in (start, end)})
    for start, end in pairwise(cuts):
        labels = frozenset(label for low, high, label in spans if low <= start and end <= high)
        if labels:
            yield start, end, labels


def _agreeing(units: _Units, n_values: int, size: Floats) -> Floats:
    """The length on which pairs of answers agree, over (answers - 1), per task."""
    key = np.tile(units.task * n_values + units.value, 2)
    place = np.concatenate([units.start, units.end])
    change = np.repeat([1, -1], units.task.size)
    order = np.lexsort((place, key))
    key, place = key[order], place[order]
    # How many answers have this value from here on; back at 0 after the last of each key.
    covering = np.cumsum(change[order])[:-1]
    pairs = covering * (covering - 1) * np.diff(place)
    of_task = key[:-1] // n_values
    total = np.bincount(of_task, pairs, minlength=size.size)
    return (total / np.maximum(size - 1, 1)).astype(np.float64)


def _own(units: _Units, n_tasks: int) -> Floats:
    """What units would agree on with themselves: squared lengths, gaps point by point."""
    length = (units.end - units.start).astype(np.float64)
    alone = np.where(units.value == 0, length, length**2)
    return np.bincount(units.task, alone, minlength=n_tasks).astype(np.float64)


def _marginals(units: _Units, n_tasks: int, n_values: int) -> sparse.csr_array:
    """The length that answers give to each value, per task."""
    length = (units.end - units.start).astype(np.float64)
    entries = sparse.coo_array((length, (units.task, units.value)), shape=(n_tasks, n_values))
    return entries.tocsr()


def _nothing(size: Floats, units: _Units, length: NDArray[np.int64]) -> str | None:
    if not size.size:
        return NO_SHARED_TASK
    if not length.any():
        return "no answer marks a span"
    return ONE_VALUE if np.all(units.value == units.value[0]) else None


def _u_alpha(totals: Floats) -> Floats:
    agreeing, own, of_value = totals[:, 1], totals[:, 2], totals[:, 3:]
    whole = of_value.sum(axis=1)
    expected = (whole**2 - (of_value**2).sum(axis=1)) / (whole**2 - own) * whole
    return 1 - ratio(whole - agreeing, expected)
