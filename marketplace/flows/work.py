"""A worker claims tasks and answers them."""

import time
from collections.abc import Callable, Sequence
from datetime import datetime
from typing import Any, TypeVar

from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from marketplace import metrics
from marketplace.flows.doorbell import ring
from quality import due
from tasks_app import answers, claims
from tasks_app.models import Answer, Assignment, Project, Task

DEADLOCK_TRIES = 4
# A claim that finds its tasks locked by a settling looks again, for a moment.
BUSY_TRIES = 6
BUSY_WAIT_S = 0.02

Result = TypeVar("Result")


def claim(
    *, project: Project, worker_id: int, count: int
) -> tuple[list[Assignment], list[claims.Reason]]:
    """Lease tasks to the worker; or none, and why. Raises claims.ProjectNotOpen."""
    for _ in range(BUSY_TRIES):
        leases = _unlocked(
            lambda: claims.claim(
                project=project, worker_id=worker_id, count=count, now=timezone.now()
            )
        )
        if leases:
            metrics.CLAIMS.inc(len(leases))
            return leases, []
        reasons = claims.reasons(project=project, worker_id=worker_id, now=timezone.now())
        if reasons:
            return [], reasons
        time.sleep(BUSY_WAIT_S)
    return [], [claims.Reason("no_open_tasks", "no task is open now")]


def claim_anywhere(
    *, projects: Sequence[Project], worker_id: int, count: int
) -> tuple[list[Assignment], list[claims.Reason]]:
    """Lease tasks from the first of these open projects that have some."""
    leases: list[Assignment] = []
    reasons: dict[str, claims.Reason] = {}
    for project in projects:
        more, why = claim(project=project, worker_id=worker_id, count=count - len(leases))
        leases += more
        reasons.update((reason.code, reason) for reason in why)
        if len(leases) == count:
            break
    none = claims.Reason("no_open_tasks", "no project that you may see has open tasks")
    return leases, [] if leases else list(reasons.values()) or [none]


def submit(*, assignment: Assignment, values: Any, elapsed_s: float | None) -> tuple[Answer, bool]:
    """Take one answer in; what it puts behind is noted with it. (answer, whether it is new)."""
    now = timezone.now()

    @transaction.atomic(durable=True)
    def take() -> tuple[Answer, bool]:
        answer, is_new = answers.submit(
            assignment=assignment, values=values, elapsed_s=elapsed_s, now=now
        )
        if is_new:
            due.mark(project_id=assignment.project_id, task_ids=[assignment.task_id], now=now)
            ring("settle")
        return answer, is_new

    answer, is_new = _unlocked(take)
    if is_new:
        metrics.ANSWERS.inc()
    return answer, is_new


@transaction.atomic(durable=True)
def release(*, assignment: Assignment) -> None:
    """Give a lease back."""
    now = timezone.now()
    claims.release(assignment=assignment, now=now)
    _reconsider([assignment.task_id], now)


@transaction.atomic(durable=True)
def skip(*, assignment: Assignment, because: str) -> None:
    """Give a lease back for ever."""
    now = timezone.now()
    claims.skip(assignment=assignment, because=because, now=now)
    _reconsider([assignment.task_id], now)


@transaction.atomic(durable=True)
def extend(*, assignment: Assignment) -> None:
    """Prolong a lease."""
    claims.extend(assignment=assignment, now=timezone.now())


@transaction.atomic(durable=True)
def expire(*, limit: int = 500) -> int:
    """End leases whose time is over; how many."""
    now = timezone.now()
    n_expired, task_ids = claims.expire(now=now, limit=limit)
    _reconsider(task_ids, now)
    return n_expired


def _reconsider(task_ids: list[int], now: datetime) -> None:
    """A task with answers may have waited for just this lease: let it be settled again."""
    by_project: dict[int, list[int]] = {}
    waiting = Task.objects.filter(
        pk__in=task_ids, is_gold=False, n_answers__gt=0, state=Task.State.OPEN
    )
    for task_id, project_id in waiting.values_list("pk", "project_id"):
        by_project.setdefault(project_id, []).append(task_id)
    for project_id, ids in by_project.items():
        due.mark(project_id=project_id, task_ids=ids, now=now)
    if by_project:
        ring("settle")


def _unlocked(deed: Callable[[], Result]) -> Result:
    """Do it again if PostgreSQL broke a deadlock by rolling it back."""
    for tries_left in range(DEADLOCK_TRIES - 1, -1, -1):
        try:
            return deed()
        except OperationalError as error:
            if not isinstance(error.__cause__, DeadlockDetected) or not tries_left:
                raise
    raise AssertionError("unreachable")
