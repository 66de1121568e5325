"""Numbers: a median weighted by how precise each worker has been."""

import numpy as np

from quality.core import NumberVotes, Scales, WeightedMedian, infer_numbers, within
from quality.core.votes import Floats
from quality.judges.verdict import FieldVotes, Learned, Verdict, rounded, shares


class Numbers:
    """The weighted median with its 95 % interval."""

    name = "weighted_median"
    version = "1"
    stops_by_target = False

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the pooled scale; worker: the own scale."""
        model = WeightedMedian().fit(_votes(votes)).model_
        return Learned(np.array([model.pooled]), model.scale[:, None])

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Errs as the population does."""
        return population

    def judge(self, votes: FieldVotes, learned: Learned) -> tuple[list[Verdict], None]:
        """The number of each task; a number is near or far, not right or wrong."""
        coded = _votes(votes)
        consensus = infer_numbers(
            coded, Scales(float(learned.population[0]), learned.workers[:, 0])
        )
        tolerance = votes.field.get("tolerance")
        near = abs(coded.value - consensus.value[coded.task]) <= (tolerance or 0)
        share = shares(votes, near)
        sure = None if tolerance is None else np.clip(within(consensus, tolerance), 0.0, 1.0)
        verdicts = [
            Verdict(
                value=rounded(consensus.value[task]),
                confidence=None if sure is None else rounded(sure[task]),
                stop_posterior=None if sure is None else rounded(sure[task]),
                share=share[task],
                interval=[rounded(end) for end in consensus.interval[task]],
            )
            for task in range(votes.n_tasks)
        ]
        return verdicts, None


def _votes(votes: FieldVotes) -> NumberVotes:
    value = np.array(votes.values, dtype=np.float64)
    return NumberVotes(votes.task, votes.worker, value, votes.n_tasks, votes.n_workers)
