"""Every worker is right with one probability, and errs evenly."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, class_shares
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.grid import on_grid
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats

SMALLEST = 1e-10


class OneCoin(Aggregator):
    """Dawid and Skene's model with one accuracy per worker, at its likeliest.

    It fails where a label is missed systematically; SharedError does not assume even errors.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    accelerate : extrapolate between rounds; the fixed point is the same.

    Source: Zhang, Chen, Zhou & Jordan (2016), "Spectral Methods Meet EM: A Provably Optimal
    Algorithm for Crowdsourcing", Journal of Machine Learning Research 17(102), section 2.
    """

    def __init__(
        self, *, max_rounds: int = 300, tol: float = 1e-7, accelerate: bool = True
    ) -> None:
        if max_rounds < 1:
            raise ValueError("max_rounds must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.accelerate = accelerate

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        n_votes = panel.by_worker(panel.row_weights)

        def step(posterior: Floats) -> tuple[Floats, float]:
            self.log_prior_ = class_shares(panel, posterior)
            accuracy = panel.by_worker(panel.hits(posterior)) / n_votes
            right = np.clip(accuracy, SMALLEST, 1.0 - SMALLEST)
            wrong = np.clip((1.0 - accuracy) / max(panel.n_labels - 1, 1), SMALLEST, None)
            gain, base = on_grid(np.log(right / wrong)), np.log(wrong)
            return panel.hit_posterior(
                gain[panel.row_place], base[panel.row_place], self.log_prior_
            )

        return climb(
            step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=self.accelerate
        )
