"""What goes into judging one field, and what comes out."""

from abc import ABC, abstractmethod
from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from quality.core.categorical import Threshold
from quality.core.votes import Codes, Floats
from tasks_app.forms import Field

DECIMALS = 4
# Above this many labels a distribution names only the likeliest.
MANY_LABELS = 50
LIKELIEST = 20


@dataclass(frozen=True, slots=True)
class FieldVotes:
    """The answers to one field, in dense codes.

    task, worker: (n_votes,) codes
    values: n_votes answers: of a choice or an ordinal the positions of the labels, of a number
        floats, as arrays; else a list of answers as the form keeps them
    gold: n_tasks known answers, None where unknown
    payloads: n_tasks payloads as workers see them; None where they were not read, as for fields
        that do not point into them
    """

    field: Field
    task: Codes
    worker: Codes
    values: Any
    n_tasks: int
    n_workers: int
    gold: list[Any]
    payloads: list[Any] | None = None

    def answer(self, vote: int) -> Any:
        """What the worker said, as the form keeps it."""
        if self.field["type"] in {"choice", "ordinal"}:
            return self.field["labels"][self.values[vote]]
        return float(self.values[vote]) if self.field["type"] == "number" else self.values[vote]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a fit knows of one field, as it is stored.

    population: (n_population,) parameters of the field as a whole
    workers: one row of parameters for each worker; rows may differ in length
    """

    population: Floats
    workers: Sequence[Floats]

    @property
    def table(self) -> Floats:
        """The workers' rows where all are of one length, (n_workers, n_parameters)."""
        return np.stack(self.workers)


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is believed about one field of one task; numbers are rounded for the feed."""

    value: Any
    confidence: float | None
    stop_posterior: float | None
    share: float | None
    distribution: dict[str, float] | None = None
    interval: list[float] | None = None


@dataclass(frozen=True, slots=True)
class Opinion:
    """What votes say under a model.

    verdicts: one for each task
    right: (n_votes,) the probability that each vote is right; None for types without right and
        wrong
    """

    verdicts: list[Verdict]
    right: Floats | None


@dataclass(frozen=True, slots=True)
class Fitted:
    """What a fit learned, what it makes of its votes, and when it has votes enough.

    threshold: from which stop posterior a task stops; None for the project's target
    parameters: what the revisions say of how the fit was made
    """

    learned: Learned
    opinion: Opinion
    threshold: Threshold | None = None
    parameters: dict[str, Any] = field(default_factory=dict)


class Judge(Protocol):
    """How answers to fields of one type become verdicts.

    `fit` and `judge` are pure; `judge` with what `fit` learned gives the fit's own opinion of its
    votes, and with the stored models of some workers it brings their tasks up to date.
    """

    # Whether a task of this field stops by the target, or else at the minimum of answers.
    stops_by_target: bool

    def called(self, field: Field) -> tuple[str, str]:
        """The aggregator that judges this field, and its version."""

    def fit(self, votes: FieldVotes, *, target: float, least: int) -> Fitted:
        """Fit the field's model to all votes; no task stops with fewer than the least."""

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """The parameters of a worker whom the fit has not met."""

    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """What the votes say under what was learned."""


class Stepwise(ABC):
    """A judge that learns parameters, then judges by them; its fields stop at the minimum."""

    stops_by_target = False
    name: str
    version: str

    def called(self, field: Field) -> tuple[str, str]:
        """See Judge."""
        return self.name, self.version

    def fit(self, votes: FieldVotes, *, target: float, least: int) -> Fitted:
        """See Judge."""
        learned = self.learn(votes)
        return Fitted(learned, self.judge(votes, learned))

    @abstractmethod
    def learn(self, votes: FieldVotes) -> Learned:
        """The parameters of the field and of its workers."""

    @abstractmethod
    def judge(self, votes: FieldVotes, learned: Learned) -> Opinion:
        """See Judge."""


def rounded(number: float) -> float:
    """As the feed shows it."""
    return round(float(number), DECIMALS)


def shares(votes: FieldVotes, equal: NDArray[np.bool_]) -> list[float | None]:
    """Per task the share of answers that equal its value; None below two answers."""
    n = np.bincount(votes.task, minlength=votes.n_tasks)
    n_equal = np.bincount(votes.task, weights=equal.astype(float), minlength=votes.n_tasks)
    return [
        rounded(same / count) if count > 1 else None
        for same, count in zip(n_equal.tolist(), n.tolist(), strict=True)
    ]


def distribution(labels: list[str], posterior: Floats) -> dict[str, float]:
    """Label to probability; of very many labels the likeliest, and the rest together."""
    if len(labels) <= MANY_LABELS:
        return {label: rounded(p) for label, p in zip(labels, posterior.tolist(), strict=True)}
    order = np.argsort(-posterior, kind="stable")[:LIKELIEST]
    told = {labels[i]: rounded(posterior[i]) for i in order}
    return told | {"…other": rounded(1 - posterior[order].sum())}
