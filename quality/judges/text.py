"""Texts: a vote among normalised spellings, weighted by the workers' accuracy."""

import numpy as np

from quality.core import TextSkills, TextVote, TextVotes, infer_texts, normalised
from quality.core.votes import Floats
from quality.judges.verdict import FieldVotes, Learned, Verdict, rounded, shares


class Texts:
    """The winning text in its most frequent spelling."""

    name = "normalised_vote"
    version = "1"
    stops_by_target = False

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the pooled accuracy; worker: the own accuracy."""
        model = TextVote().fit(_votes(votes)).model_
        return Learned(np.array([model.pooled]), model.accuracy[:, None])

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Is right as often as the population."""
        return population

    def judge(self, votes: FieldVotes, learned: Learned) -> tuple[list[Verdict], None]:
        """The text of each task; how right a vote is shows in the worker's accuracy only."""
        coded = _votes(votes)
        consensus = infer_texts(
            coded, TextSkills(float(learned.population[0]), learned.workers[:, 0])
        )
        winners = [None if text is None else normalised(text) for text in consensus.value]
        equal = np.array(
            [
                normalised(text) == winners[task]
                for text, task in zip(coded.text, votes.task.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        share = shares(votes, equal)
        verdicts = [
            Verdict(
                value=consensus.value[task],
                confidence=rounded(consensus.confidence[task]),
                stop_posterior=rounded(consensus.confidence[task]),
                share=share[task],
            )
            for task in range(votes.n_tasks)
        ]
        return verdicts, None


def _votes(votes: FieldVotes) -> TextVotes:
    return TextVotes(votes.task, votes.worker, tuple(votes.values), votes.n_tasks, votes.n_workers)
