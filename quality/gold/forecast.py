"""When workers will have had all gold there is."""

import math
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection
from django.db.models import Count

from quality.sql import statement
from tasks_app.models import Project, Task

PACES = statement("gold_paces")
DAY = timedelta(days=1)
# The pace is that of the last days; of who began less than one ago, as if it had been one.
RECENT, LEAST = 7 * DAY, DAY


@dataclass(frozen=True, slots=True)
class Supply:
    """The gold a worker was given, what is left for them, and for how many days it lasts.

    days_left: None while they get none and some is left
    """

    worker_id: int
    n_seen: int
    n_left: int
    per_day: float
    days_left: float | None


def counts(project: Project) -> tuple[int, int]:
    """How much gold is in use, and how much is retired."""
    rows = (
        Task.objects.filter(project=project, is_gold=True)
        .values("state")
        .order_by()
        .annotate(n=Count("pk"))
        .values_list("state", "n")
    )
    by_state = dict(rows)
    return by_state.get(Task.State.OPEN, 0), by_state.get(Task.State.RETIRED, 0)


def of_workers(*, project: Project, n_live: int, now: datetime) -> list[Supply]:
    """For each worker who was given gold, how long it lasts; those whose gold ends first, first."""
    with connection.cursor() as cursor:
        cursor.execute(PACES, {"project_id": project.pk, "since": now - RECENT})
        rows = cursor.fetchall()
    found = []
    for worker_id, n_seen, n_live_seen, n_recent, began in rows:
        per_day = n_recent / (max(LEAST, min(RECENT, now - began)) / DAY)
        n_left = max(0, n_live - n_live_seen)
        days_left = n_left / per_day if per_day else (None if n_left else 0.0)
        found.append(Supply(worker_id, n_seen, n_left, per_day, days_left))
    return sorted(
        found,
        key=lambda one: (math.inf if one.days_left is None else one.days_left, one.worker_id),
    )
