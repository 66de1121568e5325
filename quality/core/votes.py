"""Votes as the core sees them: parallel arrays of dense codes."""

from collections.abc import Hashable, Iterable, Sequence
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.core.numbering import ascending, numbered

Codes = NDArray[np.integer[Any]]
Floats = NDArray[np.float64]
COLUMNS = ("task", "worker", "label")


@dataclass(frozen=True, slots=True)
class Votes:
    """One label per vote, at most one vote per worker and task; kept in order of task and worker.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    label: (n_votes,) in 0..n_labels-1
    weight: (n_votes,) at least 0, how many votes each counts for; None for 1 each

    Votes given in another order are put in this one, so that no sum depends on arrival. Raises
    ValueError for unequal lengths, codes out of bounds, repeated (task, worker) pairs and weights
    that are negative or not finite.
    """

    task: Codes
    worker: Codes
    label: Codes
    n_tasks: int
    n_workers: int
    n_labels: int
    weight: Floats | None = None

    def __post_init__(self) -> None:
        if self.n_labels < 1:
            raise ValueError("votes need at least one label to choose from")
        check_codes("task", self.task, self.n_tasks, n_votes=self.task.size)
        check_codes("worker", self.worker, self.n_workers, n_votes=self.task.size)
        check_codes("label", self.label, self.n_labels, n_votes=self.task.size)
        if self.weight is not None:
            if self.weight.shape != self.task.shape:
                raise ValueError("weight must have one entry per vote")
            if not (np.isfinite(self.weight).all() and (self.weight >= 0).all()):
                raise ValueError("weights must be finite and at least 0")
        order = pair_order(self.task, self.worker, self.n_workers)
        if order is not None:
            for name in ("task", "worker", "label", "weight"):
                column = getattr(self, name)
                object.__setattr__(self, name, None if column is None else column[order])

    def counts(self) -> Floats:
        """How many votes each label got, by weight, (n_tasks, n_labels)."""
        cells = self.task.astype(np.int64) * self.n_labels + self.label
        counted = np.bincount(cells, self.weight, minlength=self.n_tasks * self.n_labels)
        return counted.reshape(self.n_tasks, self.n_labels).astype(np.float64)

    def split(self, n_blocks: int) -> list["Votes"]:
        """The votes in blocks of whole tasks, tasks renumbered from 0 in each.

        The blocks keep the numbers of workers and labels, so that every aggregator fits a list
        of them as it fits the self. Raises ValueError unless n_blocks is positive.
        """
        if n_blocks < 1:
            raise ValueError("n_blocks must be positive")
        bounds = np.linspace(0, self.n_tasks, n_blocks + 1).round().astype(np.int64)
        cuts = np.searchsorted(self.task, bounds)
        return [
            Votes(
                self.task[start:end] - first,
                self.worker[start:end],
                self.label[start:end],
                int(last - first),
                self.n_workers,
                self.n_labels,
                None if self.weight is None else self.weight[start:end],
            )
            for start, end, first, last in zip(
                cuts[:-1], cuts[1:], bounds[:-1], bounds[1:], strict=True
            )
        ]


@dataclass(frozen=True, slots=True)
class Encoded:
    """Votes, and what their codes stand for: entry i of a list is what code i means."""

    votes: Votes
    tasks: list[Any]
    workers: list[Any]
    labels: list[Any]


