"""Votes as the core sees them: parallel arrays of dense codes."""

from collections.abc import Hashable, Iterable, Sequence
from contextlib import suppress
from dataclasses import dataclass
from typing import Any, TypeVar

import numpy as np
from numpy.typing import NDArray

Codes = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
Id = TypeVar("Id", bound=Hashable)


@dataclass(frozen=True, slots=True)
class Votes:
    """One label per vote, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    label: (n_votes,) in 0..n_labels-1

    Raises ValueError for unequal lengths, codes out of bounds and repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    label: Codes
    n_tasks: int
    n_workers: int
    n_labels: int

    def __post_init__(self) -> None:
        if self.n_labels < 1:
            raise ValueError("votes need at least one label to choose from")
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        check_codes("label", self.label, self.n_labels, n_votes=self.task.size)

    def counts(self) -> Floats:
        """How many votes each label got, (n_tasks, n_labels)."""
        cells = self.task.astype(np.int64) * self.n_labels + self.label
        counted = np.bincount(cells, minlength=self.n_tasks * self.n_labels)
        return counted.reshape(self.n_tasks, self.n_labels).astype(np.float64)


def check_codes(name: str, codes: Codes, bound: int, *, n_votes: int) -> None:
    """Raises ValueError unless codes are (n_votes,) integers in 0..bound-1."""
    if codes.shape != (n_votes,):
        raise ValueError(f"{name} must have one entry per vote")
    if not np.issubdtype(codes.dtype, np.integer):
        raise ValueError(f"{name} codes must be integers, not {codes.dtype}")
    if codes.size and (codes.min() < 0 or codes.max() >= bound):
        raise ValueError(f"{name} codes must lie in 0..{bound - 1}")


def check_pairs(task: Codes, worker: Codes, n_tasks: int, n_workers: int) -> None:
    """Raises ValueError if codes are out of bounds or a worker voted twice on a task."""
    check_codes("task", task, n_tasks, n_votes=task.size)
    check_codes("worker", worker, n_workers, n_votes=task.size)
    pairs = np.sort(task.astype(np.int64) * n_workers + worker)
    again = np.flatnonzero(pairs[1:] == pairs[:-1])
    if again.size:
        of_task, by_worker = divmod(int(pairs[again[0]]), n_workers)
        raise ValueError(f"worker {by_worker} voted more than once on task {of_task}")


def by_task(task: Codes, worker: Codes, n_workers: int) -> NDArray[np.intp]:
    """The order that sorts votes by task, then worker: sums no longer depend on arrival."""
    return np.argsort(task.astype(np.int64) * n_workers + worker)


def encode(
    triples: Iterable[tuple[Any, Any, Any]], labels: Sequence[Hashable]
) -> tuple[Votes, list[Any], list[Any]]:
    """Number the (task, worker, label) triples: the votes, their task ids and their worker ids.

    Ids are numbered in sorted order, or by first appearance where they cannot be compared.
    Raises ValueError, naming the row, for a missing task, worker or label, for a label outside
    `labels`, and for a worker's second vote on a task.
    """
    rows = list(triples)
    code_of = {label: code for code, label in enumerate(labels)}
    if len(code_of) != len(labels):
        raise ValueError("labels must differ from each other")
    seen: set[tuple[Any, Any]] = set()
    for row, (task, worker, label) in enumerate(rows):
        _check_row(row, task, worker, label, code_of)
        if (task, worker) in seen:
            raise ValueError(f"row {row}: {worker!r} voted more than once on {task!r}")
        seen.add((task, worker))
    tasks, task_codes = numbered([task for task, _, _ in rows])
    workers, worker_codes = numbered([worker for _, worker, _ in rows])
    label_codes = np.array([code_of[label] for _, _, label in rows], dtype=np.int64)
    votes = Votes(task_codes, worker_codes, label_codes, len(tasks), len(workers), len(code_of))
    return votes, tasks, workers


def numbered(ids: Sequence[Id]) -> tuple[list[Id], Codes]:
    """The distinct ids, sorted if they can be, and each entry's index among them."""
    distinct = list(dict.fromkeys(ids))
    with suppress(TypeError):
        distinct = sorted(distinct)  # type: ignore[type-var]  # Not all ids compare.
    code_of = {an_id: code for code, an_id in enumerate(distinct)}
    return distinct, np.array([code_of[an_id] for an_id in ids], dtype=np.int64)


def _check_row(row: int, task: Any, worker: Any, label: Any, code_of: dict[Hashable, int]) -> None:
    for name, value in (("task", task), ("worker", worker), ("label", label)):
        if value is None or value != value:
            raise ValueError(f"row {row}: the {name} is missing")
    if label not in code_of:
        raise ValueError(f"row {row}: {label!r} is not one of the labels")
