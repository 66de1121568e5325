"""The aggregator that Concord uses unless told otherwise: four models, tempered and averaged."""

from functools import cached_property

import numpy as np

from quality.core.categorical.aggregator import Aggregator
from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.tempering import best_correlation, predictive, tempered
from quality.core.categorical.resembling.hierarchical import Hierarchical
from quality.core.categorical.resembling.kind import Kind
from quality.core.categorical.resembling.population import Population
from quality.core.categorical.resembling.shared_error import SharedError
from quality.core.categorical.voting.majority import vote
from quality.core.votes import Floats

KINDS: tuple[type[Kind], ...] = (Hierarchical, SharedError, Population)
SMOOTHING = 0.5


class Default(Aggregator):
    """The mean of Hierarchical, SharedError, Population, each tempered, and a smoothed vote.

    Votes on one task err together more than the models assume. How much so is learned without any
    truth: a posterior is raised to the power under which a task's votes predict each other best.
    The mean of models that fail differently has no confident disasters.

    Parameters
    ----------
    max_rounds, tol : of each model; see there.

    Attributes, once fitted
    -----------------------
    stop_posterior_ : (n_tasks, n_labels), of Hierarchical, untempered: whether more votes would
        change the label, not how sure it is.
    members_ : the fitted models.
    correlations_ : by how much each was tempered, (n_members,); 0 for not at all.
    loo_ : that of Hierarchical, tempered.
    """

    stop_posterior_: Floats
    members_: tuple[Kind, ...]
    correlations_: Floats

    def __init__(self, *, max_rounds: int = 200, tol: float = 1e-6) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be positive")
        self.max_rounds = max_rounds
        self.tol = tol

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        total = panel.clamped(vote(panel, SMOOTHING))
        members, correlations, predicted = [], [], []
        for kind in KINDS:
            member = kind(max_rounds=self.max_rounds, tol=self.tol)
            posterior = member.fit_panel(panel, first)
            rates = member.rates_of(panel, posterior)
            told = predictive(panel, rates, posterior, member.log_prior_)
            correlation = best_correlation(told)
            total += tempered(panel, posterior, correlation)
            members.append(member)
            correlations.append(correlation)
            predicted.append(float(told.max()))
        self.members_, self.correlations_ = tuple(members), np.array(correlations)
        self._predicted = predicted[0]
        self.log_prior_ = members[0].log_prior_
        self.stop_posterior_ = members[0].posterior_
        rounds = sum(member.rounds_ for member in members)
        total /= total.sum(axis=0)
        return Summit(total, [], rounds, all(member.converged_ for member in members))

    @cached_property
    def loo_(self) -> float:
        """See the class."""
        return self._predicted