def encode(
    rows: Any, labels: Sequence[Hashable] | None = None, weight: Iterable[float] | None = None
) -> Encoded:
    """Number the (task, worker, label) ids of any iterable or of a DataFrame with those columns.

    Ids are numbered in sorted order, or by first appearance where they cannot be compared; labels
    in the order given, or like the others when none are declared. The votes are sorted by task.
    Raises ValueError, naming the row, for a row that is no triple, a missing task, worker or
    label, a label outside `labels` and a worker's second vote on a task.
    """
    columns = _columns(rows)
    if labels is not None and len(set(labels)) != len(labels):
        raise ValueError("labels must differ from each other")
    named = [numbered(column) for column in columns]
    for name, column, (distinct, _) in zip(COLUMNS, columns, named, strict=True):
        _check_present(name, column, distinct)
    (tasks, task), (workers, worker), (declared, label) = named
    if labels is not None:
        declared, label = list(labels), _known(columns[2], declared, labels)[label]
    keys = pair_keys(task, worker, len(workers))
    order = _order(keys)
    _check_once(columns, keys, order)
    weights = None if weight is None else np.array(list(weight), dtype=np.float64)
    if weights is not None:
        if weights.shape != keys.shape:
            raise ValueError("weight must have one entry per row")
        weights = weights[order]
    votes = Votes(
        task[order],
        worker[order],
        label[order],
        len(tasks),
        len(workers),
        max(len(declared), 1),
        weights,
    )
    return Encoded(votes, tasks, workers, declared)


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
    pair_order(task, worker, n_workers)


def pair_order(task: Codes, worker: Codes, n_workers: int) -> NDArray[np.intp] | None:
    """What sorts votes by task, then worker; None where they are sorted.

    Raises ValueError if a worker voted twice on a task.
    """
    pairs = pair_keys(task, worker, n_workers)
    if (pairs[1:] > pairs[:-1]).all():
        return None
    order = _order(pairs)
    pairs = pairs[order]
    again = np.flatnonzero(pairs[1:] == pairs[:-1])
    if again.size:
        of_task, by_worker = divmod(int(pairs[again[0]]), n_workers)
        raise ValueError(f"worker {by_worker} voted more than once on task {of_task}")
    return order


def pair_keys(task: Codes, worker: Codes, n_workers: int) -> NDArray[np.int64]:
    """One number per (task, worker), in order of task, then worker, (n_votes,)."""
    keys = task.astype(np.int64) * n_workers
    keys += worker
    return keys


def _order(keys: NDArray[np.int64]) -> NDArray[np.intp]:
    """What sorts numbers of at least 0; equal ones stay as they are."""
    n_bits = int(keys.max(initial=0)).bit_length()
    digits = [(keys >> shift).astype(np.uint16) for shift in range(0, n_bits, 16)]
    return ascending(digits, keys.size)


def _columns(rows: Any) -> list[list[Any]]:
    """Three lists of ids; a table of columns gives its own, other rows are taken apart."""
    if hasattr(rows, "columns"):
        absent = [name for name in COLUMNS if name not in rows.columns]
        if absent:
            raise ValueError(f"the table has no column {absent[0]!r}")
        columns = [np.asarray(rows[name], dtype=object).tolist() for name in COLUMNS]
        if len(set(map(len, columns))) > 1:
            raise ValueError("the columns of the table differ in length")
        return columns
    triples = list(rows)
    if set(map(len, triples)) - {3}:
        row = next(i for i, triple in enumerate(triples) if len(triple) != 3)
        raise ValueError(f"row {row}: a (task, worker, label) triple is wanted")
    return [list(column) for column in zip(*triples, strict=True)] or [[], [], []]


def _check_present(name: str, column: list[Any], distinct: list[Any]) -> None:
    if any(value is None or value != value for value in distinct):
        row = next(i for i, entry in enumerate(column) if entry is None or entry != entry)
        raise ValueError(f"row {row}: the {name} is missing")


def _known(column: list[Any], given: list[Any], labels: Sequence[Hashable]) -> Codes:
    """The declared code of each label given."""
    code_of = {label: code for code, label in enumerate(labels)}
    strange = {label for label in given if label not in code_of}
    if strange:
        row = next(i for i, label in enumerate(column) if label in strange)
        raise ValueError(f"row {row}: {column[row]!r} is not one of the labels")
    return np.array([code_of[label] for label in given], dtype=np.int64)


def _check_once(columns: list[list[Any]], keys: NDArray[np.int64], order: Codes) -> None:
    in_order = keys[order]
    again = np.flatnonzero(in_order[1:] == in_order[:-1])
    if again.size:
        row = int(order[again + 1].min())
        task, worker = columns[0][row], columns[1][row]
        raise ValueError(f"row {row}: {worker!r} voted more than once on {task!r}")
