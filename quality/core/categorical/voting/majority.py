"""What most workers said."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, even, shares
from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats


class Majority(Aggregator):
    """Smoothed vote shares; every worker counts the same.

    Parameters
    ----------
    smoothing : pseudo-votes per label (Laplace), for each that somebody gave and one for the
        others together; 0 for plain shares. They follow the class prior, if one is given.
    """

    def __init__(self, *, smoothing: float = 1.0) -> None:
        if smoothing < 0:
            raise ValueError("smoothing must not be negative")
        self.smoothing = smoothing

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        self.log_prior_ = even(panel)
        return Summit(panel.clamped(vote(panel, self.smoothing)), [], 1, True)


def vote(panel: Panel, smoothing: float) -> Floats:
    """Vote shares with so many pseudo-votes per label, (n_labels, n_voted)."""
    if panel.prior is None:
        return shares(panel, smoothing)
    counted = panel.shares() + smoothing * panel.n_labels * panel.prior[:, None]
    return np.asarray(counted / counted.sum(axis=0))
