"""Dawid and Skene's model with workers drawn to the confusion of all, by plain EM."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, logs
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.errors import pooled, presumed_rows
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import RowCounts, row_counts
from quality.core.votes import Floats

# How many votes per row the presumed accuracy is worth against all workers together.
PRESUMED_VOTES = 50.0
# How many tasks an even spread of labels is worth.
EVEN_TASKS = 10.0


class ShrunkenDawidSkene(Aggregator):
    """Dirichlet priors of a fixed strength, the population's rows their mean; no part left out.

    It was Concord's first aggregator, and is kept as the yardstick of the present one. As the
    population's rows move with the rounds, no objective is climbed.

    Parameters
    ----------
    strength : how many votes the population's rows are worth in a worker's own.
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.

    Source: Kim & Ghahramani (2012), "Bayesian Classifier Combination", AISTATS.
    """

    def __init__(self, *, strength: float = 8.0, max_rounds: int = 300, tol: float = 1e-4) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.strength = strength
        self.max_rounds = max_rounds
        self.tol = tol

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        def step(posterior: Floats) -> tuple[Floats, None]:
            common = posterior.sum(axis=1) + EVEN_TASKS / panel.n_labels
            self.log_prior_ = logs(common / common.sum() if panel.prior is None else panel.prior)
            return panel.posterior(self._table(panel, posterior), self.log_prior_)[0], None

        return climb(step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=False)

    def _table(self, panel: Panel, posterior: Floats) -> Floats:
        counts = row_counts(panel, posterior)
        over = counts.votes + self.strength * self._rows(panel, counts)[:, counts.label].T
        return np.log(over / (counts.totals + self.strength)[counts.place])

    def _rows(self, panel: Panel, counts: RowCounts) -> Floats:
        """The population's; a worker with many votes weighs little more than one with some."""
        weight = self.strength / (counts.totals + self.strength)
        votes = pooled(panel, counts.votes * weight[counts.place])
        votes = votes + PRESUMED_VOTES * presumed_rows(panel.n_labels)
        return np.asarray(votes / votes.sum(axis=1, keepdims=True))
