"""How likely workers say what they said, given each truth."""

from dataclasses import dataclass
from typing import Protocol

import numpy as np

from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Codes, Floats

# Smaller rates are rounding errors of a subtraction.
SMALLEST = 1e-12


class Rates(Protocol):
    """The log probabilities of votes, with what a task itself taught left out of them."""

    def logs(self, block: Block, votes: slice, own: Floats) -> Floats:
        """Of some of the block's votes given each truth, (n_labels, n).

        own: (n_labels, n), what each vote adds to its worker's expected votes
        """

    def whole(self) -> Floats:
        """Of every row, with nothing left out, (n_labels, n_rows)."""


@dataclass(frozen=True, slots=True)
class RowCounts:
    """The expected votes of some workers, by row: a (worker, label said) pair that occurs.

    votes: (n_rows, n_labels), when the truth is each label
    label: (n_rows,) what the row's worker said
    place: (n_rows,) the row's worker among those below
    totals: (n_places, n_labels) votes of each worker, in all
    right: (n_places,) those of them that are right
    """

    votes: Floats
    label: Codes
    place: Codes
    totals: Floats
    right: Floats

    @property
    def n_votes(self) -> Floats:
        """Votes of each worker, (n_places,)."""
        return self.totals.sum(axis=1)


def row_counts(panel: Panel, posterior: Floats) -> RowCounts:
    """What the posterior makes of every worker's votes."""
    votes = panel.tallies(posterior)
    right = votes[np.arange(panel.n_rows), panel.row_label]
    return RowCounts(
        votes, panel.row_label, panel.row_place, panel.by_worker(votes), panel.by_worker(right)
    )


class TableRates:
    """Rates that leave nothing out.

    table: (n_rows, n_labels) log probabilities
    """

    def __init__(self, table: Floats) -> None:
        self._table = np.ascontiguousarray(table.T)

    def logs(self, block: Block, votes: slice, own: Floats) -> Floats:
        """See Rates."""
        return self._table[:, block.rows[votes]]

    def whole(self) -> Floats:
        """See Rates."""
        return self._table


class RowRates:
    """A worker's own confusion rows, drawn to their means.

    counts: the votes that the rows are learned from
    pseudo: (n_rows, n_labels) further votes, from the prior
    strength: the sum of those over all that a worker may say
    may_lack: whether a task judged may have taught less than it would now, or nothing
    """

    def __init__(
        self, counts: RowCounts, pseudo: Floats, strength: float, *, may_lack: bool = False
    ) -> None:
        self._place = counts.place
        self._votes = np.ascontiguousarray(counts.votes.T) if may_lack else None
        self._over = np.ascontiguousarray((counts.votes + pseudo).T)
        self._under = np.ascontiguousarray(counts.totals.T) + strength

    def logs(self, block: Block, votes: slice, own: Floats) -> Floats:
        """See Rates."""
        rows = block.rows[votes]
        place = self._place[rows]
        logs = np.empty_like(own)
        for label, told in enumerate(own):
            if self._votes is not None:
                told = np.minimum(told, self._votes[label].take(rows))
            under = self._under[label].take(place)
            under -= told
            over = self._over[label].take(rows)
            over -= told
            over /= under
            np.maximum(over, SMALLEST, out=over)
            np.log(over, out=logs[label])
        return logs

    def whole(self) -> Floats:
        """See Rates."""
        return np.log(np.maximum(self._over / self._under[:, self._place], SMALLEST))


class CoinRates:
    """A worker is right with their own accuracy, and errs as all do.

    counts: the votes that the accuracies are learned from
    pseudo: right and wrong votes of the prior
    mistakes: (n_labels, n_labels) the probability of each label, if wrong, given each truth
    """

    def __init__(self, counts: RowCounts, pseudo: tuple[float, float], mistakes: Floats) -> None:
        self._label, self._place = counts.label, counts.place
        self._right, self._n = counts.right, counts.n_votes
        self._pseudo = pseudo
        self._mistakes = np.log(np.maximum(mistakes, SMALLEST))

    def logs(self, block: Block, votes: slice, own: Floats) -> Floats:
        """See Rates; a task that taught nothing yet takes nothing away."""
        label = block.label[votes]
        weight = 1.0 if block.weight is None else block.weight[votes]
        told = own[label, np.arange(label.size)]
        return self._logs(label, self._place[block.rows[votes]], told, weight - told)

    def whole(self) -> Floats:
        """See Rates."""
        return self._logs(self._label, self._place, 0.0, 0.0)

    def _logs(
        self, label: Codes, place: Codes, right_here: Floats | float, wrong_here: Floats | float
    ) -> Floats:
        right = self._right[place]
        wrong = np.maximum(self._n[place] - right - wrong_here, 0.0) + self._pseudo[1]
        right = np.maximum(right - right_here, 0.0) + self._pseudo[0]
        total = right + wrong
        logs = self._mistakes[:, label] + np.log(np.maximum(wrong / total, SMALLEST))
        logs[label, np.arange(label.size)] = np.log(np.maximum(right / total, SMALLEST))
        return logs
