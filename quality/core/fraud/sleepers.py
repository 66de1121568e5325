"""Workers who answered well and then stopped heeding the tasks: sleepers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from quality.core.fraud.ability import GRID, Answers, answers_to, population
from quality.core.fraud.information import summed_likelihoods
from quality.core.fraud.questions import BUDGETS, Budgets, Question
from quality.core.skill import pooled_accuracies
from quality.core.votes import Codes, Floats

# Answers handled at once.
STRIP = 65_536


@dataclass(frozen=True, slots=True)
class Series:
    """One worker's answers in the order in which they came, for a plot; every array is (n,).

    gain: what each answer tells, in nats
    right: the probability that it is right, by the other votes
    cumulative: the sum of the gains up to each answer
    """

    gain: Floats
    right: Floats
    cumulative: Floats


@dataclass(frozen=True, slots=True)
class Drift:
    """Whether each worker changed for the worse; every array is (n_workers,) but the intervals.

    score: higher is worse; log of how many times likelier the answers are with a change than
        without, in nats; -inf with fewer than two answers
    p_value: at most this share of workers who stay as they are score so high at any one look
    is_flagged: whether that is within the budget
    n: answers
    change_at: the number of answers before the likeliest change; n where there is none to place
    accuracy_before, accuracy_after: share of right answers, as Accuracy has it
    interval_before, interval_after: (n_workers, 2) 95 % intervals of it
    gain_before, gain_after: mean gains in nats; nan without answers
    """

    score: Floats
    p_value: Floats
    is_flagged: NDArray[np.bool_]
    n: Codes
    change_at: Codes
    accuracy_before: Floats
    accuracy_after: Floats
    interval_before: Floats
    interval_after: Floats
    gain_before: Floats
    gain_after: Floats
    answers: Answers

    def series(self, worker: int) -> Series:
        """Of one worker. Raises ValueError for a worker there is not."""
        if not 0 <= worker < self.n.size:
            raise ValueError(f"worker must lie in 0..{self.n.size - 1}")
        own = slice(*self.answers.starts[worker : worker + 2].tolist())
        gain = self.answers.gains_of(own)
        return Series(gain, self.answers.right[own], np.cumsum(gain))


def drift(questions: Sequence[Question], budgets: Budgets = BUDGETS) -> Drift:
    """Weigh a change from honest to not heeding, at any one answer, against no change.

    Either is a mean over the abilities of the crowd, so that the ratio is an e-value as far as the
    crowd is known: of workers without a change a share of at most p has a ratio of 1/p or more.
    Raises ValueError for questions that do not fit each other.
    Source: Shafer, Shen, Vereshchagin & Vovk (2011), "Test Martingales, Bayes Factors and
    p-Values", Statistical Science 26(1), 84-101.
    """
    answers = answers_to(questions)
    n = np.diff(answers.starts)
    score, change_at = _weighed(answers, n)
    before = np.arange(answers.worker.size) - answers.starts[answers.worker]
    is_before = before < change_at[answers.worker]
    earlier, later = (
        pooled_accuracies(answers.worker[part], answers.right[part].clip(0.0, 1.0), n.size)
        for part in (is_before, ~is_before)
    )
    p_value = np.exp(-np.maximum(score, 0.0))
    return Drift(
        score=score,
        p_value=p_value,
        is_flagged=p_value <= budgets.drift,
        n=n,
        change_at=change_at,
        accuracy_before=earlier.value,
        accuracy_after=later.value,
        interval_before=earlier.interval,
        interval_after=later.interval,
        gain_before=_mean_gain(answers, is_before),
        gain_after=_mean_gain(answers, ~is_before),
        answers=answers,
    )


def _weighed(answers: Answers, n: Codes) -> tuple[Floats, Codes]:
    """The log of the ratio, and where the change is likeliest, (n_workers,) each."""
    score, change_at = np.full(n.size, -np.inf), n.copy()
    if not n.any():
        return score, change_at
    with np.errstate(divide="ignore"):
        shares = np.log(population(summed_likelihoods(answers), n).shares)
    honest = answers.is_honest
    good = shares[honest] - np.logaddexp.reduce(shares[honest])
    poor = np.full(int((~honest).sum()), -np.log((~honest).sum()))
    for workers in _strips(answers.starts):
        starts = answers.starts[workers.start : workers.stop + 1]
        told = answers.log_likelihoods(slice(int(starts[0]), int(starts[-1])))
        several = workers.start + np.flatnonzero(np.diff(starts) > 1)
        if not several.size:
            continue
        starts = starts - starts[0]
        sums = np.concatenate([np.zeros((1, GRID.size)), np.cumsum(told, axis=0)])
        whole = sums[starts[1:]] - sums[starts[:-1]]
        owner = np.repeat(np.arange(whole.shape[0]), np.diff(starts))
        past = sums[1:] - sums[starts[:-1]][owner]
        split = np.logaddexp.reduce(past[:, honest] + good, axis=1)
        split += np.logaddexp.reduce((whole[owner] - past)[:, ~honest] + poor, axis=1)
        # After a worker's last answer there is nothing left to change.
        split[starts[1:][n[workers] > 0] - 1] = -np.inf
        stayed = np.logaddexp.reduce(whole + shares, axis=1)[several - workers.start]
        changed, place = _over_places(split, starts[:-1][several - workers.start])
        score[several] = changed - np.log(n[several] - 1) - stayed
        change_at[several] = place + 1
    return score, change_at


def _over_places(split: Floats, starts: Codes) -> tuple[Floats, Codes]:
    """Log of the sum of exp(split) from each start to the next, and where in it the peak is."""
    peak = np.maximum.reduceat(split, starts)
    owner = np.repeat(np.arange(starts.size), np.diff(np.append(starts, split.size)))
    # What comes before the first start is nobody's.
    own = split[starts[0] :]
    total = np.log(np.add.reduceat(np.exp(own - peak[owner]), starts - starts[0])) + peak
    at_peak = np.flatnonzero(own == peak[owner])
    _, first = np.unique(owner[at_peak], return_index=True)
    return total, at_peak[first] + starts[0] - starts


def _strips(starts: Codes) -> Iterator[slice]:
    """The workers, some at a time: as many as have STRIP answers, or one."""
    first, n_workers = 0, starts.size - 1
    while first < n_workers:
        reach = int(np.searchsorted(starts, starts[first] + STRIP, side="right")) - 1
        last = min(max(reach, first + 1), n_workers)
        yield slice(first, last)
        first = last


def _mean_gain(answers: Answers, part: NDArray[np.bool_]) -> Floats:
    n_workers = answers.starts.size - 1
    n = np.bincount(answers.worker[part], minlength=n_workers)
    total = np.bincount(answers.worker[part], answers.gains[part], minlength=n_workers)
    return total / np.where(n, n, np.nan)
