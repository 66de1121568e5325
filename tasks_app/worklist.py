"""What open projects offer a worker: how much is left, how long it takes, what it pays."""

from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from typing import Any

from django.db.models import Count, FloatField, QuerySet
from django.db.models.expressions import RawSQL

from tasks_app import progress
from tasks_app.models import Assignment, Project

# The pace is taken from a project's last answers.
RECENT = 200
HOUR_S = 3600

_MEDIAN = """(
    SELECT percentile_cont(0.5) WITHIN GROUP (ORDER BY recent.elapsed_s)
      FROM (SELECT elapsed_s FROM tasks_app_answer AS answer
             WHERE answer.project_id = tasks_app_project.id AND answer.elapsed_s IS NOT NULL
             ORDER BY answer.id DESC LIMIT %s) AS recent)
"""


@dataclass(frozen=True, slots=True)
class Offer:
    """What a project offers; median and pay None before anybody answered."""

    tasks_left: int
    median_s: float | None
    hourly_micros: int | None


def offers(*, projects: Sequence[Project], worker_id: int) -> dict[int, Offer]:
    """By project, what it offers to this worker."""
    ids = [project.pk for project in projects]
    there = progress.counts(ids)
    had = _had(ids, worker_id)
    medians = _medians(_with_median(Project.objects.filter(pk__in=ids)))
    return {
        project.pk: Offer(
            tasks_left=max(0, there[project.pk].open_tasks - had.get(project.pk, 0)),
            median_s=medians[project.pk],
            hourly_micros=_hourly(project, medians[project.pk]),
        )
        for project in projects
    }


def _had(project_ids: list[int], worker_id: int) -> dict[int, int]:
    """How many of the open tasks the worker has had, by project."""
    had = Assignment.objects.filter(
        worker_id=worker_id, project__in=project_ids, task__is_open=True, task__is_gold=False
    ).exclude(state=Assignment.State.RELEASED)
    return dict(had.order_by().values_list("project").annotate(n=Count("pk")))


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
