"""Which of many findings to believe, so that few of those believed are false."""

import numpy as np
from numpy.typing import NDArray

from quality.core.votes import Floats


def discoveries(p_values: Floats, rate: float, *, n_tested: int | None = None) -> NDArray[np.bool_]:
    """Which findings to believe so that a share of at most `rate` of them is false in the mean.

    n_tested: how many were tested, where only those with p-values of at most `rate` are given

    Raises ValueError for p-values outside 0..1 and for fewer tested than given.
    Source: Benjamini & Hochberg (1995), "Controlling the False Discovery Rate", Journal of the
    Royal Statistical Society B 57(1), 289-300.
    """
    if p_values.size and not (p_values.min() >= 0 and p_values.max() <= 1):
        raise ValueError("p-values must lie in 0..1")
    n_all = p_values.size if n_tested is None else n_tested
    if n_all < p_values.size:
        raise ValueError("n_tested must be at least the number of p-values")
    ordered = np.sort(p_values)
    within = np.flatnonzero(ordered * n_all <= rate * np.arange(1, ordered.size + 1))
    if not within.size:
        return np.zeros(p_values.size, dtype=np.bool_)
    return np.asarray(p_values <= ordered[within[-1]])
