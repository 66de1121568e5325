"""Spans of text: which stretches are marked, and where the marks begin and end."""

from collections import defaultdict
from dataclasses import dataclass
from itertools import pairwise
from typing import NamedTuple, Self

import numpy as np

from quality.core.regions.detection import Detection, Detectors, Sightings
from quality.core.regions.detection import infer as believed
from quality.core.regions.lines import Line
from quality.core.skill import Accuracy
from quality.core.votes import Codes, Floats, check_pairs


class Span(NamedTuple):
    """Code points start to end, the end left out, and the code of their label."""

    start: int
    end: int
    label: int


class FoundSpan(NamedTuple):
    """A span of the consensus, with the mean probability that its code points belong to it."""

    start: int
    end: int
    label: int
    confidence: float


@dataclass(frozen=True, slots=True)
class SpanVotes:
    """Spans drawn per vote, perhaps none, at most one vote per worker and task.

    task: (n_votes,) in 0..n_tasks-1
    worker: (n_votes,) in 0..n_workers-1
    spans: n_votes collections of spans; of one label they do not overlap

    Raises ValueError for unequal lengths, codes out of bounds, repeated (task, worker) pairs,
    and empty or overlapping spans.
    """

    task: Codes
    worker: Codes
    spans: tuple[tuple[Span, ...], ...]
    n_tasks: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        if len(self.spans) != self.task.size:
            raise ValueError("spans must have one entry per vote")
        for row, spans in enumerate(self.spans):
            _check(row, spans)


@dataclass(frozen=True, slots=True)
class SpanConsensus:
    """The spans of each task.

    value: n_tasks tuples of found spans, by start, end and label; None where nobody answered
    confidence: (n_tasks,), how sure the least sure code point is; 0 where nobody answered
    """

    value: tuple[tuple[FoundSpan, ...] | None, ...]
    confidence: Floats


class SpanVote:
    """A vote on every code point and label; boundaries voted among those that workers drew.

    Code points between two neighbouring boundaries were marked by the same workers: they are one
    stretch, and one thing to be detected.

    Parameters
    ----------
    max_rounds, strength : see Detection.

    Attributes, once fitted
    -----------------------
    consensus_ : SpanConsensus.
    model_ : Detectors; `infer` with it gives consensus_ again.
    workers_ : Accuracy, how often a worker's marking or not marking a stretch is right.
    """

    consensus_: SpanConsensus
    model_: Detectors
    workers_: Accuracy

    def __init__(self, *, max_rounds: int = 30, strength: float = 8.0) -> None:
        self.detection = Detection(max_rounds=max_rounds, strength=strength)

    def fit(self, votes: SpanVotes) -> Self:
        """Learn from the votes."""
        lines = _Lines(votes)
        fitted = self.detection.fit(lines.sightings())
        self.model_, self.workers_ = fitted.model_, fitted.workers_
        self.consensus_ = lines.consensus(fitted.posterior_, fitted.model_)
        return self


def infer(votes: SpanVotes, model: Detectors) -> SpanConsensus:
    """The spans under learned rates; worker codes index the model's rates.

    Raises ValueError if the model is for another number of workers.
    """
    if model.hit.shape != (votes.n_workers + 1,):
        raise ValueError("the model must have one rate per worker, and one for newcomers")
    lines = _Lines(votes)
    return lines.consensus(believed(lines.sightings(), model), model)


class _Lines:
    """What was drawn with each label on each task, and who was asked."""

    def __init__(self, votes: SpanVotes) -> None:
        self.votes = votes
        self.asked: dict[int, list[int]] = defaultdict(list)
        drawn: dict[tuple[int, int], dict[int, list[tuple[int, int]]]] = defaultdict(dict)
        for task, worker, spans in zip(
            votes.task.tolist(), votes.worker.tolist(), votes.spans, strict=True
        ):
            self.asked[task].append(worker)
            for start, end, label in sorted(spans):
                drawn[task, label].setdefault(worker, []).append((start, end))
        self.lines = {place: Line(of_worker) for place, of_worker in sorted(drawn.items())}

    def sightings(self) -> Sightings:
        """Every stretch that somebody marked, under the eyes of everyone asked."""
        thing: list[int] = []
        worker: list[int] = []
        drawn: list[bool] = []
        n_things = 0
        for (task, _), line in self.lines.items():
            for stretch in line.stretches:
                thing += [n_things] * len(self.asked[task])
                worker += self.asked[task]
                drawn += [by in stretch.markers for by in self.asked[task]]
                n_things += 1
        return Sightings(
            np.array(thing, dtype=np.int64),
            np.array(worker, dtype=np.int64),
            np.array(drawn, dtype=np.bool_),
            n_things,
            self.votes.n_workers,
        )

    def consensus(self, posterior: Floats, model: Detectors) -> SpanConsensus:
        """The spans that are there, and how sure that is."""
        n_tasks = self.votes.n_tasks
        found: list[list[FoundSpan]] = [[] for _ in range(n_tasks)]
        # Where nobody marked anything, all may have missed the same thing.
        missed = np.bincount(
            self.votes.task, np.log(1 - model.hit[self.votes.worker]), minlength=n_tasks
        )
        is_asked = np.bincount(self.votes.task, minlength=n_tasks) > 0
        confidence = np.where(is_asked, -np.expm1(missed), 0.0)
        done = 0
        for (task, label), line in self.lines.items():
            own = posterior[done : done + len(line.stretches)]
            done += len(own)
            found[task] += [
                FoundSpan(start, end, label, sure)
                for start, end, sure in line.spans(own, model.hit)
            ]
            confidence[task] = min(confidence[task], np.maximum(own, 1 - own).min())
        value = [
            tuple(sorted(spans)) if asked else None
            for spans, asked in zip(found, is_asked.tolist(), strict=True)
        ]
        return SpanConsensus(tuple(value), confidence)


def _check(row: int, spans: tuple[Span, ...]) -> None:
    if any(not 0 <= span.start < span.end for span in spans):
        raise ValueError(f"row {row}: a span must have 0 <= start < end")
    ordered = sorted(spans, key=lambda span: (span.label, span.start))
    for span, following in pairwise(ordered):
        if span.label == following.label and following.start < span.end:
            raise ValueError(f"row {row}: spans of one label overlap")
