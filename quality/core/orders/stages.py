"""Answers that are rankings, as parallel arrays."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

from quality.core.orders.laplace import MOST_JOINT
from quality.core.votes import Codes, check_pairs

LeftOut = Literal["below", "unseen"]


@dataclass(frozen=True, slots=True)
class RankingVotes:
    """One ranking of a task's items per vote, at most one per worker and task.

    task, worker: (n_votes,) in 0..n_tasks-1 and 0..n_workers-1
    ranking: n_votes sequences of codes in 0..n_items[task]-1, the best first
    n_items: (n_tasks,), how many items each task has
    left_out: what it means that an item is not ranked: it is "below" all that are, or "unseen"

    Raises ValueError for unequal lengths, codes out of bounds, tasks of no item or more than
    MOST_JOINT, an item ranked twice and repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    ranking: tuple[Sequence[int], ...]
    n_items: Codes
    n_workers: int
    left_out: LeftOut = "below"

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if len(self.ranking) != self.task.size:
            raise ValueError("ranking must have one entry per vote")
        if self.left_out not in ("below", "unseen"):
            raise ValueError(f'left_out must be "below" or "unseen", not {self.left_out!r}')
        if self.n_items.min(initial=1) < 1:
            raise ValueError("every task needs an item")
        if self.n_items.max(initial=1) > MOST_JOINT:
            raise ValueError(f"a task has at most {MOST_JOINT} items")
        bounds = self.n_items[self.task].tolist()
        for row, (ranking, bound) in enumerate(zip(self.ranking, bounds, strict=True)):
            if len(set(ranking)) < len(ranking):
                raise ValueError(f"row {row}: an item is ranked twice")
            if any(not 0 <= item < bound for item in ranking):
                raise ValueError(f"row {row}: items must lie in 0..{bound - 1}")

    @property
    def n_tasks(self) -> int:
        return int(self.n_items.size)
