"""Models whose workers resemble each other, fitted without a task's own part in its rates."""

from abc import abstractmethod
from dataclasses import dataclass
from functools import cached_property

import numpy as np

from quality.core.categorical.aggregator import Aggregator, logs
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.errors import PRESUMED_ACCURACY, PRESUMED_VOTES, pooled
from quality.core.categorical.engine.leave_out import left_out
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import Rates, RowCounts, row_counts
from quality.core.categorical.engine.strength import beta_strength, dirichlet_strength
from quality.core.categorical.engine.tempering import predictive
from quality.core.votes import Codes, Floats

STARTING_STRENGTH = 8.0
# One mistake is presumed for each truth, spread as the labels are.
PRESUMED_MISTAKES = 1.0
# So many votes are presumed, spread over all labels: a few equal votes make no label the rule.
PRESUMED_GIVEN = 10.0


@dataclass(frozen=True, slots=True)
class Pool:
    """What all workers share.

    given: (n_labels,) the votes of each label
    votes: (n_labels, n_labels) expected votes, [true, said]
    accuracy: the share of right votes
    spread: how many votes that share is worth in a worker's own accuracy
    strength: how many votes the prior rows are worth in a worker's own
    """

    given: Floats
    votes: Floats
    accuracy: float
    spread: float
    strength: float

    @property
    def marginal(self) -> Floats:
        """The share of each label among the votes and those presumed, (n_labels,)."""
        shares = self.given + PRESUMED_GIVEN / max(self.given.size, 1)
        return np.asarray(shares / (self.given.sum() + PRESUMED_GIVEN))

    @property
    def mistakes(self) -> Floats:
        """The probability of each label, if wrong, given each truth, (n_labels, n_labels)."""
        n_labels = self.given.size
        if n_labels == 1:
            return np.ones((1, 1))
        wrong, even = self.votes.copy(), np.tile(self.marginal, (n_labels, 1))
        np.fill_diagonal(wrong, 0.0)
        np.fill_diagonal(even, 0.0)
        wrong += PRESUMED_MISTAKES * even / even.sum(axis=1, keepdims=True)
        return np.asarray(wrong / wrong.sum(axis=1, keepdims=True))

    def accuracies(self, counts: RowCounts) -> Floats:
        """The workers' own, drawn to the shared one, (n_places,)."""
        right = counts.right + self.spread * self.accuracy
        return np.asarray(right / (counts.n_votes + self.spread))


class Kind(Aggregator):
    """One model of how workers resemble each other.

    The strengths of the resemblance are learned from all workers in the first rounds, by one step
    towards their likeliest value in each, and held from then on.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    n_learning : how many of the rounds learn the strengths.

    Attributes, once fitted
    -----------------------
    pool_ : Pool, what all workers share.
    """

    pool_: Pool

    def __init__(self, *, max_rounds: int = 200, tol: float = 1e-6, n_learning: int = 10) -> None:
        if max_rounds < 1 or n_learning < 1:
            raise ValueError("max_rounds and n_learning must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.n_learning = n_learning

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        self.pool_ = Pool(panel.given(), np.zeros(0), 0.0, STARTING_STRENGTH, STARTING_STRENGTH)
        self.log_prior_ = self.log_prior(self.pool_) if panel.prior is None else logs(panel.prior)

        def learning(posterior: Floats) -> tuple[Floats, None]:
            counts = row_counts(panel, posterior)
            self.pool_ = self._learned(_shared(panel, counts, self.pool_), counts)
            return left_out(panel, self.rates(self.pool_, counts), posterior, self.log_prior_), None

        def held(posterior: Floats) -> tuple[Floats, None]:
            rates = self.rates_of(panel, posterior)
            return left_out(panel, rates, posterior, self.log_prior_), None

        n_learning = min(self.n_learning, self.max_rounds)
        warm = climb(learning, first, max_rounds=n_learning, tol=0.0, accelerate=False)
        rest = max(self.max_rounds - warm.rounds, 1)
        summit = climb(held, warm.posterior, max_rounds=rest, tol=self.tol)
        self.pool_ = _shared(panel, row_counts(panel, summit.posterior), self.pool_)
        return Summit(summit.posterior, [], warm.rounds + summit.rounds, summit.converged)

    @cached_property
    def loo_(self) -> float:
        """See Aggregator."""
        rates = self.rates_of(self.panel_, self.voted_)
        return float(predictive(self.panel_, rates, self.voted_, self.log_prior_, (0.0,))[0])

    def rates_of(self, panel: Panel, posterior: Floats) -> Rates:
        """How likely each vote is under what the posterior makes of all of them."""
        counts = row_counts(panel, posterior)
        return self.rates(_shared(panel, counts, self.pool_), counts)

    @abstractmethod
    def log_prior(self, pool: Pool) -> Floats:
        """Of the labels, (n_labels,)."""

    @abstractmethod
    def rates(self, pool: Pool, counts: RowCounts, *, may_lack: bool = False) -> Rates:
        """How likely workers with these votes say what they said.

        may_lack: whether a task judged may not have taught them yet all that it would now
        """

    @abstractmethod
    def means(self, pool: Pool, counts: RowCounts) -> Floats:
        """What each row is drawn to, (n_rows, n_labels)."""

    def _learned(self, pool: Pool, counts: RowCounts) -> Pool:
        spread = beta_strength(counts.right, counts.n_votes, pool.accuracy, pool.spread)
        pool = Pool(pool.given, pool.votes, pool.accuracy, spread, pool.strength)
        means = self.means(pool, counts)
        strength = dirichlet_strength(counts.votes, means, counts.totals, pool.strength)
        return Pool(pool.given, pool.votes, pool.accuracy, spread, strength)


def drawn_rows(accuracy: Floats, mistakes: Floats, label: Codes) -> Floats:
    """The probability of each row if its worker is right so often and errs as all do.

    accuracy: (n_rows,) of the row's worker; label: (n_rows,) what was said
    """
    means = (1.0 - accuracy)[:, None] * mistakes[:, label].T
    means[np.arange(label.size), label] = accuracy
    return means


def _shared(panel: Panel, counts: RowCounts, before: Pool) -> Pool:
    right = counts.right.sum() + PRESUMED_VOTES * PRESUMED_ACCURACY
    accuracy = float(right / (counts.totals.sum() + PRESUMED_VOTES))
    votes = pooled(panel, counts.votes)
    return Pool(before.given, votes, accuracy, before.spread, before.strength)
