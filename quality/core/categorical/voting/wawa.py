"""A vote in which workers weigh as much as they agree with the majority."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, even, shares
from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats


class Wawa(Aggregator):
    """Worker agreement with aggregate: one weighted vote after one plain vote.

    Attributes, once fitted
    -----------------------
    skill_ : (n_workers,), the share of a worker's votes that the majority gave too; 0 without any.

    Source: Appen (2021), "Calculating Worker Agreement with Aggregate (Wawa)".
    """

    skill_: Floats

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        self.log_prior_ = even(panel)
        plain = shares(panel)
        skill = agreement(panel, winners(panel, plain))
        self.skill_ = np.zeros(panel.n_workers)
        people = panel.present < panel.n_workers
        self.skill_[panel.present[people]] = skill[people]
        return Summit(panel.clamped(weighted(panel, skill, plain)), [], 2, True)


def winners(panel: Panel, share: Floats) -> Floats:
    """1 for the label with the largest share, (n_labels, n_voted); ties are shared evenly."""
    highest = share >= share.max(axis=0, initial=0.0) - 1e-12
    return panel.clamped(np.asarray(highest / highest.sum(axis=0)))


def agreement(panel: Panel, chosen: Floats) -> Floats:
    """The share of each present worker's votes that were chosen, (n_present,)."""
    return panel.by_worker(panel.hits(chosen)) / panel.worker_weights


def weighted(panel: Panel, skill: Floats, fallback: Floats) -> Floats:
    """Vote shares, each vote by its worker's skill; the fallback where all of them have none."""
    total = np.empty((panel.n_labels, panel.n_voted))
    for span, block in panel:
        total[:, span] = block.hit_sums(skill[panel.row_place])
    weight = total.sum(axis=0)
    shared = np.divide(total, weight, out=fallback.copy(), where=weight > 0)
    return np.asarray(shared)
