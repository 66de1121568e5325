"""Texts as answers, what is believed of them, and of who gave them."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass

import numpy as np

from quality.core.votes import Codes, Floats, check_pairs

# How likely two wrong answers are to be the same.
COINCIDENCE = 0.1
PRESUMED_ACCURACY = 0.7
# Nobody is ever taken to be surer than this, or the log-odds run away.
SUREST = 0.99


@dataclass(frozen=True, slots=True)
class TextVotes:
    """One text per vote, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    text: n_votes strings

    Raises ValueError for unequal lengths, codes out of bounds, a missing text and repeated
    (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    text: tuple[str, ...]
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if len(self.text) != self.task.size:
            raise ValueError("text must have one entry per vote")
        for row, text in enumerate(self.text):
            if not isinstance(text, str):
                raise ValueError(f"row {row}: the text is missing")


@dataclass(frozen=True, slots=True)
class TextSkills:
    """How often answers are right: pooled for a worker not met yet, and (n_workers,)."""

    pooled: float
    accuracy: Floats

    def check(self, votes: TextVotes) -> None:
        """Raises ValueError if the accuracies are of another number of workers."""
        if self.accuracy.shape != (votes.n_workers,):
            raise ValueError("the model must have one accuracy per worker")


@dataclass(frozen=True, slots=True)
class TextConsensus:
    """The winning text of each task.

    value: n_tasks strings as the winner was spelled most often; None where nobody answered
    confidence: (n_tasks,), the probability that it is right; 0 where nobody answered. What is
        missing to 1 is shared by the other answers and by "none of them is right".
    """

    value: tuple[str | None, ...]
    confidence: Floats


def presumed(n_workers: int) -> TextSkills:
    """What is thought of workers before any answer is compared with another."""
    return TextSkills(PRESUMED_ACCURACY, np.full(n_workers, PRESUMED_ACCURACY))


def learned(worker: Codes, right: Floats, n_workers: int, strength: float) -> TextSkills:
    """Accuracies from the probability that each thing a worker said is right.

    strength: how many things said the pooled accuracy is worth in a worker's own
    """
    n_said = np.bincount(worker, minlength=n_workers)
    n_right = np.bincount(worker, right, minlength=n_workers)
    pooled = (n_right.sum() + strength * PRESUMED_ACCURACY) / (n_said.sum() + strength)
    return TextSkills(float(pooled), (n_right + strength * pooled) / (n_said + strength))


def log_odds(accuracy: Floats) -> Floats:
    """How much louder a worker's word speaks for itself than against, in logarithms."""
    bounded = np.clip(accuracy, 1 - SUREST, SUREST)
    return np.log(bounded / (1 - bounded))


def believed(support: Floats, group: Codes, n_groups: int) -> Floats:
    """The probability of each candidate among those of its group, (n_candidates,).

    support: (n_candidates,), the sum of log-odds in its favour
    group: (n_candidates,) in 0..n_groups-1
    """
    score = support + np.log(COINCIDENCE)
    # "None of them is right" scores 0 and is every group's first rival.
    peak = np.zeros(n_groups)
    np.maximum.at(peak, group, score)
    weight = np.exp(score - peak[group])
    total = np.exp(-peak) + np.bincount(group, weight, minlength=n_groups)
    return weight / total[group]


def commonest(spellings: Iterable[str]) -> str:
    """The most frequent spelling; of equals the first in the alphabet."""
    counted = Counter(spellings)
    return min(counted, key=lambda spelling: (-counted[spelling], spelling))
