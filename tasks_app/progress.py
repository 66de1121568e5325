"""How far tasks are."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db.models import Count

from tasks_app.models import Assignment, Task


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
