"""Workers whose answers tell hardly more than the labels' shares do: spammers of any kind."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.core.fraud.ability import GRID, Answers, answers_to, population
from quality.core.fraud.questions import BUDGETS, Budgets, Question
from quality.core.votes import Codes, Floats

# A worker's mean is drawn to that of all workers as if by so many answers more.
PSEUDO_ANSWERS = 3.0
# Smaller than this in size a skewness is none.
STRAIGHT = 1e-3
# Where answers cannot tell anything their sum has no variance; it is taken for this.
LEAST_VARIANCE = 1e-12
Z_95 = 1.959964


@dataclass(frozen=True, slots=True)
class Information:
    """What each worker's answers tell; every array is (n_workers,) but the interval.

    score: higher is worse; the mean gain drawn to that of all, in nats, negated
    p_value: how often an honest worker with the same tasks tells as little; 1 without answers
    is_flagged: whether that is within the budget
    n: answers
    gain: the mean of log(probability of the answer as all workers give them / its label's share),
        the task's truth being known from its other votes only, in nats; nan without answers
    gain_interval: (n_workers, 2) a 95 % interval of that mean; nan with fewer than two answers
    """

    score: Floats
    p_value: Floats
    is_flagged: NDArray[np.bool_]
    n: Codes
    gain: Floats
    gain_interval: Floats


def low_information(questions: Sequence[Question], budgets: Budgets = BUDGETS) -> Information:
    """Judge workers by what their answers tell of the tasks that others know.

    The p-value is that of the sum of gains under the abilities of the crowd's honest workers, on
    the worker's own tasks, by a gamma distribution of the same three moments. Raises ValueError
    for questions that do not fit each other.
    """
    answers = answers_to(questions, with_moments=True)
    n = np.diff(answers.starts)
    gains = answers.gains
    total = np.bincount(answers.worker, gains, minlength=n.size).astype(np.float64)
    squares = np.bincount(answers.worker, gains**2, minlength=n.size)
    overall = gains.mean() if gains.size else 0.0
    p_value = _p_values(answers, total, n)
    mean = total / np.where(n, n, np.nan)
    spread = np.sqrt(np.maximum(squares - total * mean, 0.0) / np.where(n > 1, n - 1.0, np.nan))
    half = Z_95 * spread / np.sqrt(np.maximum(n, 1))
    return Information(
        score=-(total + PSEUDO_ANSWERS * overall) / (n + PSEUDO_ANSWERS),
        p_value=p_value,
        is_flagged=p_value <= budgets.low_information,
        n=n,
        gain=mean,
        gain_interval=np.stack([mean - half, mean + half], axis=1),
    )


def summed_likelihoods(answers: Answers) -> Floats:
    """The log-likelihood of each worker's answers for each ability, (n_workers, n_grid)."""
    n_workers = answers.starts.size - 1
    told = np.empty((n_workers, GRID.size))
    for at, column in enumerate(answers.log_likelihoods(slice(None)).T):
        told[:, at] = np.bincount(answers.worker, column, minlength=n_workers)
    return told


def _p_values(answers: Answers, total: Floats, n: Codes) -> Floats:
    if answers.moments is None or not n.any():
        return np.ones(n.size)
    # Nobody is measured by a crowd that they themselves make less able.
    shares = population(summed_likelihoods(answers), n).without * answers.is_honest
    shares /= shares.sum(axis=1, keepdims=True)
    mean, variance, third = np.moveaxis(answers.moments, 2, 0)
    spread = np.sqrt(np.maximum(variance, LEAST_VARIANCE))
    below = lower_tail((total[:, None] - mean) / spread, third / spread**3)
    return np.where(n > 0, (below * shares).sum(axis=1), 1.0)


def lower_tail(z: Floats, skewness: Floats) -> Floats:
    """How often a standardised gamma variable of this skewness is at most z."""
    size = np.maximum(np.abs(skewness), STRAIGHT)
    shape = 4.0 / size**2
    left = special.gammaincc(shape, np.maximum(shape - z * np.sqrt(shape), 0.0))
    right = special.gammainc(shape, np.maximum(shape + z * np.sqrt(shape), 0.0))
    return np.where(skewness < 0, left, right)
