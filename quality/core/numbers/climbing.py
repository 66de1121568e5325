"""One round of learning how workers measure, from what is believed of the truths."""

from dataclasses import replace

import numpy as np

from quality.core.categorical.engine.grid import on_grid
from quality.core.numbers.consensus import (
    TRUTH_FREEDOM,
    NumberModel,
    between_answers,
    heard,
    located,
    misfit,
    trust,
)
from quality.core.numbers.votes import NumberVotes
from quality.core.votes import Floats

# Answers to a task err together by more than the answers can show. Until gold shows how much,
# this correlation is presumed, with the weight of so many tasks of known truth.
PRESUMED_CORRELATION = 0.2
PRESUMED_TASKS = 4.0
# How many workers the first guesses of how workers differ are worth.
PRESUMED_WORKERS = 4.0
# Those guesses: variances of the bias, in squared units of a typical error, and of the slope.
BIASES, SLOPES = 0.1, 0.1
# No crowd is taken to compress the truth to less than this.
LEAST_SLOPE = 0.1


def first_model(votes: NumberVotes, freedom: float) -> NumberModel:
    """What is believed before anything is learned."""
    unit = _unit(votes.value)
    centre = float(np.median(votes.value)) if votes.value.size else 0.0
    still, even = np.zeros(votes.n_workers), np.ones(votes.n_workers)
    return NumberModel(centre, unit, freedom, unit, 0.0, 1.0, still, even, np.full_like(even, unit))


def first_differences(model: NumberModel) -> Floats:
    """Variances of bias and slope among workers before anything is learned, (2,)."""
    return np.array([BIASES * model.typical**2, SLOPES])


def gridded(numbers: Floats, unit: float) -> Floats:
    """The numbers on a grid far finer than the unit: what is left by rounding becomes nothing.

    Or rounding would decide where answers cannot, as between tails when all answers are equal.
    """
    # A power of two, by which dividing is exact.
    scale = 2.0 ** np.rint(np.log2(unit))
    return on_grid(numbers / scale) * scale


def placed(
    votes: NumberVotes, model: NumberModel, truth: Floats, variance: Floats, unit: float
) -> NumberModel:
    """The model with the centre and spread of these truths."""
    answered = votes.n_answers > 0
    apart = (truth - model.centre) ** 2 + variance
    weight = trust(TRUTH_FREEDOM, apart / model.spread**2) * answered
    total = float(weight.sum())
    centre = float(weight @ truth) / total if total else model.centre
    squares = float(weight @ ((truth - centre) ** 2 + variance))
    spread = np.sqrt((squares + unit**2) / (answered.sum() + 1))
    return replace(model, centre=centre, spread=float(spread))


def aligned(
    votes: NumberVotes,
    model: NumberModel,
    truth: Floats,
    variance: Floats,
    varied: Floats,
    guess: Floats,
) -> tuple[NumberModel, Floats]:
    """The model with each worker's bias and slope, drawn to 0 and 1; and how these vary."""
    weight = heard(votes, model, truth, variance) / model.scale[votes.worker] ** 2
    apart, doubt = (truth - model.centre)[votes.task], variance[votes.task]
    beside = votes.value - truth[votes.task]
    crossed = votes.by_worker(weight * apart)
    normal = np.empty((votes.n_workers, 2, 2))
    normal[:, 0, 0] = votes.by_worker(weight) + 1.0 / varied[0]
    normal[:, 0, 1] = normal[:, 1, 0] = crossed
    normal[:, 1, 1] = votes.by_worker(weight * (apart**2 + doubt)) + 1.0 / varied[1]
    told = np.stack(
        [votes.by_worker(weight * beside), votes.by_worker(weight * (beside * apart - doubt))]
    ).T
    covariance = np.linalg.inv(normal)
    found = np.einsum("wij,wj->wi", covariance, told)
    squares = (found**2 + np.diagonal(covariance, axis1=1, axis2=2)).sum(axis=0)
    varied = (squares + PRESUMED_WORKERS * guess) / (votes.n_workers + PRESUMED_WORKERS)
    bias, slope = _in_common_unit(votes, model, found[:, 0], 1.0 + found[:, 1])
    return replace(model, bias=bias, slope=slope), varied


def scaled(
    votes: NumberVotes,
    model: NumberModel,
    truth: Floats,
    variance: Floats,
    *,
    strength: float,
    unit: float,
) -> NumberModel:
    """The model with each worker's scale, drawn to the typical one: their geometric mean."""
    misfits = misfit(votes, model, truth, variance)
    squares = trust(model.freedom, misfits) * misfits * model.scale[votes.worker] ** 2
    total, n = votes.by_worker(squares), votes.by_worker(np.ones_like(squares))
    drawn = (total + strength * model.typical**2) / (n + strength)
    mean = np.exp((n @ np.log(drawn) + np.log(unit**2)) / (n.sum() + 1.0))
    typical = max(float(mean), unit**2 / (n.sum() + 1.0))
    scale = np.sqrt((total + strength * typical) / (n + strength))
    return replace(model, typical=float(np.sqrt(typical)), scale=scale)


def with_shared_error(votes: NumberVotes, model: NumberModel, known: Floats) -> NumberModel:
    """The model with the error that answers to a task have in common, as gold shows it."""
    presumed = PRESUMED_CORRELATION / (1.0 - PRESUMED_CORRELATION) * model.typical**2
    truth, _ = located(votes, model)
    error = between_answers(votes, truth) - known
    shown = np.flatnonzero(~np.isnan(error))
    # What the answers' own errors add is left in: gold taught the workers, and comes out too near.
    squares = float((error[shown] ** 2).sum())
    freedom = PRESUMED_TASKS + shown.size
    shared = (PRESUMED_TASKS * presumed + squares) / freedom
    return replace(model, shared=float(np.sqrt(shared)), shared_freedom=freedom)


def moved(before: NumberModel, after: NumberModel) -> float:
    """By how much the workers differ between two rounds, relative to their scales."""
    return max(
        float(np.abs(np.log(after.scale / before.scale)).max(initial=0.0)),
        float(np.abs(after.slope - before.slope).max(initial=0.0)),
        float((np.abs(after.bias - before.bias) / after.scale).max(initial=0.0)),
    )


def _in_common_unit(
    votes: NumberVotes, model: NumberModel, bias: Floats, slope: Floats
) -> tuple[Floats, Floats]:
    """Biases of mean 0 over the answers, slopes of mean 1 by how their workers track the truth."""
    n = votes.by_worker(np.ones_like(votes.value))
    if not n.any():
        return bias, slope
    told = (slope * model.spread) ** 2
    tracking = n * np.sqrt(told / (told + model.scale**2))
    mean = max(float(tracking @ slope / max(tracking.sum(), LEAST_SLOPE)), LEAST_SLOPE)
    return bias - float(n @ bias / n.sum()), slope / mean


def _unit(value: Floats) -> float:
    """How large an error one would expect before seeing two answers on one task."""
    if not value.size:
        return 1.0
    middle = float(np.median(value))
    return float(np.abs(value - middle).mean()) or abs(middle) or 1.0
