"""How each worker mistakes one label for another, and how sure that is."""

from dataclasses import dataclass
from functools import cached_property

import numpy as np
from scipy import special

from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import RowCounts, row_counts
from quality.core.categorical.engine.strength import dirichlet_strength
from quality.core.votes import Codes, Floats

# Before any vote a worker is taken to be right this often, as if on so many votes a label.
PRESUMED_ACCURACY = 0.7
PRESUMED_VOTES = 2.0
STARTING_STRENGTH = 8.0
STRENGTH_ROUNDS = 10
# Confusions of all workers at once up to this many entries.
MOST_ENTRIES = 100_000_000


@dataclass(frozen=True, slots=True)
class WorkerErrors:
    """Dirichlet distributions of confusion rows, [worker, true label, label said].

    labels: (n_labels,) the declared codes; -1 stands for all labels together that nobody gave
    confusion: (n_workers, n_labels, n_labels), the means; rows sum to 1
    n_effective: (n_workers, n_labels) votes with known truth that each row is worth
    strength: the votes that the row's prior is worth beside them
    """

    labels: Codes
    confusion: Floats
    n_effective: Floats
    strength: float

    def interval(self, level: float = 0.95) -> Floats:
        """Central credible intervals of the entries, (n_workers, n_labels, n_labels, 2)."""
        total = (self.n_effective + self.strength)[:, :, None]
        smallest = np.finfo(float).tiny
        alpha = np.maximum(self.confusion * total, smallest)
        beta = np.maximum((1.0 - self.confusion) * total, smallest)
        ends = np.array([0.5 - level / 2, 0.5 + level / 2])
        return np.asarray(special.betaincinv(alpha[..., None], beta[..., None], ends))


class Beliefs:
    """What a posterior says of the workers: their rows drawn to those of all workers together."""

    def __init__(self, panel: Panel, posterior: Floats) -> None:
        self._panel, self._posterior = panel, posterior

    @cached_property
    def table(self) -> Floats:
        """Log probabilities of each row given each truth, (n_rows, n_labels)."""
        rows = self._rows
        means = self._population[:, rows.label].T
        over = rows.votes + self._strength * means
        return np.log(over / (rows.totals + self._strength)[rows.place])

    def of(self, workers: Codes) -> WorkerErrors:
        """The errors of these workers, coded as in the votes; models follow the workers.

        Raises ValueError where that is more than fits in memory.
        """
        panel, n_labels = self._panel, self._panel.n_labels
        if workers.size * n_labels**2 > MOST_ENTRIES:
            raise ValueError("too many workers and labels at once: ask for some workers")
        place = np.full(panel.n_workers + panel.n_models, -1)
        place[workers] = np.arange(workers.size)
        wanted = np.flatnonzero(place[panel.row_worker] >= 0)
        votes = np.zeros((workers.size, n_labels, n_labels))
        where, said = place[panel.row_worker[wanted]], panel.row_label[wanted]
        votes[where, :, said] = self._rows.votes[wanted]
        effective = np.zeros((workers.size, n_labels))
        present = place[panel.present]
        effective[present[present >= 0]] = self._known[present >= 0]
        over = votes + self._strength * self._population
        confusion = over / over.sum(axis=2, keepdims=True)
        labels = np.append(panel.seen, -1)[:n_labels]
        return WorkerErrors(labels, confusion, effective, self._strength)

    @cached_property
    def _rows(self) -> RowCounts:
        return row_counts(self._panel, self._posterior)

    @cached_property
    def _known(self) -> Floats:
        # Louis (1982): of a vote on a task of truth p remains p less p (1 - p).
        return self._panel.by_worker(self._panel.tallies_of_squares(self._posterior))

    @cached_property
    def _population(self) -> Floats:
        return population_rows(pooled(self._panel, self._rows.votes))

    @cached_property
    def _strength(self) -> float:
        rows, strength = self._rows, STARTING_STRENGTH
        means = self._population[:, rows.label].T
        for _ in range(STRENGTH_ROUNDS):
            strength = dirichlet_strength(rows.votes, means, rows.totals, strength)
        return strength


def pooled(panel: Panel, votes: Floats) -> Floats:
    """The expected votes of all workers together, (n_labels, n_labels), [true, said]."""
    told = [np.bincount(panel.row_label, of_true, minlength=panel.n_labels) for of_true in votes.T]
    # Without rows bincount counts in integers.
    return np.stack(told).astype(np.float64)


def population_rows(pooled_votes: Floats) -> Floats:
    """The confusion that all workers share, [true, said], drawn to an even spread of mistakes."""
    presumed = pooled_votes + PRESUMED_VOTES * presumed_rows(pooled_votes.shape[0])
    return presumed / presumed.sum(axis=1, keepdims=True)


def presumed_rows(n_labels: int) -> Floats:
    """What is believed of workers of whom nothing is known, (n_labels, n_labels)."""
    if n_labels == 1:
        return np.ones((1, 1))
    rows = np.full((n_labels, n_labels), (1.0 - PRESUMED_ACCURACY) / (n_labels - 1))
    np.fill_diagonal(rows, PRESUMED_ACCURACY)
    return rows
