"""Dawid and Skene's model with workers drawn to the confusion of all."""

from quality.core.categorical.aggregator import logs
from quality.core.categorical.engine.errors import population_rows
from quality.core.categorical.engine.rates import Rates, RowCounts, RowRates
from quality.core.categorical.resembling.kind import Kind, Pool
from quality.core.votes import Floats


class Population(Kind):
    """Bayesian Dawid-Skene whose Dirichlet priors have the population's rows as their mean.

    Otherwise as Hierarchical. Source: Kim & Ghahramani (2012), "Bayesian Classifier Combination",
    AISTATS; Venanzi, Guiver, Kazai, Kohli & Shokouhi (2014), "Community-Based Bayesian Aggregation
    Models for Crowdsourcing", WWW, with one community.
    """

    def log_prior(self, pool: Pool) -> Floats:
        """The share of each label among the votes."""
        return logs(pool.marginal)

    def means(self, pool: Pool, counts: RowCounts) -> Floats:
        """The rows of all workers together."""
        return population_rows(pool.votes)[:, counts.label].T

    def rates(self, pool: Pool, counts: RowCounts, *, may_lack: bool = False) -> Rates:
        """The own rows, drawn to these means."""
        pseudo = pool.strength * self.means(pool, counts)
        return RowRates(counts, pseudo, pool.strength, may_lack=may_lack)
