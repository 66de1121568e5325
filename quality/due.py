"""Note what is to be settled, in the transaction of what put it behind."""

from collections.abc import Collection
from datetime import datetime

from django.db import connection

from quality.models import Cause, Settling
from tasks_app.models import Project

# A change of cause outweighs a mere answer, which comes with every settle anyway.
_MARK = """
INSERT INTO quality_settledue (task_id, project_id, cause, since)
SELECT id, %(project_id)s, %(cause)s, %(now)s
  FROM unnest(%(task_ids)s::bigint[]) AS id
 ORDER BY id
    ON CONFLICT (task_id) DO UPDATE
   SET cause = excluded.cause
 WHERE quality_settledue.cause = 'answer' AND excluded.cause <> 'answer'
"""
_WAITING = """
SELECT project_id, min(since) FROM (
    SELECT project_id, min(since) AS since FROM quality_settledue GROUP BY project_id
     UNION ALL
    SELECT project_id, refit_at FROM quality_settling WHERE refit_at <= %(now)s
) AS due
 GROUP BY project_id ORDER BY min(since), project_id
"""


def mark(
    *, project_id: int, task_ids: Collection[int], now: datetime, cause: str = Cause.ANSWER
) -> None:
    """Say that the consensus of these tasks is behind."""
    with connection.cursor() as cursor:
        cursor.execute(
            _MARK,
            {
                "project_id": project_id,
                "task_ids": sorted(task_ids),
                "now": now,
                "cause": cause,
            },
        )


def lock(project: Project) -> None:
    """Keep settlers from writing until this transaction ends.

    Whoever is to change flags or due rows that a settler changes under its own lock takes
    this lock first.
    """
    Settling.objects.select_for_update().get(project=project)


def mark_refit(*, project: Project, now: datetime) -> None:
    """Say that the whole project is to be judged anew."""
    Settling.objects.update_or_create(project=project, defaults={"refit_at": now})


def projects_due(*, now: datetime) -> list[int]:
    """Projects with something to settle, the one that waits longest first."""
    with connection.cursor() as cursor:
        cursor.execute(_WAITING, {"now": now})
        return [project_id for project_id, _ in cursor.fetchall()]


def oldest(*, now: datetime) -> datetime | None:
    """Since when something waits to be settled, an answer or a refit; None when nothing does."""
    with connection.cursor() as cursor:
        cursor.execute(f"{_WAITING} LIMIT 1", {"now": now})
        first: tuple[int, datetime] | None = cursor.fetchone()
        return None if first is None else first[1]
