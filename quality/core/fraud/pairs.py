"""Pairs of workers on the tasks they share, and how often they should agree there."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.core.fraud.others import Others
from quality.core.fraud.questions import Question
from quality.core.votes import Codes, Floats

# Beliefs held at once.
STRIP = 2_000_000
# No chance of an equal answer is taken for less or more than this.
LEAST, MOST = 1e-6, 1.0 - 1e-6
STRENGTHS = (1.0, 2.0, 4.0, 8.0, 16.0, 32.0, 64.0)


@dataclass(frozen=True, slots=True)
class Shared:
    """Tasks that pairs of workers share; every array is (n_meetings,).

    pair: worker_a * n_workers + worker_b, a the lower-numbered
    is_equal: whether both said the same
    is_common_error: whether they did, and the others make another label likelier
    expected: the probability of an equal answer if neither heeds the other
    a_first: 1 where a answered before b, 0.5 at the same time, else 0
    """

    pair: Codes
    is_equal: NDArray[np.bool_]
    is_common_error: NDArray[np.bool_]
    expected: Floats
    a_first: Floats

    def __getitem__(self, which: Codes) -> "Shared":
        return Shared(
            self.pair[which],
            self.is_equal[which],
            self.is_common_error[which],
            self.expected[which],
            self.a_first[which],
        )


class Meetings:
    """Where two workers answered the same task of a question, and what was to be expected there.

    An equal answer is expected by the likelier of two: what the truth, known without the two, lets
    the other say by their own errors; and what workers say of this very task, the one's answer
    among them. The latter is a Dirichlet belief around what the truth lets all workers say, as
    strong as lets the votes of the question predict each other best, so that hard tasks excuse
    those who err on them. Either of the two may be the one; the likelier counts.

    load: (n_workers + 1,) meetings whose lower-numbered worker comes before each
    """

    def __init__(self, question: Question) -> None:
        others = self._others = Others(question)
        self._when = np.asarray(question.when, dtype=np.float64)
        self._counts = _counts(others)
        self._strength = _strength(others, self._counts)
        self._order = np.argsort(others.worker, kind="stable")
        self._bounds = np.searchsorted(
            others.worker[self._order], np.arange(question.votes.n_workers + 1)
        )
        self._n_after = others.starts[others.task + 1] - np.arange(others.task.size) - 1
        summed = np.concatenate(([0], np.cumsum(self._n_after[self._order])))
        self.load = summed[self._bounds]

    def of(self, workers: slice) -> tuple[Codes, Codes]:
        """Both votes of every meeting whose lower-numbered worker is one of these."""
        votes = self._order[self._bounds[workers.start] : self._bounds[workers.stop]]
        n_after = self._n_after[votes]
        one = np.repeat(votes, n_after)
        first = np.cumsum(n_after) - n_after
        return one, one + 1 + np.arange(one.size) - np.repeat(first, n_after)

    def pairs(self, one: Codes, other: Codes) -> Codes:
        """Which pairs these are; see Shared."""
        worker = self._others.worker.astype(np.int64)
        return worker[one] * self._others.n_workers + worker[other]

    def shared(self, one: Codes, other: Codes) -> Shared:
        """What was said, and what was to be expected."""
        label, when = self._others.label, self._when
        expected, is_error = np.empty(one.size), np.empty(one.size, dtype=np.bool_)
        step = max(STRIP // self._others.n_labels, 1)
        for start in range(0, one.size, step):
            part = slice(start, start + step)
            expected[part], is_error[part] = self._expected(one[part], other[part])
        is_equal = label[one] == label[other]
        a_first = (when[one] < when[other]) + 0.5 * (when[one] == when[other])
        return Shared(self.pairs(one, other), is_equal, is_equal & is_error, expected, a_first)

    def _expected(self, one: Codes, other: Codes) -> tuple[Floats, NDArray[np.bool_]]:
        truth = self._others.without_two(one, other)
        said = truth[self._others.label[one], np.arange(one.size)]
        ways = [
            way(truth, giver, taker)
            for way in (self._by_truth, self._by_task)
            for giver, taker in ((one, other), (other, one))
        ]
        return np.clip(np.max(ways, axis=0), LEAST, MOST), said < truth.max(axis=0)

    def _by_truth(self, truth: Floats, giver: Codes, taker: Codes) -> Floats:
        """The taker says what the giver said, by the truth and the taker's own errors."""
        others = self._others
        errors = others.own_errors(others.worker[taker], others.label[giver])
        return np.einsum("kn,kn->n", errors, others.without_one(taker))

    def _by_task(self, truth: Floats, giver: Codes, taker: Codes) -> Floats:
        """Anyone says what the giver said, by all answers to the task but the taker's."""
        others = self._others
        label, task = others.label[giver], others.task[giver]
        like = np.einsum("kn,kn->n", others.typical[:, label], truth)
        n_same = self._counts[task, label] - (others.label[taker] == label)
        n = others.sizes[task] - 1.0
        return (n_same + self._strength * like) / (n + self._strength)


def _counts(others: Others) -> Floats:
    """How many said each label of each task, (n_tasks, n_labels)."""
    cells = others.task * others.n_labels + others.label
    counted = np.bincount(cells, minlength=others.sizes.size * others.n_labels)
    return counted.reshape(-1, others.n_labels).astype(np.float64)


def _strength(others: Others, counts: Floats) -> float:
    """How many votes on a task the expectation by its truth is worth."""
    told = np.zeros(len(STRENGTHS))
    for votes in others.strips():
        label, task = others.label[votes], others.task[votes]
        like = np.einsum("kn,kn->n", others.typical[:, label], others.without_one(votes))
        n_same, n = counts[task, label] - 1.0, others.sizes[task] - 1.0
        for at, strength in enumerate(STRENGTHS):
            told[at] += np.log((n_same + strength * like) / (n + strength)).sum()
    return STRENGTHS[int(told.round(6).argmax())]
