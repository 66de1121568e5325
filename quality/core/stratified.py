"""Two shares compared within strata, so that what differs between strata does not count."""

from dataclasses import dataclass

import numpy as np
from scipy import stats

from quality.core.votes import Codes, Floats

Z = 1.959964


@dataclass(frozen=True, slots=True)
class Difference:
    """How much higher the first share is, with a 95 % interval, and how surely it is higher.

    p_value: one-sided, of a difference as large if there is none
    """

    value: float
    low: float
    high: float
    p_value: float


def difference(right: Codes, wrong: Codes) -> Difference | None:
    """The common difference of two shares over strata; None where no stratum has both.

    right, wrong: (n_strata, 2) counts of the first and the second

    Sources: Mantel and Haenszel (1959), Journal of the National Cancer Institute 22, 719-748, for
    the test, with their correction for continuity; Greenland and Robins (1985), Biometrics 41,
    55-68, for the difference of shares and its variance.
    """
    n = (right + wrong).astype(np.float64)
    has_both = n.min(axis=1) > 0
    right, wrong, n = right[has_both], wrong[has_both], n[has_both]
    if not len(n):
        return None
    total = n.sum(axis=1)
    weight = n.prod(axis=1) / total
    shares = right / n
    value = float((weight * (shares[:, 0] - shares[:, 1])).sum() / weight.sum())
    # One answer of each kind more, or 0 and 1 would seem certain (Agresti and Caffo, 2000).
    guarded = (right + 1) / (n + 2)
    spread = (guarded * (1 - guarded) / n).sum(axis=1)
    error = float(np.sqrt((weight**2 * spread).sum()) / weight.sum())
    return Difference(
        value, max(-1.0, value - Z * error), min(1.0, value + Z * error), _chance(right, n)
    )


def _chance(right: Codes, n: Floats) -> float:
    """The probability of so many right ones among the first, if they were spread by chance."""
    total, n_right = n.sum(axis=1), right.sum(axis=1)
    if len(n) == 1:
        # Exact, for one stratum is small (Fisher, 1935).
        least = right[0, 0] - 1
        return float(stats.hypergeom.sf(least, int(total[0]), int(n_right[0]), int(n[0, 0])))
    expected = n[:, 0] * n_right / total
    variance = n.prod(axis=1) * n_right * (total - n_right) / (total**2 * np.maximum(total - 1, 1))
    if not variance.sum():
        return 1.0
    excess = float((right[:, 0] - expected).sum())
    return float(stats.norm.sf((excess - 0.5) / np.sqrt(variance.sum())))
