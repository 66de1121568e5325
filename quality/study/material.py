"""A project's answers as the study of its workers takes them."""

from collections.abc import Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np

from quality import ballots
from quality.ballots import Ballots, FieldBallots
from quality.core import Votes
from quality.core.categorical import Default
from quality.core.fraud import Question
from quality.core.votes import Codes, Floats
from quality.reading import Ids
from tasks_app.models import Project

# A choice of many takes its sets as labels; of more different ones nothing can be learned.
MOST_SETS = 50


@dataclass(frozen=True, slots=True)
class Studied:
    """One categorical field: its question, and what its codes stand for.

    rows: (n_votes,) positions of the votes among the answers
    in_order: (n_votes,) the votes by worker, of each in order of time
    starts: (n_workers + 1,) where in that each worker's begin
    """

    key: str
    labels: list[Any]
    question: Question
    task_ids: Ids
    rows: Codes
    in_order: Codes
    starts: Codes

    def votes_of(self, code: int) -> Codes:
        """A worker's votes in order of time."""
        return self.in_order[self.starts[code] : self.starts[code + 1]]


@dataclass(frozen=True, slots=True)
class Material:
    """All that is studied; workers are numbered alike in every field."""

    ballots: Ballots
    worker_ids: Ids
    fields: list[Studied]

    def worker_of(self, rows: Codes) -> Codes:
        """The workers' codes of answers."""
        found: Codes = np.searchsorted(self.worker_ids, self.ballots.answers.worker[rows])
        return found


def read(project: Project) -> Material:
    """The answers that count, with the consensus of a fit of their own."""
    read = ballots.read(project)
    counting = np.unique(read.answers.worker[~read.set_aside])
    fields = [
        studied
        for of_field in ballots.by_field(read, project.form)
        if (studied := _studied(read, of_field, counting)) is not None
    ]
    return Material(read, counting, fields)


def _studied(read: Ballots, of_field: FieldBallots, worker_ids: Ids) -> Studied | None:
    coded = _coded(of_field)
    if coded is None:
        return None
    labels, label, gold = coded
    votes = of_field.votes
    worker = np.searchsorted(worker_ids, of_field.worker_ids[votes.worker])
    given = Votes(votes.task, worker, label, votes.n_tasks, worker_ids.size, len(labels))
    posterior: Floats = Default().fit(given, gold=gold).posterior_
    when = read.answers.number[of_field.rows].astype(np.float64)
    in_order = np.lexsort((when, worker))
    return Studied(
        key=votes.field["key"],
        labels=labels,
        question=Question(given, posterior, when, gold),
        task_ids=of_field.task_ids,
        rows=of_field.rows,
        in_order=in_order,
        starts=np.searchsorted(worker[in_order], np.arange(worker_ids.size + 1)),
    )


def _coded(of_field: FieldBallots) -> tuple[list[Any], Codes, Codes] | None:
    """Labels, votes and gold as codes; None for fields without right and wrong."""
    votes = of_field.votes
    if votes.field["type"] in {"choice", "ordinal"}:
        labels = list(votes.field["labels"])
        return labels, votes.values, _gold(votes.gold, {one: i for i, one in enumerate(labels)})
    if votes.field["type"] != "multichoice":
        return None
    sets = [tuple(value) for value in votes.values]
    known = [None if value is None else tuple(value) for value in votes.gold]
    distinct = sorted({*sets, *(one for one in known if one is not None)})
    if len(distinct) > MOST_SETS:
        return None
    code = {one: i for i, one in enumerate(distinct)}
    label = np.array([code[one] for one in sets], dtype=np.int64)
    return [list(one) for one in distinct], label, _gold(known, code)


def _gold(known: list[Any], code: dict[Any, int]) -> Codes:
    return np.array([-1 if one is None else code[one] for one in known], dtype=np.int64)


def in_time(material: Material, code: int) -> Iterator[tuple[Studied, int]]:
    """One worker's votes, of all fields, in the order in which they came."""
    found: list[tuple[float, int, int]] = []
    for place, studied in enumerate(material.fields):
        question = studied.question
        for vote in studied.votes_of(code).tolist():
            found.append((float(question.when[vote]), place, vote))
    for _, place, vote in sorted(found):
        yield material.fields[place], vote
