"""Answers that are numbers, as parallel arrays."""

from dataclasses import dataclass

import numpy as np

from quality.core.votes import Codes, Floats, check_pairs


@dataclass(frozen=True, slots=True)
class NumberVotes:
    """One number per vote, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    value: (n_votes,) finite

    Raises ValueError for unequal lengths, codes out of bounds, values that are not finite and
    repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    value: Floats
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if self.value.shape != self.task.shape:
            raise ValueError("value must have one entry per vote")
        if not np.isfinite(self.value).all():
            raise ValueError("values must be finite numbers")

    @property
    def n_answers(self) -> Codes:
        """Of each task, (n_tasks,)."""
        return np.bincount(self.task, minlength=self.n_tasks)

    def by_task(self, amounts: Floats) -> Floats:
        """Sums of one amount per vote, (n_tasks,)."""
        return np.bincount(self.task, amounts, minlength=self.n_tasks).astype(np.float64)

    def by_worker(self, amounts: Floats) -> Floats:
        """Sums of one amount per vote, (n_workers,)."""
        return np.bincount(self.worker, amounts, minlength=self.n_workers).astype(np.float64)

    def sorted(self) -> "NumberVotes":
        """The same votes in order of task, then worker: sums no longer depend on arrival."""
        return self.only(np.lexsort((self.worker, self.task)))

    def only(self, kept: Codes) -> "NumberVotes":
        """These votes alone, of as many tasks and workers."""
        return NumberVotes(
            self.task[kept], self.worker[kept], self.value[kept], self.n_tasks, self.n_workers
        )


def checked_gold(gold: Floats | None, votes: NumberVotes) -> Floats:
    """Gold as given, or nan for every task; (n_tasks,).

    Raises ValueError for another shape and for infinite numbers.
    """
    if gold is None:
        return np.full(votes.n_tasks, np.nan)
    if gold.shape != (votes.n_tasks,):
        raise ValueError("gold must have one number per task")
    if np.isinf(gold).any():
        raise ValueError("gold must be finite, or nan where it is unknown")
    return gold.astype(np.float64)
