"""How well workers answer, from not heeding the task to knowing the truth, and who is honest."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.core.fraud.others import Others
from quality.core.fraud.questions import Question, workers_of
from quality.core.votes import Codes, Floats

# 0 answers as the labels fall, whatever the task; 1 as all workers together; 2 as the truth is.
GRID = np.linspace(0.0, 2.0, 17)
# What an answer has of each: as the labels fall, as all workers, as the truth, (n_grid, 3).
PARTS = np.stack(
    [np.maximum(1.0 - GRID, 0.0), np.minimum(GRID, 2.0 - GRID), np.maximum(GRID - 1.0, 0.0)], axis=1
)
# Even who knows the truth slips so often, and then errs as all do.
SLIP = 0.02
# Honest is who is right this much more often than one who answers as the labels fall.
LEAST_MARGIN = 0.10
# Where the crowd itself is hardly better, the honest are those at least so near to it.
NEAREST = 0.75
# No share is smaller, so that what is left without a worker can be divided by.
SMALLEST = 1e-12
ROUNDS = 200


@dataclass(frozen=True, slots=True)
class Answers:
    """Every answer to some questions, by worker and in the order in which they came.

    worker: (n_answers,), ascending
    chances: (n_answers, 3) of what was said: as the labels fall, as all workers, as the truth is
    right: (n_answers,) the probability that the answer is right, the worker's own vote left out
    is_shared: (n_answers,) whether the task has other votes
    starts: (n_workers + 1,) where each worker's answers begin
    moments: (n_workers, n_grid, 3) sums of mean, variance and third moment of the gain, for each
        ability; None unless asked for
    least: the ability from which on a worker is honest
    """

    worker: Codes
    chances: Floats
    right: Floats
    is_shared: NDArray[np.bool_]
    starts: Codes
    moments: Floats | None
    least: float

    @property
    def gains(self) -> Floats:
        """What each answer tells, in nats: as all workers, against as the labels fall."""
        return self.gains_of(slice(None))

    def gains_of(self, answers: slice) -> Floats:
        """The same of some answers."""
        return np.asarray(np.log(self.chances[answers, 1] / self.chances[answers, 0]))

    @property
    def is_honest(self) -> NDArray[np.bool_]:
        """Of each ability on the grid."""
        return np.asarray(self.least <= GRID)

    def log_likelihoods(self, answers: slice) -> Floats:
        """Of some answers for each ability, (n, n_grid)."""
        return np.log(self.chances[answers] @ PARTS.T)


def answers_to(questions: Sequence[Question], *, with_moments: bool = False) -> Answers:
    """All answers, none judged by itself. Raises ValueError for questions that do not fit."""
    n_workers = workers_of(questions)
    moments = np.zeros((n_workers, GRID.size, 3)) if with_moments else None
    chances, right, shared, workers, keys = [], [], [], [], []
    margin, n_answers = 0.0, 0
    for question in questions:
        others = Others(question)
        for votes in others.strips():
            given = _Given(others, votes)
            chances.append(given.chances)
            right.append(given.right)
            margin += given.margin
            if moments is not None:
                given.add_moments(moments)
        shared.append(others.is_shared)
        workers.append(others.worker)
        keys.append(np.asarray(question.when))
        n_answers += others.task.size
    worker = np.concatenate(workers)
    # Equal ones stay by question and task.
    order = np.lexsort((np.concatenate(keys), worker))
    starts = np.searchsorted(worker[order], np.arange(n_workers + 1))
    mean_margin = margin / n_answers if n_answers else 1.0
    least = min(LEAST_MARGIN / max(mean_margin, LEAST_MARGIN), NEAREST)
    return Answers(
        worker[order],
        np.concatenate(chances)[order] if chances else np.ones((0, 3)),
        np.concatenate(right)[order] if right else np.zeros(0),
        np.concatenate(shared)[order],
        starts,
        moments,
        least,
    )


@dataclass(frozen=True, slots=True)
class Population:
    """The share of each ability among the workers who answered.

    shares: (n_grid,)
    without: (n_workers, n_grid) the same without what each worker adds
    """

    shares: Floats
    without: Floats


def population(log_likelihoods: Floats, n_answers: Codes) -> Population:
    """How able the workers are.

    log_likelihoods: (n_workers, n_grid)

    Source: Laird (1978), "Nonparametric Maximum Likelihood Estimation of a Mixing Distribution",
    Journal of the American Statistical Association 73, 805-811; one worker more is presumed,
    spread evenly.
    """
    told = log_likelihoods[n_answers > 0]
    likely = np.exp(told - told.max(axis=1, keepdims=True))
    shares = np.full(GRID.size, 1.0 / GRID.size)
    for _ in range(ROUNDS):
        each = likely * shares
        each /= each.sum(axis=1, keepdims=True)
        shares = (each.sum(axis=0) + 1.0 / GRID.size) / (told.shape[0] + 1.0)
    total = shares * (told.shape[0] + 1.0)
    without = np.tile(total, (n_answers.size, 1))
    without[n_answers > 0] -= each
    without = np.maximum(without, SMALLEST)
    return Population(shares, without / without.sum(axis=1, keepdims=True))


class _Given:
    """Some votes of one question, and what they would be if given by each sort of worker."""

    def __init__(self, others: Others, votes: slice) -> None:
        truth = others.without_one(votes)
        self.worker, n = others.worker[votes], truth.shape[1]
        crowd = others.typical.T @ truth
        sharp = (1.0 - SLIP) * truth + SLIP * crowd
        falls = np.broadcast_to(others.marginal[:, None], truth.shape)
        self._ways = (falls, crowd, sharp)
        said = others.label[votes], np.arange(n)
        self.chances = np.stack([way[said] for way in self._ways], axis=1)
        self.right = truth[said]
        self.margin = float((truth * (crowd - falls)).sum())

    def add_moments(self, moments: Floats) -> None:
        """Add what the gains of the votes would be for each ability to the workers' sums."""
        gain = np.log(self._ways[1] / self._ways[0])
        raw = np.stack([[(way * gain**r).sum(axis=0) for way in self._ways] for r in (1, 2, 3)])
        for at, parts in enumerate(PARTS):
            first, second, third = parts @ raw
            central = (first, second - first**2, third - 3 * first * second + 2 * first**3)
            for r, column in enumerate(central):
                moments[:, at, r] += np.bincount(self.worker, column, minlength=moments.shape[0])
