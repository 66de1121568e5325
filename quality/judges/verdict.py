"""What goes into judging one field, and what comes out."""

from dataclasses import dataclass
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

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
    values: n_votes answers, as the form keeps them
    gold: n_tasks known answers, None where unknown
    """

    field: Field
    task: Codes
    worker: Codes
    values: list[Any]
    n_tasks: int
    n_workers: int
    gold: list[Any]


@dataclass(frozen=True, slots=True)
class Learned:
    """What a fit knows of one field, as it is stored.

    population: (n_population,) parameters of the field as a whole
    workers: (n_workers, n_parameters) parameters of each worker
    """

    population: Floats
    workers: Floats


@dataclass(frozen=True, slots=True)
class Verdict:
    """What is believed about one field of one task; numbers are rounded for the feed."""

    value: Any
    confidence: float | None
    stop_posterior: float | None
    share: float | None
    distribution: dict[str, float] | None = None
    interval: list[float] | None = None


class Judge(Protocol):
    """How answers to fields of one type become verdicts.

    `learn` and `judge` are pure; `judge` with what `learn` returned is the fit's own verdict,
    and with the stored models of some workers it brings their tasks up to date.
    """

    name: str
    version: str
    # Whether a task of this field stops by the target, or else at the minimum of answers.
    stops_by_target: bool

    def learn(self, votes: FieldVotes) -> Learned:
        """Fit the field's model to all votes."""

    def newcomer(self, votes: FieldVotes, population: Floats) -> Floats:
        """The parameters of a worker whom the fit has not met."""

    def judge(self, votes: FieldVotes, learned: Learned) -> tuple[list[Verdict], Floats | None]:
        """A verdict for each task, and for each vote the probability that it is right.

        The latter is None for types without a right and wrong.
        """


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
