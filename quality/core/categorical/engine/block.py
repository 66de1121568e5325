"""Some tasks with their votes, laid out as sparse products."""

from collections.abc import Iterator
from functools import cached_property

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.categorical.engine.grid import on_grid
from quality.core.votes import Codes, Floats

# Beyond this many nats the other label of two is impossible, and exp would overflow.
FARTHEST = 700.0
# Probabilities handled at once: they stay in the processor's cache.
STRIP = 65_536


class Block:
    """Whole tasks, each with votes, in order; posteriors are label-major, (n_labels, n_tasks).

    A row is a (worker, label said) pair that occurs among the votes; tables of parameters have one
    entry or one line per row.

    rows: (n_votes,) row of each vote, votes in order of task
    label: (n_votes,) what each said
    starts: (n_tasks + 1,) where each task's votes begin
    weight: (n_votes,) or None for 1 each
    known, known_labels: tasks whose label is gold, and which it is
    """

    def __init__(
        self,
        *,
        rows: NDArray[np.intp],
        label: Codes,
        starts: NDArray[np.intp],
        weight: Floats | None,
        gold: tuple[Codes, Codes],
        n_rows: int,
        n_labels: int,
    ) -> None:
        self.rows, self.label, self.starts, self.weight = rows, label, starts, weight
        self.known, self.known_labels = gold
        self.n_rows, self.n_labels = n_rows, n_labels
        self.n_tasks = starts.size - 1
        self.sizes = np.diff(starts)
        self._counted = np.ones(rows.size) if weight is None else weight

    @cached_property
    def weights(self) -> Floats:
        """The sum of the votes' weights of each task, (n_tasks,)."""
        if self.weight is None:
            return self.sizes.astype(np.float64)
        return np.add.reduceat(self.weight, self.starts[:-1]) if self.n_tasks else np.zeros(0)

    def shares(self) -> Floats:
        """The votes of each label, by weight."""
        cells = np.repeat(np.arange(self.n_tasks), self.sizes) * self.n_labels + self.label
        counted = np.bincount(cells, self.weight, minlength=self.n_tasks * self.n_labels)
        return np.ascontiguousarray(counted.reshape(self.n_tasks, self.n_labels).T, dtype=float)

    def row_weights(self) -> Floats:
        """How many votes each row has, by weight, (n_rows,)."""
        return np.bincount(self.rows, self.weight, minlength=self.n_rows).astype(float)

    def tallies(self, posterior: Floats) -> Floats:
        """Expected votes of each row when the truth is each label, (n_rows, n_labels)."""
        if self.n_labels == 2:
            second = self._received @ posterior[1]
            return np.stack([self._row_weights - second, second], axis=1)
        return self.received(posterior)

    def received(self, given: Floats) -> Floats:
        """The sum over each row's votes of what is given for their tasks, (n_rows, n_labels).

        given: (n_labels, n_tasks), any numbers
        """
        return np.asarray(self._received @ np.ascontiguousarray(given.T))

    def posterior(self, table: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """From log probabilities of each row given each truth, (n_rows, n_labels).

        Returns the posterior and the log-likelihood of votes and gold, in nats.
        """
        if self.n_labels == 2:
            odds = self._cast @ (table[:, 1] - table[:, 0])
            base = float(self._row_weights @ table[:, 0])
            return self._binary(odds, log_prior, base)
        evidence = np.empty((self.n_labels, self.n_tasks))
        for tasks, cast in self._cast_strips:
            evidence[:, tasks] = (cast @ table).T
        return self.normalised(evidence, log_prior)

    def hits(self, posterior: Floats) -> Floats:
        """Expected votes of each row that are right, (n_rows,)."""
        return np.asarray(self._hit_rows @ np.ascontiguousarray(posterior.T).ravel())

    def hit_sums(self, per_row: Floats) -> Floats:
        """The sum of what is given for the rows of each label's votes, (n_labels, n_tasks)."""
        shape = (self.n_tasks, self.n_labels)
        return np.ascontiguousarray((self._hit_tasks @ per_row).reshape(shape).T)

    def hit_posterior(self, gain: Floats, base: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """As `posterior`, where a vote counts for its own label only.

        gain: (n_rows,) log probability of saying the row's label if it is right, less that if not
        base: (n_rows,) the latter
        """
        posterior, likelihood = self.normalised(self.hit_sums(gain), log_prior)
        return posterior, likelihood + float(self._row_weights @ base)

    def normalised(self, evidence: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """Turn log evidence, which is overwritten, into the posterior and its log-likelihood."""
        truth = evidence[self.known_labels, self.known] + log_prior[self.known_labels]
        likelihood = np.empty(self.n_tasks)
        for tasks in self._strips():
            likelihood[tasks] = _normalised(evidence[:, tasks], log_prior)
        likelihood[self.known] = truth
        return self.clamped(evidence), float(likelihood.sum())

    def clamped(self, posterior: Floats) -> Floats:
        """The same array, certain where gold is known."""
        posterior[:, self.known] = 0.0
        posterior[self.known_labels, self.known] = 1.0
        return posterior

    def _binary(self, odds: Floats, log_prior: Floats, base: float) -> tuple[Floats, float]:
        odds += log_prior[1] - log_prior[0]
        truth = np.where(self.known_labels == 1, odds[self.known], 0.0)
        np.clip(odds, -FARTHEST, FARTHEST, out=odds)
        posterior = np.empty((2, self.n_tasks))
        second = posterior[1]
        np.negative(odds, out=second)
        np.exp(second, out=second)
        second += 1.0
        np.reciprocal(second, out=second)
        on_grid(second)
        np.subtract(1.0, second, out=posterior[0])
        likelihood = np.maximum(odds, 0.0)
        likelihood -= np.log(np.maximum(second, posterior[0]))
        likelihood[self.known] = truth
        total = float(likelihood.sum()) + base + self.n_tasks * float(log_prior[0])
        return self.clamped(posterior), total

    @cached_property
    def _row_weights(self) -> Floats:
        return self.row_weights()

    @cached_property
    def _cast(self) -> sparse.csr_array:
        """Tasks by rows."""
        index = np.int32 if max(self.n_rows, self.rows.size) < 2**31 else np.int64
        return sparse.csr_array(
            (self._counted, self.rows.astype(index), self.starts.astype(index)),
            shape=(self.n_tasks, self.n_rows),
        )

    @cached_property
    def _cast_strips(self) -> list[tuple[slice, sparse.csr_array]]:
        """Tasks by rows, some tasks at a time; views of the whole."""
        cast, strips = self._cast, []
        for tasks in self._strips():
            starts = cast.indptr[tasks.start : tasks.stop + 1]
            votes = slice(int(starts[0]), int(starts[-1]))
            entries = (cast.data[votes], cast.indices[votes], starts - starts[0])
            shape = (starts.size - 1, self.n_rows)
            strips.append((tasks, sparse.csr_array(entries, shape=shape)))
        return strips

    def _strips(self) -> Iterator[slice]:
        """The block's tasks, some at a time."""
        n_tasks = max(STRIP // self.n_labels, 1)
        for first in range(0, self.n_tasks, n_tasks):
            yield slice(first, min(first + n_tasks, self.n_tasks))

    @cached_property
    def _received(self) -> sparse.csc_array:
        """Rows by tasks; a view."""
        return self._cast.T

    @cached_property
    def _hit_tasks(self) -> sparse.csr_array:
        """(task, label) cells by rows."""
        cells = np.repeat(np.arange(self.n_tasks), self.sizes) * self.n_labels + self.label
        shape = (self.n_tasks * self.n_labels, self.n_rows)
        return sparse.coo_array((self._counted, (cells, self.rows)), shape=shape).tocsr()

    @cached_property
    def _hit_rows(self) -> sparse.csr_array:
        """Rows by (task, label) cells."""
        return self._hit_tasks.T.tocsr()


def _normalised(evidence: Floats, log_prior: Floats) -> Floats:
    """Turn log evidence into the posterior in its place; the log-likelihood of each task."""
    evidence += log_prior[:, None]
    peak = evidence.max(axis=0)
    evidence -= peak
    total = np.exp(evidence, out=evidence).sum(axis=0)
    evidence /= total
    on_grid(evidence)
    return np.asarray(peak + np.log(total))
