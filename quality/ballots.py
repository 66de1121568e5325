"""A project's answers, read as the judges take them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality import reading, shown
from quality.judges import FieldVotes
from quality.models import Flag
from quality.reading import Ids
from tasks_app import forms
from tasks_app.forms import Field
from tasks_app.models import Project, Task


@dataclass(frozen=True, slots=True)
class Ballots:
    """The answers to a project.

    answers: their columns, in order of task and worker
    set_aside: (n_answers,) whether the worker's answers count no more
    gold: of each gold task, the fields to which one value alone is right, by task id
    """

    project: Project
    answers: reading.Columns
    set_aside: NDArray[np.bool_]
    gold: dict[int, dict[str, Any]]

    def seen(self) -> dict[int, int]:
        """How many answers were read of each task, counting or not."""
        return _counted(self.answers.task)

    def counting(self) -> dict[int, int]:
        """How many answers count for each task that has any."""
        return _counted(self.answers.task[~self.set_aside])

    def set_aside_by_task(self, key: str) -> dict[int, int]:
        """How many answers to the field count no more, of each task that has such."""
        return _counted(self.answers.task[self.set_aside & self.given(key)])

    def given(self, key: str) -> NDArray[np.bool_]:
        """Which answers say something to the field, (n_answers,)."""
        values = self.answers.values[key]
        if isinstance(values, list):
            return np.array([value is not None for value in values], dtype=np.bool_)
        return np.asarray(~np.isnan(values) if values.dtype.kind == "f" else values >= 0)


@dataclass(frozen=True, slots=True)
class FieldBallots:
    """The answers to one field that count, and what their codes stand for."""

    votes: FieldVotes
    task_ids: Ids
    worker_ids: Ids
    # Positions of the votes among the answers.
    rows: NDArray[np.intp]


def read(
    project: Project,
    task_ids: Iterable[int] | None = None,
    worker_ids: Iterable[int] | None = None,
) -> Ballots:
    """All answers of the project, or those to some tasks or by some workers.

    None of what is withdrawn or retired.
    """
    wanted = None if task_ids is None else list(task_ids)
    answers = reading.answers(project, wanted, worker_ids)
    gold = Task.objects.filter(project=project, is_gold=True).exclude(state__in=Task.GONE)
    if wanted is not None:
        gold = gold.filter(pk__in=wanted)
    return Ballots(
        project=project,
        answers=answers,
        set_aside=np.isin(answers.worker, restricted(project)),
        gold={pk: forms.certain(known or {}) for pk, known in gold.values_list("pk", "item__gold")},
    )


def restricted(project: Project) -> list[int]:
    """Workers whose answers to the project count no more: a flag restricts them."""
    return list(
        Flag.objects.restricting()
        .filter(project=project)
        .order_by("worker_id")
        .values_list("worker_id", flat=True)
        .distinct()
    )


def by_field(ballots: Ballots, form: list[Field]) -> Iterator[FieldBallots]:
    """The counting answers to each field that has any."""
    for field in form:
        rows = np.flatnonzero(ballots.given(field["key"]) & ~ballots.set_aside)
        if rows.size:
            yield _of_field(ballots, field, rows)


def _of_field(ballots: Ballots, field: Field, rows: NDArray[np.intp]) -> FieldBallots:
    key, answers = field["key"], ballots.answers
    task_ids, task = np.unique(answers.task[rows], return_inverse=True)
    worker_ids, worker = np.unique(answers.worker[rows], return_inverse=True)
    values = answers.values[key]
    votes = FieldVotes(
        field=field,
        task=task,
        worker=worker,
        values=[values[row] for row in rows.tolist()] if isinstance(values, list) else values[rows],
        n_tasks=task_ids.size,
        n_workers=worker_ids.size,
        gold=[ballots.gold.get(task_id, {}).get(key) for task_id in task_ids.tolist()],
        payloads=_payloads(ballots.project, field, task_ids.tolist()),
    )
    return FieldBallots(votes, task_ids, worker_ids, rows)


def _payloads(project: Project, field: Field, task_ids: list[int]) -> list[Any] | None:
    """What is compared on each task, for a field whose answers mean nothing without it.

    Payloads with nothing else in them, as the rest may be large; None where that is missing.
    """
    if field["type"] != "comparison":
        return None
    places = (field["left"], field["right"])
    seen = {pk: shown.only(whole, places) for pk, whole in shown.payloads(project, task_ids)}
    return [seen.get(task_id) for task_id in task_ids]


def _counted(task: Ids) -> dict[int, int]:
    tasks, counts = np.unique(task, return_counts=True)
    return dict(zip(tasks.tolist(), counts.tolist(), strict=True))
