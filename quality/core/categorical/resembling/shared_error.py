"""Workers differ in how often they are right, not in how they err."""

import numpy as np

from quality.core.categorical.aggregator import logs
from quality.core.categorical.engine.rates import CoinRates, Rates, RowCounts
from quality.core.categorical.resembling.kind import Kind, Pool, drawn_rows
from quality.core.votes import Floats


class SharedError(Kind):
    """One accuracy per worker, and mistakes that all share, with leave-one-task-out counts.

    Accuracies have a Beta prior. The class prior goes half the way from an even one to the share
    of each label among the votes. Source: the hierarchy of Hierarchical without its own rows; one
    accuracy per worker after Zhang, Chen, Zhou & Jordan (2016), "Spectral Methods Meet EM".
    """

    def log_prior(self, pool: Pool) -> Floats:
        """The root of each label's share among the votes."""
        roots = np.sqrt(pool.marginal)
        return logs(roots / roots.sum())

    def means(self, pool: Pool, counts: RowCounts) -> Floats:
        """Right with the own accuracy, wrong as all are."""
        accuracy = pool.accuracies(counts)[counts.place]
        return drawn_rows(accuracy, pool.mistakes, counts.label)

    def rates(self, pool: Pool, counts: RowCounts, *, may_lack: bool = False) -> Rates:
        """Those means, without further rows."""
        right = pool.spread * pool.accuracy
        return CoinRates(counts, (right, pool.spread - right), pool.mistakes)
