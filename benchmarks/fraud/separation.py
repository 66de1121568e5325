"""How well a score tells bad workers from honest ones."""

import numpy as np
from numpy.typing import NDArray
from scipy import special, stats

from benchmarks.sets import UNKNOWN, AnswerSet, Classes

Floats = NDArray[np.float64]
Mask = NDArray[np.bool_]

# Honest is who is right so much more often than one who picks a class at random.
MARGIN = 0.10
LEAST_ANSWERS = 10
FALSE_POSITIVES = 0.05


def auc(bad: Floats, honest: Floats) -> float:
    """The chance that a bad worker scores higher than an honest one; ties count half."""
    ranks = stats.rankdata(np.concatenate([bad, honest]))[: bad.size]
    return float((ranks.sum() - bad.size * (bad.size + 1) / 2) / (bad.size * honest.size))


def found(bad: Floats, honest: Floats) -> float:
    """The share of bad workers above what at most 5 % of the honest exceed."""
    n_allowed = int(FALSE_POSITIVES * honest.size)
    return float((bad > np.sort(honest)[honest.size - 1 - n_allowed]).mean())


def honest_and_poor(of: AnswerSet, coded: Classes) -> tuple[Mask, Mask]:
    """Which real workers of ten answers or more are honest and which are not, (n_workers,) each.

    By the median of an even Beta prior's posterior of the accuracy, against what is known to be
    true; workers with no answer to that are neither.
    """
    gold = coded.gold[of.task]
    is_known = gold != UNKNOWN
    n = np.bincount(of.worker[is_known], minlength=of.n_workers)
    right = np.bincount(of.worker[is_known & (coded.label == gold)], minlength=of.n_workers)
    median = special.betaincinv(1.0 + right, 1.0 + n - right, 0.5)
    counts = (np.bincount(of.worker, minlength=of.n_workers) >= LEAST_ANSWERS) & (n > 0)
    is_good = median >= 1.0 / coded.n_labels + MARGIN
    return counts & is_good, counts & ~is_good
