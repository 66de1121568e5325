"""Numbers: a mean weighted by how each worker measures."""

import numpy as np

from quality.core.numbers import (
    NumberModel,
    NumberVotes,
    RobustMean,
    infer,
    settled_within,
    within,
)
from quality.core.votes import Floats
from quality.judges.verdict import (
    FieldVotes,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)


class Numbers(Stepwise):
    """The robust mean with its 95 % interval."""

    name = "robust_mean"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: centre, spread, tails, scale and shared error; worker: how they measure."""
        model = RobustMean().fit(_votes(votes), gold=_gold(votes)).model_
        # The freedom of normal errors is infinite, which not every store can hold.
        population = [model.centre, model.spread, 1.0 / model.freedom, model.typical]
        population += [model.shared, model.shared_freedom]
        workers = np.stack([model.bias, model.slope, model.scale], axis=1)
        return Learned(np.array(population), list(workers))

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Leans to no side and errs as is typical."""
        return np.array([0.0, 1.0, population[3]])

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The number of each task; a number is near or far, not right or wrong.

        Confidence is that the truth is within the field's tolerance of it. The stop posterior
        leaves out what answers to a task err in common, which more of them would not mend.
        """
        coded = _votes(votes)
        consensus = infer(coded, _model(learned), gold=_gold(votes))
        tolerance = votes.field.get("tolerance")
        near = abs(coded.value - consensus.value[coded.task]) <= (tolerance or 0)
        share = shares(votes, near)
        sure = None if tolerance is None else within(consensus, tolerance)
        settled = None if tolerance is None else settled_within(consensus, tolerance)
        verdicts = [
            Verdict(
                value=rounded(consensus.value[task]),
                confidence=None if sure is None else rounded(sure[task]),
                stop_posterior=None if settled is None else rounded(settled[task]),
                share=share[task],
                interval=[rounded(end) for end in consensus.interval[task]],
            )
            for task in range(votes.n_tasks)
        ]
        return Opinion(verdicts, None)


def _votes(votes: FieldVotes) -> NumberVotes:
    value = np.asarray(votes.values, dtype=np.float64)
    return NumberVotes(votes.task, votes.worker, value, votes.n_tasks, votes.n_workers)


def _gold(votes: FieldVotes) -> Floats:
    return np.array([np.nan if known is None else known for known in votes.gold], dtype=np.float64)


def _model(learned: Learned) -> NumberModel:
    centre, spread, tails, typical, shared, shared_freedom = learned.population.tolist()
    bias, slope, scale = learned.table.T
    return NumberModel(
        centre=centre,
        spread=spread,
        freedom=1.0 / tails if tails else np.inf,
        typical=typical,
        shared=shared,
        shared_freedom=shared_freedom,
        bias=bias,
        slope=slope,
        scale=scale,
    )
