"""Every worker is right with one probability, and errs evenly."""

import numpy as np

from quality.core.categorical.aggregator import class_shares
from quality.core.categorical.engine.grid import on_grid
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.likeliest.climbing import Likeliest
from quality.core.votes import Floats

SMALLEST = 1e-10


class OneCoin(Likeliest):
    """Dawid and Skene's model with one accuracy per worker, at its likeliest.

    It fails where a label is missed systematically; SharedError does not assume even errors.

    Source: Zhang, Chen, Zhou & Jordan (2016), "Spectral Methods Meet EM: A Provably Optimal
    Algorithm for Crowdsourcing", Journal of Machine Learning Research 17(102), section 2.
    """

    def _round(self, panel: Panel, posterior: Floats) -> tuple[Floats, float]:
        self.log_prior_ = class_shares(panel, posterior)
        accuracy = panel.by_worker(panel.hits(posterior)) / panel.worker_weights
        right = np.clip(accuracy, SMALLEST, 1.0 - SMALLEST)
        wrong = np.clip((1.0 - accuracy) / max(panel.n_labels - 1, 1), SMALLEST, None)
        gain, base = on_grid(np.log(right / wrong)), np.log(wrong)
        return panel.hit_posterior(gain[panel.row_place], base[panel.row_place], self.log_prior_)
