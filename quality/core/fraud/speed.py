"""Who answers faster than the tasks are answered: a figure beside others, never a reason."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.votes import Codes, Floats, check_codes

# Fast is what is among this share of a task's answers.
FAST_SHARE = 0.05
# A task's median and spread are drawn to those of all as if by so many answers more.
PSEUDO_ANSWERS = 5.0
# Times below this are rounding.
SHORTEST_S = 1e-3
# The standard deviation of a normal variable over its median absolute deviation.
PER_MAD = 1.4826
LEAST_SPREAD = 1e-3


@dataclass(frozen=True, slots=True)
class Speed:
    """How fast each worker is; every array is (n_workers,).

    score: higher is faster; by how many deviations of the task's log times, drawn to 0
    p_value: how often one of the crowd has so many fast answers by chance; 1 without answers
    n: answers
    share_fast: of the answers below the fast quantile of their task; nan without answers
    """

    score: Floats
    p_value: Floats
    n: Codes
    share_fast: Floats


def too_fast(
    task: Codes, worker: Codes, elapsed_s: Floats, *, n_workers: int | None = None
) -> Speed:
    """Compare times with those of the same task, and of all where it has few.

    task, worker: (n_answers,) codes from 0; elapsed_s: (n_answers,) seconds

    Times are taken as log-normal around a task's median. A share of 5 % is expected below the fast
    quantile, or that of all answers if it is larger. Raises ValueError for unequal lengths, codes
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
    apart = logs - _drawn_medians(task, logs, n_tasks)[task]
    spread = np.maximum(PER_MAD * _drawn_medians(task, np.abs(apart), n_tasks), LEAST_SPREAD)
    z = apart / spread[task]
    is_fast = z < special.ndtri(FAST_SHARE)
    n = np.bincount(worker, minlength=n_known)
    n_fast = np.bincount(worker[is_fast], minlength=n_known)
    expected = max(FAST_SHARE, float(is_fast.mean()) if is_fast.size else 0.0)
    return Speed(
        score=-np.bincount(worker, z, minlength=n_known) / (n + PSEUDO_ANSWERS),
        p_value=_at_least(n_fast, n, expected),
        n=n,
        share_fast=n_fast / np.where(n, n, np.nan),
    )


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


def _at_least(n_fast: Codes, n: Codes, share: float) -> Floats:
    """How often so many of n are fast by chance, (n_workers,)."""
    found = special.betainc(np.maximum(n_fast, 1.0), np.maximum(n - n_fast + 1.0, 1.0), share)
    return np.where(n_fast > 0, found, 1.0)
