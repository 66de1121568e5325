"""What open projects offer a worker: how much is left, how long it takes, what it pays."""

import math
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db import connection
from django.db.models import FloatField, QuerySet
from django.db.models.expressions import RawSQL

from tasks_app import progress
from tasks_app.models import Project

# The pace is taken from a project's last answers, of those that tell how long they took.
RECENT = 200
HOUR_S = 3600
# So many of a worker's last assignments are looked at, however many there are.
LOOKED_BACK = 1000

_MEDIAN = """(
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.elapsed_s)
      FROM (SELECT elapsed_s FROM tasks_app_answer AS answer
             WHERE answer.project_id = tasks_app_project.id
             ORDER BY answer.id DESC LIMIT %s) AS recent)
"""
# Gold is not counted, so that a figure which moved with every other task would tell what is gold.
STEP = 20
# By project, how many of the last assignments there are, and how many of them hold open tasks.
_HAD = """
SELECT project_id, count(*),
       count(*) FILTER (WHERE state <> 'released' AND (
           SELECT task.is_open AND NOT task.is_gold
             FROM tasks_app_task AS task WHERE task.id = recent.task_id))
  FROM (SELECT project_id, task_id, state FROM tasks_app_assignment
         WHERE worker_id * -1 = %(worker_id)s * -1
         ORDER BY leased_at DESC, uid DESC LIMIT %(most)s) AS recent
 GROUP BY project_id
"""
_WITH_NEW = """
SELECT project_id
  FROM unnest(%(ids)s::bigint[]) AS project_id, concord_prospect(project_id, %(worker_id)s, now())
 WHERE has_new
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a project offers; median and pay None before anybody answered.

    tasks_left: for a worker with more than LOOKED_BACK assignments behind them at most so many,
        and 0 only if there is none; where gold is mixed in, rounded up to a multiple of STEP
    """

    tasks_left: int
    median_s: float | None
    hourly_micros: int | None


def offers(*, projects: Sequence[Project], worker_id: int) -> dict[int, Offer]:
    """By project, what it offers to this worker."""
    ids = [project.pk for project in projects]
    left = _left(ids, worker_id)
    for project in projects:
        if project.gold_rate > 0:
            left[project.pk] = math.ceil(left[project.pk] / STEP) * STEP
    medians = _medians(_with_median(Project.objects.filter(pk__in=ids)))
    return {
        project.pk: Offer(
            tasks_left=left[project.pk],
            median_s=medians[project.pk],
            hourly_micros=_hourly(project, medians[project.pk]),
        )
        for project in projects
    }


def _left(ids: list[int], worker_id: int) -> dict[int, int]:
    """By project, how many open tasks the worker has not had; flat in what they have behind them.

    What has been closed since needs no subtraction, so the last assignments tell nearly all.
    """
    there = progress.counts(ids)
    with connection.cursor() as cursor:
        cursor.execute(_HAD, {"worker_id": worker_id, "most": LOOKED_BACK})
        behind = {project_id: (n, n_open) for project_id, n, n_open in cursor.fetchall()}
        has_more = sum(n for n, _ in behind.values()) >= LOOKED_BACK
        some = set(ids)
        if has_more:
            cursor.execute(_WITH_NEW, {"ids": ids, "worker_id": worker_id})
            some = {project_id for (project_id,) in cursor.fetchall()}
    return {
        project_id: max(
            1 if has_more else 0, there[project_id].open_tasks - behind.get(project_id, (0, 0))[1]
        )
        if project_id in some
        else 0
        for project_id in ids
    }


def best_first(projects: QuerySet[Project]) -> list[Project]:
    """By priority, then expected hourly pay, then slug; unknown pay last. One statement."""
    found = list(_with_median(projects))
    medians = _medians(found)

    def order(project: Project) -> tuple[int, int, str]:
        return -project.priority, -(_hourly(project, medians[project.pk]) or 0), project.slug

    return sorted(found, key=order)


def _with_median(projects: QuerySet[Project]) -> QuerySet[Project]:
    median = RawSQL(_MEDIAN, [RECENT], output_field=FloatField())  # noqa: S611 -- a text of our own
    return projects.annotate(median_s=median)


def _medians(found: Iterable[Any]) -> dict[int, float | None]:
    """By project, from rows that were found with their medians."""
    return {
        project.pk: None if project.median_s is None else round(project.median_s, 3)
        for project in found
    }


def _hourly(project: Project, median_s: float | None) -> int | None:
    if median_s is None:
        return None
    return round(project.reward_micros * HOUR_S / max(median_s, 1.0))
