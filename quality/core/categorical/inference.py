"""New votes judged by what an earlier fit learned, without a fit."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse

from quality.core.categorical.aggregator import logs
from quality.core.categorical.default import KINDS, SMOOTHING, Default
from quality.core.categorical.engine.climb import climb
from quality.core.categorical.engine.leave_out import left_out
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.engine.rates import RowCounts
from quality.core.categorical.engine.tempering import tempered
from quality.core.categorical.resembling.kind import Kind, Pool
from quality.core.categorical.voting.majority import vote
from quality.core.votes import Codes, Floats, Votes

MAX_ROUNDS, TOL = 50, 1e-6
# Fewer expected votes than this are not kept.
NEGLIGIBLE = 1e-6


@dataclass(frozen=True, slots=True)
class Learned:
    """What one model of Default learned; its labels are those that somebody gave.

    pool: Pool, what all workers share
    votes: (n_workers * n_labels, n_labels) expected votes, [worker and label said, true label]
    correlation: by how much its posterior is tempered
    """

    pool: Pool
    votes: sparse.csr_array
    correlation: float


@dataclass(frozen=True, slots=True)
class Model:
    """What a fit of Default learned.

    labels: (n_labels,) the declared codes of its labels
    n_declared, n_workers: of the votes it was fitted to
    members: Learned, one for each of Default's models
    """

    labels: Codes
    n_declared: int
    n_workers: int
    members: tuple[Learned, ...]


@dataclass(frozen=True, slots=True)
class Inference:
    """posterior and stop_posterior as Default has them, (n_tasks, n_labels)."""

    posterior: Floats
    stop_posterior: Floats


def model_of(fitted: Default) -> Model:
    """What a fitted Default knows, to judge further votes by."""
    panel = fitted.panel_
    members = tuple(
        _learned(panel, member, float(correlation))
        for member, correlation in zip(fitted.members_, fitted.correlations_, strict=True)
    )
    return Model(panel.seen, panel.n_declared, panel.n_workers, members)


def infer(
    votes: Votes, model: Model, *, gold: Codes | None = None, prior: Floats | None = None
) -> Inference:
    """Judge tasks by the votes on them, as the fit would have with the same workers.

    Worker codes are those of the model; a code beyond them is a worker not met yet. A task that
    the fit saw is judged without its own part in what the fit learned. For the fit's own votes,
    gold and prior this is the fit's posterior again, but for the few tasks where more than one
    answer is consistent with itself. Raises ValueError for another number of labels.
    """
    if votes.n_labels != model.n_declared:
        raise ValueError("the model must be over the labels of the votes")
    panel = Panel(votes, gold=gold, prior=prior, seen=model.labels)
    total = panel.clamped(vote(panel, SMOOTHING))
    stop, log_prior = total, np.zeros(0)
    for number, (kind, learned) in enumerate(zip(KINDS, model.members, strict=True)):
        posterior, own_prior = _judged(panel, kind(), model, learned)
        total = total + tempered(panel, posterior, learned.correlation)
        if number == 0:
            stop, log_prior = posterior, own_prior
    total /= total.sum(axis=0)
    return Inference(
        panel.expanded(total, log_prior),
        panel.expanded(stop, log_prior),
    )


def _learned(panel: Panel, member: Kind, correlation: float) -> Learned:
    # The last label stands for all that nobody gave: no vote says it, and hardly any means it.
    n_seen = panel.seen.size
    counts = panel.tallies(member.voted_)[:, :n_seen]
    people = panel.row_worker < panel.n_workers
    kept = sparse.csr_array(np.where(counts[people] > NEGLIGIBLE, counts[people], 0.0))
    row = panel.row_worker[people] * n_seen + panel.row_label[people]
    placed = sparse.csr_array(
        (np.ones(row.size), (row, np.arange(row.size))),
        shape=(panel.n_workers * n_seen, row.size),
    )
    pool = member.pool_
    pool = Pool(
        pool.given[:n_seen],
        pool.votes[:n_seen, :n_seen],
        pool.accuracy,
        pool.spread,
        pool.strength,
    )
    return Learned(pool, (placed @ kept).tocsr(), correlation)


def _judged(panel: Panel, kind: Kind, model: Model, learned: Learned) -> tuple[Floats, Floats]:
    at = panel.code_of[model.labels]
    pool = widened(learned.pool, at, panel.n_labels)
    log_prior = kind.log_prior(pool) if panel.prior is None else logs(panel.prior)
    rates = kind.rates(pool, _counts(panel, model, learned, at), may_lack=True)

    def step(posterior: Floats) -> tuple[Floats, None]:
        return left_out(panel, rates, posterior, log_prior), None

    first = panel.clamped(vote(panel, SMOOTHING))
    summit = climb(step, first, max_rounds=MAX_ROUNDS, tol=TOL, accelerate=False)
    return summit.posterior, log_prior


def widened(pool: Pool, at: Codes, n_labels: int) -> Pool:
    """The pool over more labels, its own being those at these codes."""
    given = np.zeros(n_labels)
    given[at] = pool.given
    votes = np.zeros((n_labels, n_labels))
    votes[np.ix_(at, at)] = pool.votes
    return Pool(given, votes, pool.accuracy, pool.spread, pool.strength)


def _counts(panel: Panel, model: Model, learned: Learned, at: Codes) -> RowCounts:
    """What the model knows of the panel's workers, in the panel's labels."""
    of_all, hits = worker_sums(model, learned)
    known = panel.present < model.n_workers
    totals = np.zeros((panel.present.size, panel.n_labels))
    right = np.zeros(panel.present.size)
    totals[np.ix_(known, at)] = of_all[panel.present[known]]
    right[known] = hits[panel.present[known]]
    return RowCounts(
        _row_votes(panel, model, learned, at), panel.row_label, panel.row_place, totals, right
    )


def confusions(model: Model) -> Floats:
    """How each worker errs, under the hierarchical model, [worker, true, said]; rows sum to 1.

    The last is a worker not met yet; labels are the model's.
    """
    n_labels = model.labels.size
    told = np.exp(all_rates(KINDS[0](), model, model.members[0], n_labels))
    rows = told.reshape(model.n_workers + 1, n_labels, n_labels).transpose(0, 2, 1)
    return np.asarray(rows / rows.sum(axis=2, keepdims=True))


def all_rates(kind: Kind, model: Model, learned: Learned, n_labels: int) -> Floats:
    """Log probabilities of whatever a worker may say, [(worker, said), true]; last a newcomer.

    n_labels: at least the model's; one more stands for all labels that nobody gave
    """
    n_seen, n_workers = model.labels.size, model.n_workers
    pool = widened(learned.pool, np.arange(n_seen), n_labels)
    votes = np.zeros((n_workers + 1, n_labels, n_labels))
    totals, right = np.zeros((n_workers + 1, n_labels)), np.zeros(n_workers + 1)
    told = learned.votes.toarray().reshape(n_workers, n_seen, n_seen)
    votes[:n_workers, :n_seen, :n_seen] = told
    totals[:n_workers, :n_seen], right[:n_workers] = worker_sums(model, learned)
    place, label = np.divmod(np.arange((n_workers + 1) * n_labels), n_labels)
    counts = RowCounts(votes.reshape(-1, n_labels), label, place, totals, right)
    return np.ascontiguousarray(kind.rates(pool, counts).whole().T)


def worker_sums(model: Model, learned: Learned) -> tuple[Floats, Floats]:
    """Each worker's expected votes by true label, (n_workers, n_labels), and those right."""
    n_labels, cells = model.labels.size, learned.votes.tocoo()
    worker, said = np.divmod(cells.row, max(n_labels, 1))
    data = cells.data.astype(np.float64)
    by_truth = np.zeros(model.n_workers * n_labels)
    np.add.at(by_truth, worker * n_labels + cells.col, data)
    right = np.zeros(model.n_workers)
    np.add.at(right, worker, np.where(said == cells.col, data, 0.0))
    return by_truth.reshape(model.n_workers, n_labels), right


def _row_votes(panel: Panel, model: Model, learned: Learned, at: Codes) -> Floats:
    position = np.full(panel.n_labels, -1)
    position[at] = np.arange(at.size)
    said = position[panel.row_label]
    met = np.flatnonzero((panel.row_worker < model.n_workers) & (said >= 0))
    votes = np.zeros((panel.n_rows, panel.n_labels))
    if met.size:
        rows = panel.row_worker[met] * model.labels.size + said[met]
        votes[np.ix_(met, at)] = learned.votes[rows].toarray()
    return votes
