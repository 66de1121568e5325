"""How far projects and tasks are."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Count, Sum

from tasks_app.models import Assignment, Tally, Task
from tasks_app.sql import statement

FOLD = statement("fold_tallies")
# So many tallies of a project are as quick to add up as one.
MOST_TALLIES = 64


@dataclass(frozen=True, slots=True)
class Counts:
    """What a project has; open_tasks are those a worker could claim, gold is not among them."""

    items: int = 0
    tasks: int = 0
    open_tasks: int = 0
    resolved: int = 0
    unresolvable: int = 0
    answers: int = 0


def counts(project_ids: Sequence[int]) -> dict[int, Counts]:
    """By project, what it has at this moment; the cost does not grow with it."""
    names = ("items", "tasks", "open_tasks", "resolved", "unresolvable", "answers")
    rows = (
        Tally.objects.filter(project__in=project_ids)
        .order_by()
        .values_list("project")
        .annotate(*(Sum(name) for name in names))
    )
    told = {project_id: Counts(*map(int, sums)) for project_id, *sums in rows}
    return {project_id: told.get(project_id, Counts()) for project_id in project_ids}


def fold() -> None:
    """Add the tallies of each project up where they are many."""
    with connection.cursor() as cursor:
        cursor.execute(FOLD, {"most": MOST_TALLIES})


def of_tasks(tasks: Sequence[Task], *, now: datetime) -> list[dict[str, Any]]:
    """Tasks with their items at hand, as managers read them."""
    live = dict(
        Assignment.objects.filter(
            task__in=tasks, state=Assignment.State.LEASED, leased_until__gt=now
        )
        .order_by()
        .values_list("task")
        .annotate(n=Count("pk"))
    )
    return [
        {
            "id": task.uid,
            "external_id": task.item.external_id,
            "part": task.part_index,
            "state": _state(task, live.get(task.pk, 0)),
            "n_answers": task.n_answers,
            "open_slots": task.open_slots,
            "live_leases": live.get(task.pk, 0),
            "priority": task.priority,
        }
        for task in tasks
    ]


def _state(task: Task, n_live: int) -> str:
    if task.state != Task.State.OPEN or task.is_gold or task.open_slots:
        return str(task.state)
    # No place is open: somebody is at it, or it waits for its consensus.
    return "leased" if n_live else "settling"
