"""Texts: short ones voted on as wholes, long ones word by word."""

from dataclasses import replace

import numpy as np

from quality.core import texts
from quality.core.texts import TextConsensus, TextVotes, normalised
from quality.core.votes import Floats
from quality.judges.verdict import (
    FieldVotes,
    Fitted,
    Learned,
    Opinion,
    Stepwise,
    Verdict,
    rounded,
    shares,
)
from tasks_app.forms import Field


class Texts(Stepwise):
    """The winning text in its most frequent spelling, by the aggregator that the field names.

    "normalised_vote" has texts win as wholes, "rover" their words one by one, their confidences
    multiplied. Where the field names none, each fit decides by `are_long`; what is judged by the
    fit keeps to its decision.
    """

    name = "rover_or_vote"
    version = "1"

    def called(self, field: Field) -> tuple[str, str]:
        """See Judge."""
        return field.get("aggregator", self.name), self.version

    def fit(self, votes: FieldVotes, *, target: float, least: int) -> Fitted:
        """See Judge."""
        fitted = super().fit(votes, target=target, least=least)
        aggregator = "rover" if _is_by_words(fitted.learned) else "normalised_vote"
        return replace(fitted, parameters={"aggregator": aggregator})

    def learn(self, votes: FieldVotes) -> Learned:
        """Worker: the own accuracy.

        Population: the pooled accuracy; where words win, also which share of the wrong ones was
        left out.
        """
        coded = _votes(votes)
        by_default = "rover" if texts.are_long(coded.text) else "normalised_vote"
        if votes.field.get("aggregator", by_default) == "rover":
            skills = texts.Rover().fit(coded).model_
            return Learned(
                np.array([skills.pooled, skills.silence]), list(skills.accuracy[:, None])
            )
        model = texts.TextVote().fit(coded).model_
        return Learned(np.array([model.pooled]), list(model.accuracy[:, None]))

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Is right as often as the population."""
        return population[:1]

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The text of each task; how right a vote is shows in the worker's accuracy only."""
        coded = _votes(votes)
        consensus = _consensus(coded, learned)
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
        return Opinion(verdicts, None)


def _consensus(votes: TextVotes, learned: Learned) -> TextConsensus:
    pooled, accuracy = float(learned.population[0]), learned.table[:, 0]
    if _is_by_words(learned):
        silence = float(learned.population[1])
        return texts.infer_words(votes, texts.RoverSkills(pooled, accuracy, silence))
    return texts.infer_texts(votes, texts.TextSkills(pooled, accuracy))


def _is_by_words(learned: Learned) -> bool:
    return learned.population.size > 1


def _votes(votes: FieldVotes) -> TextVotes:
    return TextVotes(votes.task, votes.worker, tuple(votes.values), votes.n_tasks, votes.n_workers)
