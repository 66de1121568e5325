"""What every aggregator of labels takes and gives."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from functools import cached_property
from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.errors import Beliefs, WorkerErrors
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.predictions import Predictions
from quality.core.categorical.engine.rates import TableRates
from quality.core.categorical.engine.tempering import predictive
from quality.core.votes import Codes, Floats, Votes

# Probabilities closer than this are a tie.
TIE = 1e-9


class Aggregator(ABC):
    """Labels of tasks from the votes of workers.

    Attributes, once fitted
    -----------------------
    posterior_ : (n_tasks, n_labels), rows sum to 1; the class prior where nobody voted.
    ties_ : (n_tasks,) bool, whether several labels share the highest probability.
    workers_, models_ : WorkerErrors of all workers, and of the models whose predictions were given.
    loo_ : mean log probability of a vote given the others on its task and its worker's errors, in
        nats; nan if no task has two votes.
    rounds_, converged_ : how many rounds were run, and whether probabilities moved by less than
        tol in the last one, in the mean.
    log_prior_ : of the labels that somebody gave, and of the others as one, before any vote.
    objective_ : log-likelihood (with log-priors, if any) in nats after each round kept; never
        falls. Empty for aggregators that climb none. Tasks without votes do not count.
    panel_ : Panel, the votes as they were laid out.
    voted_ : (n_labels, n_voted), the posterior in the panel's labels and voted tasks.
    """

    posterior_: Floats
    ties_: NDArray[np.bool_]
    rounds_: int
    converged_: bool
    objective_: Floats
    log_prior_: Floats
    panel_: Panel
    voted_: Floats

    def fit(
        self,
        votes: Votes | Sequence[Votes],
        *,
        gold: Codes | None = None,
        prior: Floats | None = None,
        predictions: Predictions | None = None,
        start: Floats | None = None,
    ) -> Self:
        """Learn from votes, or from blocks of them as of Votes.split.

        gold: (n_tasks,) codes, -1 for unknown; wins over votes
        prior: (n_labels,) weights of the labels before any vote; estimated if not given
        start: (n_tasks, n_labels), a posterior to go on from

        Raises ValueError for arguments of another shape or out of bounds.
        """
        panel = Panel(votes, gold=gold, prior=prior, predictions=predictions)
        first = shares(panel) if start is None else panel.compressed(start)
        self.fit_panel(panel, panel.clamped(first))
        return self

    def fit_panel(self, panel: Panel, first: Floats) -> Floats:
        """Learn from a panel, which several aggregators may share.

        first and the returned posterior are those of the voted tasks, (n_labels, n_voted).
        """
        for name in ("workers_", "models_", "loo_", "_beliefs"):
            self.__dict__.pop(name, None)
        self.panel_ = panel
        summit = self._solve(panel, first)
        self.voted_ = summit.posterior
        self.posterior_ = panel.expanded(summit.posterior, self.log_prior_)
        self.ties_ = tied(self.posterior_)
        self.rounds_, self.converged_ = summit.rounds, summit.converged
        self.objective_ = np.array(summit.objective)
        return summit.posterior

    @cached_property
    def workers_(self) -> WorkerErrors:
        """Of all workers; for very many workers and labels ask errors_of for some."""
        return self.errors_of(np.arange(self.panel_.n_workers))

    @cached_property
    def models_(self) -> WorkerErrors:
        """Of the models whose predictions were given, in their order."""
        return self._beliefs.of(self.panel_.n_workers + np.arange(self.panel_.n_models))

    def errors_of(self, workers: Codes) -> WorkerErrors:
        """How these workers err. Raises ValueError where that is more than fits in memory."""
        return self._beliefs.of(workers)

    @cached_property
    def loo_(self) -> float:
        """See the class."""
        rates = TableRates(self._beliefs.table)
        return float(predictive(self.panel_, rates, self.voted_, self.log_prior_, (0.0,))[0])

    @abstractmethod
    def _solve(self, panel: Panel, first: Floats) -> Summit:
        """From a first posterior to the last; sets log_prior_."""

    @cached_property
    def _beliefs(self) -> Beliefs:
        return Beliefs(self.panel_, self.voted_)


def shares(panel: Panel, smoothing: float = 0.0) -> Floats:
    """The share of each label among a task's votes, (n_labels, n_voted)."""
    counted = panel.shares() + smoothing
    return np.asarray(counted / counted.sum(axis=0))


def tied(posterior: Floats) -> NDArray[np.bool_]:
    """Whether several labels share the highest probability of a row, (n_tasks,)."""
    highest = posterior.max(axis=1, keepdims=True)
    return np.asarray((posterior > highest - TIE).sum(axis=1) > 1)


def class_shares(panel: Panel, posterior: Floats, smoothing: float = 0.0) -> Floats:
    """Log of the share of each label among the voted tasks; the given prior, if there is one."""
    if panel.prior is not None:
        return logs(panel.prior)
    total = posterior.sum(axis=1) + smoothing / panel.n_labels
    return logs(total / (total.sum() or 1.0)) if panel.n_voted else even(panel)


def even(panel: Panel) -> Floats:
    """Log of an even class prior, over the declared labels; the given prior, if there is one."""
    if panel.prior is not None:
        return logs(panel.prior)
    weights = np.ones(panel.n_labels)
    if panel.unseen.size:
        weights[-1] = panel.unseen.size
    return logs(weights / weights.sum())


def logs(shares_of_labels: Floats) -> Floats:
    """Logarithms, never of less than 1e-10."""
    return np.log(np.maximum(shares_of_labels, 1e-10))
