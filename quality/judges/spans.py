"""Spans: a vote on every code point, and on where the marks begin and end."""

from typing import Any

import numpy as np

from quality.core.regions import Detectors, Span, SpanVote, SpanVotes, infer_spans
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

Told = dict[str, Any]


class Spans(Stepwise):
    """The spans that are more likely there than not, each with its confidence.

    The confidence of the whole is that of the least sure code point: those of one span are not
    independent of each other.
    """

    name = "span_vote"
    version = "1"

    def learn(self, votes: FieldVotes) -> Learned:
        """Population: the share of marks that are right, a newcomer's rates; worker: the own."""
        return stored(SpanVote().fit(_votes(votes)).model_)

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """Sees as well as the population does."""
        return population[1:]

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """The spans of each task; an answer is nearer or farther, not right or wrong."""
        consensus = infer_spans(_votes(votes), detectors(learned))
        labels = votes.field["labels"]
        values: list[list[Told]] = [
            [
                {"start": start, "end": end, "label": labels[label], "confidence": rounded(sure)}
                for start, end, label, sure in found or ()
            ]
            for found in consensus.value
        ]
        bare = [[_bare(span) for span in spans] for spans in values]
        equal = np.array(
            [
                sorted(map(_bare, given)) == sorted(bare[task])
                for given, task in zip(votes.values, votes.task.tolist(), strict=True)
            ],
            dtype=np.bool_,
        )
        share = shares(votes, equal)
        verdicts = [
            Verdict(
                value=spans,
                confidence=rounded(consensus.confidence[task]),
                stop_posterior=rounded(consensus.confidence[task]),
                share=share[task],
            )
            for task, spans in enumerate(values)
        ]
        return Opinion(verdicts, None)


def stored(model: Detectors) -> Learned:
    """Rates as they are kept: the share of real things, and hit and alarm of a newcomer."""
    rates = np.stack([model.hit, model.alarm], axis=1)
    return Learned(np.concatenate([[model.real], rates[-1]]), list(rates[:-1]))


def detectors(learned: Learned) -> Detectors:
    """Rates as they were kept, a newcomer's last."""
    rates = np.vstack([learned.table[:, :2], learned.population[1:3]])
    return Detectors(float(learned.population[0]), rates[:, 0], rates[:, 1])


def _bare(span: Told) -> tuple[int, int, str]:
    return span["start"], span["end"], span["label"]


def _votes(votes: FieldVotes) -> SpanVotes:
    code = {label: i for i, label in enumerate(votes.field["labels"])}
    spans = tuple(
        tuple(Span(span["start"], span["end"], code[span["label"]]) for span in given)
        for given in votes.values
    )
    return SpanVotes(votes.task, votes.worker, spans, votes.n_tasks, votes.n_workers)
