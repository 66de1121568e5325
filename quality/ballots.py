"""A project's answers, read as the judges take them."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.judges import FieldVotes
from quality.models import Flag
from tasks_app.forms import Field
from tasks_app.models import Answer, Project, Task

Ids = NDArray[np.int64]


@dataclass(frozen=True, slots=True)
class Ballots:
    """Answers in order of task and worker; one entry per answer.

    task, worker: (n_answers,) ids
    values: n_answers answers, field to value
    guideline: n_answers guideline versions, 0 where unknown
    set_aside: (n_answers,) whether the worker's answers count no more
    gold: known answers of gold tasks, by task id
    """

    task: Ids
    worker: Ids
    values: list[dict[str, Any]]
    guideline: Ids
    set_aside: NDArray[np.bool_]
    gold: dict[int, dict[str, Any]]

    def seen(self) -> dict[int, int]:
        """How many answers were read of each task, counting or not."""
        tasks, counts = np.unique(self.task, return_counts=True)
        return dict(zip(tasks.tolist(), counts.tolist(), strict=True))


@dataclass(frozen=True, slots=True)
class FieldBallots:
    """The answers to one field that count, and what their codes stand for."""

    votes: FieldVotes
    task_ids: Ids
    worker_ids: Ids
    # Positions of the votes among the ballots.
    rows: NDArray[np.intp]


def read(project: Project, task_ids: Iterable[int] | None = None) -> Ballots:
    """All answers of the project, or those to some tasks; none of withdrawn items."""
    answers = Answer.objects.filter(project=project).exclude(task__state=Task.State.WITHDRAWN)
    gold = Task.objects.filter(project=project, is_gold=True).exclude(state=Task.State.WITHDRAWN)
    if task_ids is not None:
        wanted = list(task_ids)
        answers, gold = answers.filter(task_id__in=wanted), gold.filter(pk__in=wanted)
    rows = list(
        answers.order_by("task_id", "worker_id").values_list(
            "task_id", "worker_id", "values", "guideline_version"
        )
    )
    worker = np.array([row[1] for row in rows], dtype=np.int64)
    return Ballots(
        task=np.array([row[0] for row in rows], dtype=np.int64),
        worker=worker,
        values=[row[2] for row in rows],
        guideline=np.array([row[3] or 0 for row in rows], dtype=np.int64),
        set_aside=np.isin(worker, restricted(project)),
        gold={pk: known or {} for pk, known in gold.values_list("pk", "item__gold")},
    )


def restricted(project: Project) -> list[int]:
    """Workers whose answers to the project count no more: a flag about them was confirmed."""
    return list(
        Flag.objects.filter(project=project, state=Flag.State.CONFIRMED)
        .order_by("worker_id")
        .values_list("worker_id", flat=True)
        .distinct()
    )


def by_field(ballots: Ballots, form: list[Field]) -> Iterator[FieldBallots]:
    """The counting answers to each field that has any."""
    for field in form:
        key = field["key"]
        rows = np.array(
            [
                row
                for row, (values, aside) in enumerate(
                    zip(ballots.values, ballots.set_aside.tolist(), strict=True)
                )
                if key in values and not aside
            ],
            dtype=np.intp,
        )
        if not rows.size:
            continue
        task_ids, task = np.unique(ballots.task[rows], return_inverse=True)
        worker_ids, worker = np.unique(ballots.worker[rows], return_inverse=True)
        votes = FieldVotes(
            field=field,
            task=task,
            worker=worker,
            values=[ballots.values[row][key] for row in rows.tolist()],
            n_tasks=task_ids.size,
            n_workers=worker_ids.size,
            gold=[ballots.gold.get(task_id, {}).get(key) for task_id in task_ids.tolist()],
        )
        yield FieldBallots(votes, task_ids, worker_ids, rows)
