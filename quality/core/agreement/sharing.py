"""The answers that can agree: those on tasks with two answers or more, densely numbered."""

from collections.abc import Sequence
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.votes import Codes

Answer = TypeVar("Answer")
# Up to this many cells per answer a table is counted whole; beyond, the cells are sorted.
ROOM = 8


def shared(task: Codes, n_values: int) -> tuple[NDArray[np.intp], Codes]:
    """Which answers share their task with another, and their tasks renumbered 0, 1, 2, ...

    Raises ValueError unless task is (n_values,).
    """
    if task.ndim != 1 or task.size != n_values:
        raise ValueError("task and value must have one entry per answer")
    code, size = dense(task)
    kept = np.flatnonzero(size[code] > 1)
    if kept.size == code.size:
        return kept, code
    return kept, dense(code[kept])[0]


def by_task(task: Codes, answers: Sequence[Answer]) -> list[list[Answer]]:
    """The answers of every shared task, in order of tasks. Raises ValueError as `shared` does."""
    kept, of_task = shared(task, len(answers))
    grouped: list[list[Answer]] = [[] for _ in range(int(of_task.max(initial=-1)) + 1)]
    for row, code in zip(kept.tolist(), of_task.tolist(), strict=True):
        grouped[code].append(answers[row])
    return grouped


def dense(values: NDArray[Any]) -> tuple[Codes, Codes]:
    """Each entry's index among the sorted distinct values, and how often each of those occurs."""
    if np.issubdtype(values.dtype, np.integer) and _are_dense(values):
        # Sorting costs ten times as much as this count.
        counts = np.bincount(values)
        present = counts > 0
        return (np.cumsum(present) - 1)[values], counts[present]
    _, code, size = np.unique(values, return_inverse=True, return_counts=True)
    return code, size


def _are_dense(values: NDArray[Any]) -> bool:
    return bool(values.size and values.min() >= 0 and values.max() < ROOM * values.size + 1000)


def tallied(task: Codes, code: Codes, n_tasks: int, n_codes: int) -> sparse.csr_array:
    """How many answers of each task have each code, (n_tasks, n_codes)."""
    cells = task.astype(np.int64) * n_codes + code
    if n_tasks * n_codes <= ROOM * cells.size:
        table = np.bincount(cells, minlength=n_tasks * n_codes)
        filled = np.flatnonzero(table)
        times = table[filled]
    else:
        filled, times = np.unique(cells, return_counts=True)
    row, column = np.divmod(filled, max(n_codes, 1))
    ends = np.concatenate(([0], np.cumsum(np.bincount(row, minlength=n_tasks))))
    return sparse.csr_array((times.astype(np.float64), column, ends), shape=(n_tasks, n_codes))


def beside(
    columns: Sequence[NDArray[Any]], more: sparse.csr_array | None = None
) -> sparse.csr_array:
    """Columns of (n_tasks,) and more of them, as one sparse array."""
    first = np.stack(columns, axis=1)
    n_tasks, width = first.shape
    stored = sparse.csr_array(
        (first.ravel(), np.tile(np.arange(width), n_tasks), width * np.arange(n_tasks + 1)),
        shape=first.shape,
    )
    return stored if more is None else sparse.hstack([stored, more], format="csr")
