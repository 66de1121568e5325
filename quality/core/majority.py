"""What most workers said."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core.gold import clamped
from quality.core.votes import Codes, Floats, Votes


class Majority:
    """Smoothed vote shares; every worker counts the same.

    Parameters
    ----------
    smoothing : pseudo-votes per label (Laplace); 0 leaves tasks without votes undefined, so it
        must be positive.

    Attributes, once fitted
    -----------------------
    posterior_ : (n_tasks, n_labels), each row sums to 1; uniform where nobody voted.
    ties_ : (n_tasks,) bool, whether two labels share the most votes; never where gold is known.
    """

    posterior_: Floats
    ties_: NDArray[np.bool_]

    def __init__(self, *, smoothing: float = 1.0) -> None:
        if smoothing <= 0:
            raise ValueError("smoothing must be positive")
        self.smoothing = smoothing

    def fit(self, votes: Votes, *, gold: Codes | None = None) -> Self:
        """Count the votes; gold is (n_tasks,), -1 for unknown, and wins over them."""
        weights = votes.counts() + self.smoothing
        self.posterior_ = clamped(weights / weights.sum(axis=1, keepdims=True), gold)
        peak = self.posterior_.max(axis=1, keepdims=True)
        self.ties_ = (self.posterior_ == peak).sum(axis=1) > 1
        return self
