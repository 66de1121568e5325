"""All votes of a fit: the labels in use, the rows, and the blocks that hold them."""

from collections.abc import Iterator, Sequence
from functools import cached_property

import numpy as np
from numpy.typing import NDArray

from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.predictions import Predictions
from quality.core.gold import known_tasks
from quality.core.votes import Codes, Floats, Votes, pair_keys

# Tables over all (worker, label) pairs up to this size are looked up, larger ones are searched.
LARGEST_LOOKUP = 50_000_000


class Panel:
    """Votes ready for products, over the labels that somebody gave, gold holds or, as one, none.

    Labels that nobody gave and gold does not hold cannot be told apart: they are one label in the
    engine and share its probability evenly (by the class prior, if there is one).

    votes: Votes, or a sequence of blocks of them, as of Votes.split; a list or tuple is kept in
        the layout of products, any other sequence is read and laid out anew in every round, so
        that one block at a time is in memory
    seen: codes of labels that count as given although nobody may have
    """

    def __init__(
        self,
        votes: Votes | Sequence[Votes],
        *,
        gold: Codes | None = None,
        prior: Floats | None = None,
        predictions: Predictions | None = None,
        seen: Codes | None = None,
    ) -> None:
        self._source: Sequence[Votes] = [votes] if isinstance(votes, Votes) else votes
        self._kept: list[Block] | None = [] if isinstance(self._source, list | tuple) else None
        self._predictions = predictions
        if not len(self._source):
            raise ValueError("there must be at least one block of votes")
        self.n_workers, self.n_declared = self._source[0].n_workers, self._source[0].n_labels
        self.n_models = 0 if predictions is None else predictions.label.shape[0]
        self._bounds = self._task_bounds()
        self.n_tasks = int(self._bounds[-1])
        if predictions is not None:
            predictions.check(self.n_tasks, self.n_declared)
        self.known, self.known_labels = known_tasks(gold, self.n_tasks, self.n_declared)
        self._find_labels(_checked_prior(prior, self.n_declared), seen)
        self._find_rows()

    def __iter__(self) -> Iterator[tuple[slice, Block]]:
        """The blocks, each with the voted tasks it holds."""
        for number in range(len(self._source)):
            span = slice(int(self._spans[number]), int(self._spans[number + 1]))
            if self._kept is None:
                yield span, self._block(number)
                continue
            if len(self._kept) == number:
                self._kept.append(self._block(number))
            yield span, self._kept[number]

    def shares(self) -> Floats:
        """The votes of each label for each voted task, (n_labels, n_voted)."""
        counted = np.empty((self.n_labels, self.n_voted))
        for span, block in self:
            counted[:, span] = block.shares()
        return counted

    def clamped(self, posterior: Floats) -> Floats:
        """The same array, certain where gold is known."""
        for span, block in self:
            block.clamped(posterior[:, span])
        return posterior

    def tallies(self, posterior: Floats) -> Floats:
        """Expected votes of each row when the truth is each label, (n_rows, n_labels)."""
        total = np.zeros((self.n_rows, self.n_labels))
        for span, block in self:
            total += block.tallies(posterior[:, span])
        return total

    def tallies_of_squares(self, posterior: Floats) -> Floats:
        """As tallies, of the squared posterior."""
        total = np.zeros((self.n_rows, self.n_labels))
        for span, block in self:
            total += block.received(posterior[:, span] ** 2)
        return total

    def hits(self, posterior: Floats) -> Floats:
        """Expected votes of each row that are right, (n_rows,)."""
        total = np.zeros(self.n_rows)
        for span, block in self:
            total += block.hits(posterior[:, span])
        return total

    def posterior(self, table: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """The posterior of the voted tasks and the log-likelihood; see Block.posterior."""
        posterior, likelihood = np.empty((self.n_labels, self.n_voted)), 0.0
        for span, block in self:
            posterior[:, span], part = block.posterior(table, log_prior)
            likelihood += part
        return posterior, likelihood

    def hit_posterior(self, gain: Floats, base: Floats, log_prior: Floats) -> tuple[Floats, float]:
        """The posterior of the voted tasks and the log-likelihood; see Block.hit_posterior."""
        posterior, likelihood = np.empty((self.n_labels, self.n_voted)), 0.0
        for span, block in self:
            posterior[:, span], part = block.hit_posterior(gain, base, log_prior)
            likelihood += part
        return posterior, likelihood

    def by_worker(self, per_row: Floats) -> Floats:
        """Sums over the rows of each worker that has any, in order of worker; first axis rows."""
        if not self.n_rows:
            return np.zeros((0, *per_row.shape[1:]))
        return np.add.reduceat(per_row, self.worker_starts, axis=0)

    @cached_property
    def worker_weights(self) -> Floats:
        """The votes of each worker that has any, by weight, (n_present,)."""
        return self.by_worker(self.row_weights)

    def given(self) -> Floats:
        """The votes of each label, by weight, (n_labels,)."""
        return np.bincount(self.row_label, self.row_weights, minlength=self.n_labels).astype(float)

    def expanded(self, posterior: Floats, log_prior: Floats) -> Floats:
        """Over all tasks and declared labels, (n_tasks, n_declared); the prior without votes."""
        prior = np.exp(log_prior - log_prior.max())
        full = np.empty((self.n_tasks, self.n_labels))
        full[:] = prior / prior.sum()
        full[self.voted] = posterior.T
        full[self.known] = np.eye(self.n_labels)[self.code_of[self.known_labels]]
        if self.unseen.size == 0:
            return full
        declared = np.empty((self.n_tasks, self.n_declared))
        declared[:, self.seen] = full[:, : self.seen.size]
        declared[:, self.unseen] = full[:, -1:] * self.unseen_shares
        return declared

    def compressed(self, posterior: Floats) -> Floats:
        """A posterior over all tasks and declared labels, as `expanded` gives, of the voted ones.

        Raises ValueError unless it is (n_tasks, n_declared) and every row is a distribution.
        """
        if posterior.shape != (self.n_tasks, self.n_declared):
            raise ValueError("start must be (n_tasks, n_labels)")
        if (posterior < 0).any() or not np.allclose(posterior.sum(axis=1), 1.0):
            raise ValueError("each row of start must be a distribution")
        voted = posterior[self.voted]
        parts = [voted[:, self.seen]]
        if self.unseen.size:
            parts.append(voted[:, self.unseen].sum(axis=1, keepdims=True))
        return np.ascontiguousarray(np.concatenate(parts, axis=1).T)

    def _task_bounds(self) -> NDArray[np.int64]:
        sizes = []
        for votes in self._source:
            if (votes.n_workers, votes.n_labels) != (self.n_workers, self.n_declared):
                raise ValueError("all blocks must have the same numbers of workers and labels")
            sizes.append(votes.n_tasks)
        return np.concatenate(([0], np.cumsum(sizes, dtype=np.int64)))

    def _votes(self, number: int) -> Votes:
        """One block's counting votes with the models' among them, in order."""
        votes = self._source[number]
        if self._predictions is not None:
            first, last = self._bounds[number], self._bounds[number + 1]
            votes = self._predictions.joined(votes, slice(int(first), int(last)))
        if votes.weight is None or (votes.weight > 0).all():
            return votes
        keep = votes.weight > 0
        return Votes(
            votes.task[keep],
            votes.worker[keep],
            votes.label[keep],
            votes.n_tasks,
            votes.n_workers,
            votes.n_labels,
            votes.weight[keep],
        )

    def _find_labels(self, prior: Floats | None, seen: Codes | None) -> None:
        given = np.zeros(self.n_declared, dtype=np.bool_)
        given[self.known_labels] = True
        if seen is not None:
            given[seen] = True
        for number in range(len(self._source)):
            given[self._votes(number).label] = True
        self.seen, self.unseen = np.flatnonzero(given), np.flatnonzero(~given)
        self.n_labels = self.seen.size + (self.unseen.size > 0)
        self.code_of = np.full(self.n_declared, self.seen.size, dtype=np.int64)
        self.code_of[self.seen] = np.arange(self.seen.size)
        declared = np.ones(self.n_declared) if prior is None else prior
        of_unseen = declared[self.unseen]
        self.unseen_shares = of_unseen / (of_unseen.sum() or 1.0)
        self.prior = None if prior is None else self._lumped(prior)

    def _lumped(self, prior: Floats) -> Floats:
        parts = np.append(prior[self.seen], prior[self.unseen].sum())[: self.n_labels]
        return parts / parts.sum()

    def _find_rows(self) -> None:
        n_pairs = (self.n_workers + self.n_models) * self.n_labels
        dense = n_pairs <= LARGEST_LOOKUP
        weights = np.zeros(n_pairs) if dense else np.zeros(0)
        found, voted = [], []
        for number, first in enumerate(self._bounds[:-1].tolist()):
            votes = self._votes(number)
            pairs = pair_keys(votes.worker, self.code_of[votes.label], self.n_labels)
            voted.append(first + np.flatnonzero(np.bincount(votes.task, minlength=votes.n_tasks)))
            if dense:
                weights += np.bincount(pairs, votes.weight, minlength=n_pairs)
            else:
                found.append(np.unique(pairs))
        self._pairs = np.flatnonzero(weights) if dense else np.unique(np.concatenate(found))
        self._lookup = np.cumsum(weights > 0) - 1 if dense else None
        self.voted = np.concatenate(voted)
        self.n_voted, self.n_rows = self.voted.size, self._pairs.size
        self._spans = np.searchsorted(self.voted, self._bounds)
        self.row_worker, self.row_label = np.divmod(self._pairs, self.n_labels)
        changes = np.flatnonzero(np.diff(self.row_worker)) + 1
        self.worker_starts = np.concatenate(([0], changes)) if self.n_rows else changes
        # Workers without votes have no place in the tables; this is each row's place.
        self.row_place = np.repeat(
            np.arange(self.worker_starts.size), np.diff(np.append(self.worker_starts, self.n_rows))
        )
        self.present = self.row_worker[self.worker_starts]
        self.row_weights = weights[self._pairs] if dense else self._summed_weights()

    def _summed_weights(self) -> Floats:
        total = np.zeros(self.n_rows)
        for _, block in self:
            total += block.row_weights()
        return total

    def _block(self, number: int) -> Block:
        votes = self._votes(number)
        label = self.code_of[votes.label]
        pairs = pair_keys(votes.worker, label, self.n_labels)
        rows = np.searchsorted(self._pairs, pairs) if self._lookup is None else self._lookup[pairs]
        sizes = np.bincount(votes.task, minlength=votes.n_tasks)
        tasks = np.flatnonzero(sizes) + self._bounds[number]
        known, where = _positions(tasks, self.known)
        return Block(
            rows=rows,
            label=label,
            starts=np.concatenate(([0], np.cumsum(sizes[sizes > 0]))),
            weight=votes.weight,
            gold=(known, self.code_of[self.known_labels[where]]),
            n_rows=self.n_rows,
            n_labels=self.n_labels,
        )


def _positions(tasks: Codes, known: Codes) -> tuple[Codes, Codes]:
    """Which of the sorted tasks are known, and where among the known each is."""
    if not tasks.size:
        return tasks, tasks
    at = np.minimum(np.searchsorted(tasks, known), tasks.size - 1)
    where = np.flatnonzero(tasks[at] == known)
    return at[where], where


def _checked_prior(prior: Floats | None, n_labels: int) -> Floats | None:
    if prior is None:
        return None
    if prior.shape != (n_labels,):
        raise ValueError("prior must have one entry per label")
    if not np.isfinite(prior).all() or (prior < 0).any() or not prior.sum() > 0:
        raise ValueError("prior must be finite, at least 0 and not all 0")
    return prior / prior.sum()
