"""Who answers faster than the tasks are answered: noted beside a suspicion, never one by itself."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.core.fraud.questions import BUDGETS, Budgets
from quality.core.votes import Codes, Floats, check_codes

# Fast is what is among this share of a task's answers.
FAST_SHARE = 0.05
# A task's median and spread are drawn to those of all as if by so many answers more.
PSEUDO_ANSWERS = 5.0
# Times below this are rounding.
SHORTEST_S = 1e-3
# The standard deviation of a normal variable over its median absolute deviation.
PER_MAD = 1.4826
# A median absolute deviation tells as much of the spread as this share of the values would.
MAD_EFFICIENCY = 0.37
LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast each worker is; every array is (n_workers,) but fast_below and is_fast.

    score: higher is faster; by how many deviations of the task's log times, drawn to 0
    p_value: how often a worker of this crowd is so fast; 1 without answers
    is_flagged: whether that is within the budget
    n: answers
    share_fast: of the answers that are fast for their task; nan without answers
    fast_below: (n_answers,) seconds below which an answer to its task is fast
    is_fast: (n_answers,) whether it is
    """

    score: Floats
    p_value: Floats
    is_flagged: NDArray[np.bool_]
    n: Codes
    share_fast: Floats
    fast_below: Floats
    is_fast: NDArray[np.bool_]


def too_fast(
    task: Codes,
    worker: Codes,
    elapsed_s: Floats,
    *,
    n_workers: int | None = None,
    budgets: Budgets = BUDGETS,
) -> Speed:
    """Compare times with those of the same task, and of all where it has few.

    task, worker: (n_answers,) codes from 0; elapsed_s: (n_answers,) seconds

    Times are taken as log-normal around a task's median, and workers differ: the p-value is that of
    a worker's mean among the means of all, whose spread is theirs and that of so few answers. Both
    are medians, so that half the crowd may be hasty. Raises ValueError for unequal lengths, codes
    out of bounds and times that are negative or not finite.
    """
    n_tasks = int(task.max(initial=-1)) + 1
    n_known = int(worker.max(initial=-1)) + 1 if n_workers is None else n_workers
    check_codes("task", task, n_tasks, n_votes=task.size)
    check_codes("worker", worker, n_known, n_votes=task.size)
    if elapsed_s.shape != task.shape:
        raise ValueError("elapsed_s must have one entry per answer")
    if not np.isfinite(elapsed_s).all() or (elapsed_s < 0).any():
        raise ValueError("elapsed_s must be finite and at least 0")
    logs = np.log(np.maximum(elapsed_s, SHORTEST_S))
    middle = _drawn_medians(task, logs, n_tasks)
    apart = logs - middle[task]
    spread = np.maximum(PER_MAD * _drawn_medians(task, np.abs(apart), n_tasks), LEAST_SPREAD)
    z = apart / spread[task]
    is_fast = z < special.ndtri(FAST_SHARE)
    n = np.bincount(worker, minlength=n_known)
    p_value = _p_values(worker, z, n)
    return Speed(
        score=-np.bincount(worker, z, minlength=n_known) / (n + PSEUDO_ANSWERS),
        p_value=p_value,
        is_flagged=p_value <= budgets.too_fast,
        n=n,
        share_fast=np.bincount(worker[is_fast], minlength=n_known) / np.where(n, n, np.nan),
        fast_below=np.exp(middle + special.ndtri(FAST_SHARE) * spread)[task],
        is_fast=is_fast,
    )


def _p_values(worker: Codes, z: Floats, n: Codes) -> Floats:
    """How often a worker of the crowd has so low a mean of z, (n_workers,)."""
    known = np.flatnonzero(n)
    p_value = np.ones(n.size)
    if known.size < 2:
        return p_value
    mean = np.bincount(worker, z, minlength=n.size) / np.maximum(n, 1)
    within = (PER_MAD * np.median(np.abs(z - mean[worker]))) ** 2
    apart = mean[known] - np.median(mean[known])
    # The means of the crowd lie apart by how workers differ and by how little is known of each.
    by_chance = within / n[known]
    between = (PER_MAD * np.median(np.abs(apart))) ** 2 - np.median(by_chance)
    spread = np.sqrt(np.maximum(between, 0.0) + by_chance + LEAST_SPREAD**2)
    freedom = np.maximum(MAD_EFFICIENCY * (known.size - 1), 1.0)
    p_value[known] = special.stdtr(freedom, apart / spread)
    return p_value


def _drawn_medians(task: Codes, values: Floats, n_tasks: int) -> Floats:
    """The median of each task, drawn to that of all, (n_tasks,)."""
    if not values.size:
        return np.zeros(n_tasks)
    n = np.bincount(task, minlength=n_tasks)
    ordered = values[np.lexsort((values, task))]
    first = np.cumsum(n) - n
    low, high = (np.minimum(first + half, values.size - 1) for half in ((n - 1) // 2, n // 2))
    own = (ordered[np.maximum(low, 0)] + ordered[high]) / 2
    return np.asarray((n * own + PSEUDO_ANSWERS * np.median(values)) / (n + PSEUDO_ANSWERS))
