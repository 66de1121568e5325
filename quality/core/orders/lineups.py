"""Rankings as choices: the best of all, then the best of the rest, and so on."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray
from scipy import special

from quality.core.orders.stages import RankingVotes
from quality.core.votes import Codes, Floats

# Numbers held at once for the pairs of items of some tasks' rankings.
CELLS = 250_000
# What is less likely than the likeliest by this many nats is as good as impossible.
FARTHEST = 300.0


@dataclass(frozen=True, slots=True)
class Chances:
    """How likely the rankings' choices are under some scores.

    trust: (n_votes, 1), the workers' concentrations
    weight: (n_votes, n_items), of each place of a line-up, in any unit; 0 where nothing was seen
    reach: (n_votes, n_items), of each choice one over the weight of what was left; 0 without one
    fits: (n_votes,), the log-likelihood
    """

    trust: Floats
    weight: Floats
    reach: Floats
    fits: Floats


@dataclass(frozen=True, slots=True)
class Lineups:
    """All rankings of some tasks, which have equally many items.

    task: (n_tasks,) codes
    of: (n_votes,) rising places in `task`
    worker: (n_votes,)
    item: (n_votes, n_items) the items from the best on, then those below, then those not seen
    is_seen, is_choice: (n_votes, n_items) which places had an item, and were chosen for; the last
        choice is none, and neither is that among items left out
    """

    task: Codes
    of: Codes
    worker: Codes
    item: Codes
    is_seen: NDArray[np.bool_]
    is_choice: NDArray[np.bool_]

    def by_item(self, value: Floats) -> Floats:
        """Sums of one value for each place, (n_tasks, n_items)."""
        shape = self.task.size, self.item.shape[1]
        places = self.of[:, None] * shape[1] + self.item
        summed = np.bincount(places.ravel(), value.ravel(), minlength=shape[0] * shape[1])
        return summed.astype(np.float64).reshape(shape)

    def by_task(self, value: Floats) -> Floats:
        """Sums of one value for each vote, (n_tasks,)."""
        return np.bincount(self.of, value, minlength=self.task.size).astype(np.float64)

    def at(self, of_item: Floats) -> Floats:
        """Of each place its item's value, (n_votes, n_items)."""
        return np.asarray(of_item[self.of[:, None], self.item])

    def chances(self, scores: Floats, follows: Floats) -> Chances:
        """Under scores, (n_tasks, n_items), and concentrations, (n_workers,)."""
        trust = follows[self.worker][:, None]
        logit = np.where(self.is_seen, trust * self.at(scores), -np.inf)
        peak = logit.max(axis=1, initial=-np.inf, keepdims=True)
        logit = np.maximum(logit - np.where(np.isfinite(peak), peak, 0.0), -FARTHEST)
        weight = np.where(self.is_seen, np.exp(logit), 0.0)
        left = np.where(self.is_choice, weight[:, ::-1].cumsum(axis=1)[:, ::-1], 1.0)
        fits = np.where(self.is_choice, logit - np.log(left), 0.0).sum(axis=1)
        return Chances(trust, weight, self.is_choice / left, fits)

    def slope(self, chances: Chances) -> Floats:
        """Of the log-likelihood in each score, (n_tasks, n_items)."""
        expected = chances.weight * chances.reach.cumsum(axis=1)
        return self.by_item(chances.trust * (self.is_choice - expected))

    def curvature(self, chances: Chances) -> Floats:
        """Minus that of the log-likelihood in the scores, (n_tasks, n_items, n_items)."""
        n_votes, n_items = self.item.shape
        own = chances.trust**2 * chances.weight * chances.reach.cumsum(axis=1)
        # Two items are together in every choice until the better is gone.
        joint = np.stack([chances.trust * chances.weight, (chances.reach**2).cumsum(axis=1)])
        by_code = np.empty_like(joint)
        np.put_along_axis(by_code, np.broadcast_to(self.item, joint.shape), joint, axis=2)
        weight, passed = by_code
        both = np.minimum(passed[:, :, None], passed[:, None, :])
        both *= weight[:, :, None]
        both *= weight[:, None, :]
        curvature = np.zeros((self.task.size, n_items, n_items))
        if n_votes:
            answered, first = np.unique(self.of, return_index=True)
            curvature[answered] = -np.add.reduceat(both, first, axis=0)
        each = np.arange(n_items)
        curvature[:, each, each] += self.by_item(own)
        return curvature

    def pairs(self, scores: Floats, covariance: Floats) -> tuple[Codes, Floats]:
        """The vote of each pair that a ranking puts in order, and how likely that is the right one.

        covariance: of the scores, (n_tasks, n_items, n_items)
        """
        seen = self.is_choice[:, :, None] & self.is_seen[:, None, :]
        vote, up, down = np.nonzero(np.triu(seen, 1))
        task, one, other = self.of[vote], self.item[vote, up], self.item[vote, down]
        variance = covariance[task, one, one] + covariance[task, other, other]
        variance -= 2 * covariance[task, one, other]
        margin = scores[task, one] - scores[task, other]
        return vote, special.ndtr(margin / np.sqrt(np.maximum(variance, 1e-300)))


def lineups(votes: RankingVotes) -> Iterator[Lineups]:
    """The rankings of all tasks, in order of task and worker: sums do not depend on arrival."""
    order = np.lexsort((votes.worker, votes.task))
    n_votes = np.bincount(votes.task, minlength=votes.n_tasks)
    ends = np.cumsum(n_votes)
    for width in np.unique(votes.n_items).tolist():
        tasks = np.flatnonzero(votes.n_items == width)
        n_cells = np.maximum(n_votes[tasks], 1) * width**2
        block = (np.cumsum(n_cells) - n_cells) // CELLS
        for some in np.split(tasks, np.flatnonzero(np.diff(block)) + 1):
            rows = [order[ends[task] - n_votes[task] : ends[task]] for task in some.tolist()]
            of = np.repeat(np.arange(some.size), n_votes[some])
            yield _of_tasks(votes, some, of, np.concatenate(rows), width)


def _of_tasks(votes: RankingVotes, task: Codes, of: Codes, rows: Codes, width: int) -> Lineups:
    item = np.array([_line_up(votes.ranking[row], width) for row in rows.tolist()], dtype=np.int64)
    n_ranked = np.array([len(votes.ranking[row]) for row in rows.tolist()], dtype=np.int64)
    n_seen = n_ranked if votes.left_out == "unseen" else np.full(rows.size, width)
    place = np.arange(width)
    is_seen = place < n_seen[:, None]
    is_choice = place < np.minimum(n_ranked, n_seen - 1)[:, None]
    return Lineups(task, of, votes.worker[rows], item.reshape(-1, width), is_seen, is_choice)


def _line_up(ranking: Sequence[int], width: int) -> list[int]:
    """The ranked items, then the others."""
    named = set(ranking)
    return [*ranking, *(item for item in range(width) if item not in named)]
