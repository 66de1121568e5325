"""Where the truth of each task lies, under a learned model of the workers."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.numbers.votes import NumberVotes, checked_gold
from quality.core.votes import Floats

# How many answers the other tasks are worth when judging how hard this one is.
TYPICAL_ANSWERS = 8.0
# Truths far from the others are hardly drawn to them: they have a t distribution of this freedom.
TRUTH_FREEDOM = 30.0
LEVEL = 0.95
# Rounds end when no truth moves by this share of a typical error.
STILL = 1e-8
MAX_ROUNDS = 100


@dataclass(frozen=True, slots=True)
class NumberModel:
    """answer = truth + bias + (slope - 1) (truth - centre) + scale times a Student t error.

    centre, spread: of the truths, which are Student t about the centre
    freedom: degrees of freedom of the errors; inf for normal ones
    typical: the scale of a worker not met yet, whose bias is 0 and slope 1
    shared: standard deviation of the error that all answers to a task have in common
    shared_freedom: how many tasks with known truth that is worth
    bias, slope, scale: (n_workers,); bias and scale in the values' unit
    """

    centre: float
    spread: float
    freedom: float
    typical: float
    shared: float
    shared_freedom: float
    bias: Floats
    slope: Floats
    scale: Floats


@dataclass(frozen=True, slots=True)
class NumberConsensus:
    """A Student t distribution of each task's truth; nan for a task without votes or gold.

    value: (n_tasks,), its centre, between the least and the greatest answer; gold where known
    interval: (n_tasks, 2), central 95 % credible interval
    spread, freedom: (n_tasks,), its scale, in the values' unit, and its degrees of freedom
    own_spread, own_freedom: (n_tasks,), the same if the answers to a task shared no error: what
        more answers can still narrow
    """

    value: Floats
    interval: Floats
    spread: Floats
    freedom: Floats
    own_spread: Floats
    own_freedom: Floats


def infer(votes: NumberVotes, model: NumberModel, *, gold: Floats | None = None) -> NumberConsensus:
    """Where each task's truth lies under a learned model.

    Worker codes index the model's arrays, which may be other workers' than it was learned from.
    gold: (n_tasks,), nan for unknown
    Raises ValueError if the model is for another number of workers, or gold for other tasks.
    """
    if not model.bias.shape == model.slope.shape == model.scale.shape == (votes.n_workers,):
        raise ValueError("the model must have one bias, slope and scale per worker")
    known = checked_gold(gold, votes)
    votes = votes.sorted()
    truth, variance = located(votes, model)
    value = np.where(np.isnan(known), between_answers(votes, truth), known)
    own, own_freedom = _own(votes, model, truth, variance)
    own = np.where(np.isnan(known), own, 0.0)
    shared = np.where(np.isnan(known), model.shared**2, 0.0)
    spread = np.sqrt(own + shared)
    freedom = _joined_freedom(own, own_freedom, shared, model.shared_freedom)
    reach = np.where(spread > 0, special.stdtrit(freedom, 0.5 + LEVEL / 2) * spread, spread)
    interval = np.stack([value - reach, value + reach], axis=1)
    return NumberConsensus(value, interval, spread, freedom, np.sqrt(own), own_freedom)


def within(consensus: NumberConsensus, tolerance: float) -> Floats:
    """The probability that the truth is at most `tolerance` from the value, (n_tasks,)."""
    return _inside(consensus.spread, consensus.freedom, tolerance)


def settled_within(consensus: NumberConsensus, tolerance: float) -> Floats:
    """The same if the answers to a task shared no error, (n_tasks,): when to stop asking."""
    return _inside(consensus.own_spread, consensus.own_freedom, tolerance)


def located(
    votes: NumberVotes, model: NumberModel, *, max_rounds: int = MAX_ROUNDS
) -> tuple[Floats, Floats]:
    """The truths and their variances, (n_tasks,) each, by reweighted least squares from medians.

    Source: Lange, Little & Taylor (1989), "Robust Statistical Modeling Using the t Distribution",
    Journal of the American Statistical Association 84(408), 881-896.
    """
    truth, variance = medians(votes, model.centre), np.full(votes.n_tasks, model.spread**2)
    for _ in range(max_rounds):
        before = truth
        truth, variance = reweighted(votes, model, truth, variance)
        if np.abs(truth - before).max(initial=0.0) <= STILL * model.typical:
            break
    return truth, variance


def reweighted(
    votes: NumberVotes, model: NumberModel, truth: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """One round: answers, and truths, far out for their scale count for less."""
    slope, scale = model.slope[votes.worker], model.scale[votes.worker]
    weight = heard(votes, model, truth, variance) / scale**2
    apart = ((truth - model.centre) ** 2 + variance) / model.spread**2
    prior = trust(TRUTH_FREEDOM, apart) / model.spread**2
    plain = votes.value - model.bias[votes.worker] + (slope - 1.0) * model.centre
    precision = votes.by_task(weight * slope**2) + prior
    return (votes.by_task(weight * slope * plain) + prior * model.centre) / precision, 1 / precision


def heard(votes: NumberVotes, model: NumberModel, truth: Floats, variance: Floats) -> Floats:
    """The weight of each answer among its worker's, (n_votes,): less if far out for its scale."""
    if np.isinf(model.freedom):
        return np.ones(votes.value.size)
    return trust(model.freedom, misfit(votes, model, truth, variance))


