"""Rankings as choices: the best of all, then the best of the rest, and so on."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal

import numpy as np
from numpy.typing import NDArray

from quality.core.orders.laplace import MOST_JOINT
from quality.core.votes import Codes, Floats, check_pairs

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


@dataclass(frozen=True, slots=True)
class Stages:
    """Every choice of every ranking, and the items it was made from, the chosen one first.

    worker, task: (n_stages,)
    chosen: (n_stages,), the item, numbered across tasks
    begin: (n_stages,), where the stage's entries begin
    stage, item: (n_entries,)
    """

    worker: Codes
    task: Codes
    chosen: Codes
    begin: NDArray[np.intp]
    stage: NDArray[np.intp]
    item: Codes

    @classmethod
    def of(cls, votes: RankingVotes) -> "Stages":
        """The choices in order of task and worker, so that sums do not depend on arrival."""
        offset = np.cumsum(votes.n_items) - votes.n_items
        vote, size, entries = [], [], []
        for row in np.lexsort((votes.worker, votes.task)).tolist():
            task = int(votes.task[row])
            order = _line_up(votes, row, int(votes.n_items[task]))
            # The last choice is none, and neither is that among items left out.
            for first in range(min(len(votes.ranking[row]), order.size - 1)):
                vote.append(row)
                size.append(order.size - first)
                entries.append(order[first:] + offset[task])
        begin = np.cumsum([0, *size])[:-1].astype(np.intp)
        item = np.concatenate([np.zeros(0, dtype=np.int64), *entries])
        by = np.array(vote, dtype=np.int64)
        stage = np.repeat(np.arange(by.size), np.array(size, dtype=np.int64))
        return cls(votes.worker[by], votes.task[by], item[begin], begin, stage, item)

    def shares(self, logit: Floats) -> tuple[Floats, Floats]:
        """The probability of each entry under its logit, and of each choice its logarithm."""
        if not self.begin.size:
            return np.zeros(0), np.zeros(0)
        peak = np.maximum.reduceat(logit, self.begin)
        weight = np.exp(logit - peak[self.stage])
        total = np.add.reduceat(weight, self.begin)
        return weight / total[self.stage], logit[self.begin] - peak - np.log(total)


def _line_up(votes: RankingVotes, row: int, n_items: int) -> NDArray[np.int64]:
    """The ranked items, then those that are below them."""
    ranked = np.array(votes.ranking[row], dtype=np.int64)
    if votes.left_out == "unseen":
        return ranked
    return np.concatenate([ranked, np.setdiff1d(np.arange(n_items), ranked)])
