"""How far a consensus is from the truth."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

Floats = NDArray[np.float64]
Codes = NDArray[np.int64]

# Probabilities below this count as this: one certain error must not decide a mean.
FLOOR = 1e-6
N_BINS = 15
# Classes this close to the most probable one share its place.
TIE = 1e-9


def picks(posterior: Floats) -> Floats:
    """Which class is chosen, (n_tasks, n_labels): tied ones are chosen in equal shares."""
    tied = posterior >= posterior.max(axis=1, keepdims=True) - TIE
    return tied / tied.sum(axis=1, keepdims=True)


def accuracy(posterior: Floats, gold: Codes) -> float:
    """Expected share of right choices."""
    return float(_credit(posterior, gold).mean())


def macro_f1(posterior: Floats, gold: Codes) -> float:
    """Mean F1 of the classes that are true or chosen somewhere."""
    chosen = picks(posterior)
    is_gold = np.eye(posterior.shape[1])[gold]
    n_both = 2 * (chosen * is_gold).sum(axis=0)
    n_either = (chosen + is_gold).sum(axis=0)
    return float((n_both[n_either > 0] / n_either[n_either > 0]).mean())


def log_loss(posterior: Floats, gold: Codes) -> float:
    """Mean surprise at the truth, in nats."""
    of_gold = posterior[np.arange(gold.size), gold]
    return float(-np.log(np.clip(of_gold, FLOOR, 1.0)).mean())


def calibration_error(posterior: Floats, gold: Codes) -> float:
    """Expected calibration error of the chosen class, in bins of equal width."""
    stated, credit = posterior.max(axis=1), _credit(posterior, gold)
    in_bin = np.clip(np.ceil(stated * N_BINS - TIE).astype(np.int64) - 1, 0, N_BINS - 1)
    gaps = np.bincount(in_bin, stated - credit, minlength=N_BINS)
    return float(np.abs(gaps).sum() / gold.size)


def rmse(values: Floats, truth: Floats) -> float:
    return float(np.sqrt(np.mean((values - truth) ** 2)))


def n_edits(said: Sequence[str], meant: Sequence[str]) -> int:
    """The fewest words put in, left out or replaced that make one text the other."""
    above = list(range(len(said) + 1))
    for row, word in enumerate(meant, start=1):
        here = [row]
        for column, other in enumerate(said, start=1):
            diagonal = above[column - 1] + (word != other)
            here.append(min(diagonal, above[column] + 1, here[-1] + 1))
        above = here
    return above[-1]


def _credit(posterior: Floats, gold: Codes) -> Floats:
    return picks(posterior)[np.arange(gold.size), gold]
