"""A vote in which workers weigh as much as they agree with that very vote."""

import numpy as np

from quality.core.categorical.aggregator import Aggregator, even
from quality.core.categorical.engine.climb import Summit
from quality.core.categorical.engine.panel import Panel
from quality.core.categorical.voting.wawa import agreement, weighted, winners
from quality.core.votes import Floats

# At first a worker is a little better than chance.
ABOVE_CHANCE = 1e-5


class ZeroBasedSkill(Aggregator):
    """Skills and a weighted vote in turn, each round moving the skills part of the way.

    Parameters
    ----------
    n_rounds : how many rounds are run.
    pace : the part of the way that a round goes; it is halved every `steps` rounds.

    Attributes, once fitted
    -----------------------
    skill_ : (n_workers,), how often a worker agrees with the vote; 0 without votes.
    """

    skill_: Floats

    def __init__(self, *, n_rounds: int = 100, pace: float = 1.0, steps: int = 20) -> None:
        if n_rounds < 1 or steps < 1 or not 0 < pace <= 1:
            raise ValueError("n_rounds and steps must be positive, pace in 0..1")
        self.n_rounds = n_rounds
        self.pace = pace
        self.steps = steps

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        self.log_prior_ = even(panel)
        skill = np.full(panel.present.size, 1.0 / panel.n_labels + ABOVE_CHANCE)
        share, pace = weighted(panel, skill, first), self.pace
        for number in range(1, self.n_rounds + 1):
            if number % self.steps == 0:
                pace /= 2
            skill = skill + pace * (agreement(panel, winners(panel, share)) - skill)
            share = weighted(panel, skill, first)
        self.skill_ = np.zeros(panel.n_workers)
        people = panel.present < panel.n_workers
        self.skill_[panel.present[people]] = skill[people]
        return Summit(panel.clamped(share), [], self.n_rounds, True)