def misfit(votes: NumberVotes, model: NumberModel, truth: Floats, variance: Floats) -> Floats:
    """The expected squared error of each answer in units of its worker's scale, (n_votes,)."""
    slope = model.slope[votes.worker]
    apart = truth[votes.task] - model.centre
    error = votes.value - model.centre - model.bias[votes.worker] - slope * apart
    return (error**2 + slope**2 * variance[votes.task]) / model.scale[votes.worker] ** 2


def trust(freedom: float, misfits: Floats) -> Floats:
    """The weight of an error under a Student t distribution; 1 under a normal one."""
    if np.isinf(freedom):
        return np.ones_like(misfits)
    return (freedom + 1.0) / (freedom + misfits)


def medians(votes: NumberVotes, empty: float) -> Floats:
    """The median answer of each task, (n_tasks,), or what is given for a task without any."""
    order = np.lexsort((votes.value, votes.task))
    value = np.append(votes.value[order], empty)
    n_answers = votes.n_answers
    first = np.cumsum(n_answers) - n_answers
    low, high = first + (n_answers - 1) // 2, first + n_answers // 2
    middle = (value[np.maximum(low, 0)] + value[high]) / 2
    return np.where(n_answers > 0, middle, empty)


def between_answers(votes: NumberVotes, truth: Floats) -> Floats:
    """The truths, moved to the nearest of a task's answers if outside; nan without answers."""
    low, high = np.full(votes.n_tasks, np.nan), np.full(votes.n_tasks, np.nan)
    np.fmin.at(low, votes.task, votes.value)
    np.fmax.at(high, votes.task, votes.value)
    return np.clip(truth, low, high)


def _own(
    votes: NumberVotes, model: NumberModel, truth: Floats, variance: Floats
) -> tuple[Floats, Floats]:
    """The variance of each task's truth, no error being shared, and its degrees of freedom."""
    misfits = misfit(votes, model, truth, np.zeros_like(variance))
    misfits *= trust(model.freedom, misfits)
    freedom = TYPICAL_ANSWERS + np.maximum(votes.n_answers - 1.0, 0.0)
    difficulty = (TYPICAL_ANSWERS + votes.by_task(misfits)) / freedom
    # Weighted squares overstate what answers with heavy tails tell of their centre.
    tails = 1.0 if np.isinf(model.freedom) else (model.freedom + 3.0) / (model.freedom + 1.0)
    own = np.where(votes.n_answers > 0, variance * difficulty * tails, np.nan)
    return own, np.where(votes.n_answers > 0, freedom, np.nan)


def _joined_freedom(
    own: Floats, own_freedom: Floats, shared: Floats, shared_freedom: float
) -> Floats:
    """Of a sum of two variances, after Welch (1947), "The Generalization of Student's Problem"."""
    doubt = own**2 / own_freedom + shared**2 / shared_freedom
    certain = doubt <= 0
    return np.where(certain, own_freedom, (own + shared) ** 2 / np.where(certain, 1.0, doubt))


def _inside(spread: Floats, freedom: Floats, tolerance: float) -> Floats:
    certain = spread == 0
    reach = tolerance / np.where(certain, 1.0, spread)
    return np.where(certain, 1.0, 2.0 * special.stdtr(freedom, reach) - 1.0)
