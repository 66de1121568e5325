"""Dawid and Skene's model with workers drawn to their own accuracy and to everybody's mistakes."""

from quality.core.categorical.aggregator import logs
from quality.core.categorical.engine.rates import Rates, RowCounts, RowRates
from quality.core.categorical.resembling.kind import Kind, Pool, drawn_rows
from quality.core.votes import Floats


class Hierarchical(Kind):
    """Hierarchical Bayesian Dawid-Skene with leave-one-task-out counts.

    A worker's confusion rows have a Dirichlet prior whose mean is right with the worker's own
    accuracy and wrong as all workers are; accuracies have a Beta prior. A task is judged by rates
    that its own votes did not teach (a collapsed update of order zero). The class prior is the
    share of each label among the votes.

    Source: Kim & Ghahramani (2012), "Bayesian Classifier Combination", AISTATS; the update after
    Asuncion, Welling, Smyth & Teh (2009), "On Smoothing and Inference for Topic Models", UAI.
    """

    def log_prior(self, pool: Pool) -> Floats:
        """The share of each label among the votes."""
        return logs(pool.marginal)

    def means(self, pool: Pool, counts: RowCounts) -> Floats:
        """Right with the own accuracy, wrong as all are."""
        accuracy = pool.accuracies(counts)[counts.place]
        return drawn_rows(accuracy, pool.mistakes, counts.label)

    def rates(self, pool: Pool, counts: RowCounts, *, may_lack: bool = False) -> Rates:
        """The own rows, drawn to these means."""
        pseudo = pool.strength * self.means(pool, counts)
        return RowRates(counts, pseudo, pool.strength, may_lack=may_lack)
