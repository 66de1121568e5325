"""Which label is right, and who errs how: Dawid and Skene's model at its likeliest."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, class_shares
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.grid import on_grid
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats

# Expected votes below this count as this much, so that nothing is impossible.
FEWEST = 1e-10


class DawidSkene(Aggregator):
    """Every worker has a confusion matrix; no prior, the maximum of the likelihood.

    It starts from the vote and is over-confident with few votes a worker: Hierarchical and Default
    are the better choice, this one is the yardstick.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    accelerate : extrapolate between rounds; the fixed point is the same.

    Source: Dawid & Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm", Applied Statistics 28(1), 20-28.
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
        def step(posterior: Floats) -> tuple[Floats, float]:
            self.log_prior_ = class_shares(panel, posterior)
            return panel.posterior(_table(panel, posterior), self.log_prior_)

        return climb(
            step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=self.accelerate
        )


def _table(panel: Panel, posterior: Floats) -> Floats:
    """Log probabilities of what each worker said given each truth, (n_rows, n_labels)."""
    table = panel.tallies(posterior)
    np.maximum(table, FEWEST, out=table)
    table /= panel.by_worker(table)[panel.row_place]
    return on_grid(np.log(table, out=table))
