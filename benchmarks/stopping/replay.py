"""Recorded answers given again in random order: evenly, and until each task is sure enough.

Every task's answers are put in an order drawn by the seed. Evenly: every task gets its first r.
Stopping: in each round every open task gets its next answer, everything given is fitted anew, and
the tasks whose stop_posterior_ reaches tau are closed for good; their answers stay in the fit.
"""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from benchmarks import scores, sets
from benchmarks.sets import AnswerSet
from quality.core.categorical import Default
from quality.core.votes import Votes

Codes = NDArray[np.int64]
Mask = NDArray[np.bool_]
SEED = 20261124
# The even curve gets a point wherever this share of the answers was added, and at both ends.
STEP = 0.01


@dataclass(frozen=True)
class Point:
    """What even allocation of this many answers reaches."""

    n_answers: int
    accuracy: float


@dataclass(frozen=True)
class Stopped:
    """Where stopping ended: answers used, and what the default says of the known tasks then.

    confidence and accuracy are over all tasks whose truth is known, the closed_ ones over those of
    them that were sure enough in the end; None if there are none.
    """

    n_answers: int
    accuracy: float
    confidence: float
    closed_accuracy: float | None
    closed_confidence: float | None


class Replay:
    """One set in one order."""

    def __init__(self, of: AnswerSet, seed: int) -> None:
        self.of, self.coded = of, sets.classes(of)
        self.position = _positions(of, np.random.default_rng((SEED, seed)))
        self.n_rounds = int(self.position.max()) + 1

    def even(self) -> list[Point]:
        """The curve from one answer a task to all."""
        points: list[Point] = []
        for n_each in range(1, self.n_rounds + 1):
            given = self.position < n_each
            n_answers = int(given.sum())
            grown = n_answers - (points[-1].n_answers if points else 0)
            if grown >= STEP * given.size or n_each in (1, self.n_rounds):
                points.append(Point(n_answers, self._accuracy(self._fitted(given).posterior_)))
        return points

    def stopped(self, tau: float) -> Stopped:
        of = self.of
        given = np.zeros(of.task.size, dtype=bool)
        is_open = np.ones(of.n_tasks, dtype=bool)
        for turn in range(self.n_rounds):
            arriving = (self.position == turn) & is_open[of.task]
            if not arriving.any():
                break
            given |= arriving
            fit = self._fitted(given)
            is_open &= fit.stop_posterior_.max(axis=1) < tau
        return self._end(given, fit.posterior_, ~is_open)

    def _end(self, given: Mask, posterior: NDArray[np.float64], is_closed: Mask) -> Stopped:
        known = self.of.gold_tasks
        closed = known[is_closed[known]]
        return Stopped(
            n_answers=int(given.sum()),
            accuracy=self._accuracy(posterior),
            confidence=float(posterior[known].max(axis=1).mean()),
            closed_accuracy=self._accuracy(posterior, closed) if closed.size else None,
            closed_confidence=float(posterior[closed].max(axis=1).mean()) if closed.size else None,
        )

    def _fitted(self, given: Mask) -> Default:
        of = self.of
        # Those who have not come yet are not there: they must not weigh on the population.
        here, worker = np.unique(of.worker[given], return_inverse=True)
        label = self.coded.label[given]
        votes = Votes(of.task[given], worker, label, of.n_tasks, here.size, self.coded.n_labels)
        return Default().fit(votes)

    def _accuracy(self, posterior: NDArray[np.float64], tasks: Codes | None = None) -> float:
        tasks = self.of.gold_tasks if tasks is None else tasks
        return scores.accuracy(posterior[tasks], self.coded.gold[tasks])


def _positions(of: AnswerSet, rng: np.random.Generator) -> Codes:
    """Each answer's place in the order of its task's answers, from 0."""
    order = np.lexsort((rng.random(of.task.size), of.task))
    n_each = np.bincount(of.task, minlength=of.n_tasks)
    first = np.repeat(np.cumsum(n_each) - n_each, n_each)
    position = np.empty(of.task.size, dtype=np.int64)
    position[order] = np.arange(of.task.size) - first
    return position
