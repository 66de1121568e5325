"""Which label is right, and who errs how: Dawid and Skene's model at its likeliest."""

import numpy as np

from quality.core.categorical.aggregator import class_shares
from quality.core.categorical.engine.grid import on_grid
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.likeliest.climbing import Likeliest
from quality.core.votes import Floats

# Expected votes below this count as this much, so that nothing is impossible.
FEWEST = 1e-10


class DawidSkene(Likeliest):
    """Every worker has a confusion matrix; no prior, the maximum of the likelihood.

    It starts from the vote and is over-confident with few votes a worker: Hierarchical and Default
    are the better choice, this one is the yardstick.

    Source: Dawid & Skene (1979), "Maximum Likelihood Estimation of Observer Error-Rates Using the
    EM Algorithm", Applied Statistics 28(1), 20-28.
    """

    def _round(self, panel: Panel, posterior: Floats) -> tuple[Floats, float]:
        self.log_prior_ = class_shares(panel, posterior)
        return panel.posterior(_table(panel, posterior), self.log_prior_)


def _table(panel: Panel, posterior: Floats) -> Floats:
    """Log probabilities of what each worker said given each truth, (n_rows, n_labels)."""
    table = panel.tallies(posterior)
    np.maximum(table, FEWEST, out=table)
    table /= panel.by_worker(table)[panel.row_place]
    return on_grid(np.log(table, out=table))
