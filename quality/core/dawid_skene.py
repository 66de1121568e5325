"""Which label is right, and who errs how: Dawid and Skene's model with shrunken workers."""

from dataclasses import dataclass
from typing import Self

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.gold import clamped, known_tasks
from quality.core.votes import Codes, Floats, Votes, by_task

# Before any vote a worker is taken to be right this often, whatever the label.
PRESUMED_ACCURACY = 0.7
# How many votes per row that presumption is worth against the votes of all workers together.
PRESUMED_VOTES = 50.0
# How many tasks an even spread of labels is worth.
EVEN_TASKS = 10.0
# Finer differences in a posterior are rounding errors, which EM would blow up in a perfect tie.
DECIMALS = 12


@dataclass(frozen=True, slots=True)
class Confusions:
    """How common each label is, and how workers mistake one for another.

    prior: (n_labels,), sums to 1
    pooled: (n_labels, n_labels), [true, said], of a worker not met yet; rows sum to 1
    confusion: (n_workers, n_labels, n_labels), [worker, true, said]; rows sum to 1
    """

    prior: Floats
    pooled: Floats
    confusion: Floats


class DawidSkene:
    """Posterior labels and worker confusions by expectation-maximisation, workers shrunk.

    A worker's confusion rows have a Dirichlet prior: the population's rows, worth `strength` votes
    each. Those are re-estimated every round until every posterior moves by less than `tol` (or half
    of max_rounds is spent), then held until that is so again (or max_rounds is spent).

    Source: Dawid & Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm", Applied Statistics 28(1), 20-28; Kim & Ghahramani (2012), "Bayesian Classifier
    Combination", AISTATS.

    Attributes, once fitted
    -----------------------
    posterior_ : (n_tasks, n_labels), rows sum to 1; the prior where nobody voted.
    model_ : Confusions; `infer` with it gives posterior_ again, except where gold is known.
    objective_ : log-likelihood plus log-prior in nats, one entry per round with the population's
        rows held; never falls. Tasks without votes do not count.
    rounds_, converged_ : all rounds run, and whether the last one moved less than tol.
    """

    posterior_: Floats
    model_: Confusions
    objective_: Floats
    rounds_: int
    converged_: bool

    def __init__(self, *, max_rounds: int = 300, tol: float = 1e-4, strength: float = 8.0) -> None:
        if max_rounds < 1 or strength <= 0:
            raise ValueError("max_rounds and strength must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.strength = strength

    def fit(self, votes: Votes, *, gold: Codes | None = None, start: Floats | None = None) -> Self:
        """Learn from votes; gold is (n_tasks,), -1 for unknown; start is a posterior to go on from.

        Raises ValueError for gold or start of another shape or out of bounds.
        """
        first = _start(votes) if start is None else _checked(start, votes)
        self._climb(_Ballots(votes, gold), clamped(first, gold))
        return self

    def _climb(self, ballots: "_Ballots", posterior: Floats) -> None:
        """M-step and E-step in turn, so that model_ and posterior_ end in step."""
        held, objective = False, []
        for round_number in range(1, self.max_rounds + 1):
            tallies = ballots.tallies(posterior)
            if not held:
                pooled = self._pooled(tallies)
            held = held or round_number > self.max_rounds // 2
            model = Confusions(ballots.prior(posterior), pooled, self._rows(tallies, pooled))
            previous = posterior
            posterior, evidence = ballots.posterior(model)
            self.converged_ = bool(np.abs(posterior - previous).max(initial=0.0) < self.tol)
            if held:
                objective.append(evidence + self._penalty(model))
            if held and self.converged_:
                break
            held = held or self.converged_
        self.posterior_, self.model_ = posterior, model
        self.objective_, self.rounds_ = np.array(objective), round_number

    def _rows(self, tallies: Floats, pooled: Floats) -> Floats:
        return _normalised(tallies + self.strength * pooled)

    def _pooled(self, tallies: Floats) -> Floats:
        """The population's rows; a worker with many votes weighs little more than one with some."""
        weights = self.strength / (tallies.sum(axis=2, keepdims=True) + self.strength)
        presumed = PRESUMED_VOTES * _presumed(tallies.shape[2])
        return _normalised((weights * tallies).sum(axis=0) + presumed)

    def _penalty(self, model: Confusions) -> float:
        rows = self.strength * (model.pooled * np.log(model.confusion)).sum()
        return float(rows + EVEN_TASKS / model.prior.size * np.log(model.prior).sum())


def infer(votes: Votes, model: Confusions) -> Floats:
    """The posterior of each task under a learned model, (n_tasks, n_labels).

    Worker codes are rows of model.confusion, which may be others than those it was learned from.
    Raises ValueError if the model is for another number of workers or labels.
    """
    if model.confusion.shape != (votes.n_workers, votes.n_labels, votes.n_labels):
        raise ValueError("the model must have one confusion per worker, over the votes' labels")
    return _Ballots(votes, None).posterior(model)[0]


class _Ballots:
    """The votes as a sparse matrix, tasks by (worker, said), for both steps of EM."""

    def __init__(self, votes: Votes, gold: Codes | None) -> None:
        self.votes = votes
        order = by_task(votes.task, votes.worker, votes.n_workers)
        columns = votes.worker[order].astype(np.int64) * votes.n_labels + votes.label[order]
        ends = np.cumsum(np.bincount(votes.task, minlength=votes.n_tasks))
        self.cast = sparse.csr_array(
            (np.ones(columns.size), columns, np.concatenate(([0], ends))),
            shape=(votes.n_tasks, votes.n_workers * votes.n_labels),
        )
        self.received = self.cast.T.tocsr()
        self.voted: NDArray[np.bool_] = np.diff(self.cast.indptr) > 0
        self.known, self.known_labels = known_tasks(gold, votes.n_tasks, votes.n_labels)

    def tallies(self, posterior: Floats) -> Floats:
        """Expected votes, (n_workers, n_labels, n_labels), [worker, true, said]."""
        votes = self.votes
        said_first = self.received @ posterior.round(DECIMALS)
        shape = (votes.n_workers, votes.n_labels, votes.n_labels)
        return np.asarray(said_first).reshape(shape).transpose(0, 2, 1)

    def prior(self, posterior: Floats) -> Floats:
        common = posterior[self.voted].round(DECIMALS).sum(axis=0)
        return _normalised(common + EVEN_TASKS / self.votes.n_labels)

    def posterior(self, model: Confusions) -> tuple[Floats, float]:
        """The posterior and the log-likelihood of the votes and the gold, in nats."""
        n_labels = self.votes.n_labels
        log_said = np.log(model.confusion).transpose(0, 2, 1).reshape(-1, n_labels)
        # One row per label: reducing over the long axis is several times faster than over K.
        joint = np.ascontiguousarray((self.cast @ log_said).T)
        joint += np.log(model.prior)[:, None]
        truth = joint[self.known_labels, self.known]
        joint[:, self.known] = -np.inf
        joint[self.known_labels, self.known] = truth
        peak = joint.max(axis=0)
        scaled = np.exp(joint - peak)
        total = scaled.sum(axis=0)
        evidence = float((peak + np.log(total))[self.voted].sum())
        return np.ascontiguousarray((scaled / total).T), evidence


def _start(votes: Votes) -> Floats:
    """Vote shares, with one further vote spread evenly."""
    return _normalised(votes.counts() + 1.0 / votes.n_labels)


def _checked(start: Floats, votes: Votes) -> Floats:
    if start.shape != (votes.n_tasks, votes.n_labels):
        raise ValueError("start must be (n_tasks, n_labels)")
    if (start < 0).any() or not np.allclose(start.sum(axis=1), 1.0):
        raise ValueError("each row of start must be a distribution")
    return start


def _presumed(n_labels: int) -> Floats:
    if n_labels == 1:
        return np.ones((1, 1))
    off_diagonal = (1.0 - PRESUMED_ACCURACY) / (n_labels - 1)
    rows = np.full((n_labels, n_labels), off_diagonal)
    np.fill_diagonal(rows, PRESUMED_ACCURACY)
    return rows


def _normalised(weights: Floats) -> Floats:
    """Scale the last axis to sum to 1."""
    return weights / weights.sum(axis=-1, keepdims=True)
