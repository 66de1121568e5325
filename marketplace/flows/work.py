"""A worker claims tasks and answers them."""

import time
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import datetime
from functools import partial
from typing import Any
from uuid import UUID

import orjson
from django.db import transaction
from django.utils import timezone

from marketplace import metrics
from marketplace.flows import admitting, examining
from marketplace.flows.doorbell import ring
from marketplace.flows.once import unlocked
from quality import due
from quality.gold import feedback, retiring
from quality.models import Gate, Retirement
from tasks_app import answers, claims, known
from tasks_app.errors import Missing
from tasks_app.leases import Lease
from tasks_app.models import Admission, Project, Task

# A claim that finds its tasks locked by a settling looks again, for a moment.
BUSY_TRIES = 6
BUSY_WAIT_S = 0.02
NO_TASKS = claims.Reason("no_open_tasks", "no task is open now")


@dataclass(frozen=True, slots=True)
class Claimed:
    """What a claim brought; or nothing, and why."""

    leases: list[Lease]
    reasons: list[claims.Reason]


@dataclass(frozen=True, slots=True)
class Submitted:
    """A lease with its answer; new, unless an equal one was there already.

    feedback: what the worker is told of a gold that they missed, where the project tells it
    """

    lease: Lease
    is_new: bool
    feedback: dict[str, Any] | None


def claim(
    *, slug: str, worker_id: int, tenant_id: int | None, count: int, find: Callable[[], Project]
) -> Claimed:
    """Lease tasks of a project to the worker. Raises claims.ProjectNotOpen.

    `find` gives the project if the worker may see it, or raises; it is asked only when there
    is nothing to lease, for to lease is to be admitted.
    """
    project: Project | None = None
    for _ in range(BUSY_TRIES):
        leases = unlocked(
            lambda: claims.claim_by_slug(
                slug=slug,
                tenant_id=tenant_id,
                worker_id=worker_id,
                count=count,
                now=timezone.now(),
            )
        )
        if leases:
            return _claimed(leases)
        project = project or find()
        if project.state != Project.State.OPEN:
            raise claims.ProjectNotOpen
        leases = unlocked(partial(_seat, project, worker_id, count))
        if leases:
            return _claimed(leases)
        reasons = claims.reasons(project=project, worker_id=worker_id, now=timezone.now())
        if reasons:
            return Claimed([], reasons)
        time.sleep(BUSY_WAIT_S)
    return Claimed([], [NO_TASKS])


def claim_anywhere(*, projects: Sequence[Project], worker_id: int, count: int) -> Claimed:
    """Lease tasks from the first of these open projects that have some."""
    project_ids = [project.pk for project in projects]
    decide(projects=projects, worker_id=worker_id)
    for _ in range(BUSY_TRIES):
        leases = unlocked(
            lambda: claims.claim(
                project_ids=project_ids, worker_id=worker_id, count=count, now=timezone.now()
            )
        )
        if leases:
            return _claimed(leases)
        by_project = claims.reasons_by_project(
            projects=projects, worker_id=worker_id, now=timezone.now()
        )
        if all(by_project.values()):
            reasons = {reason.code: reason for found in by_project.values() for reason in found}
            if Admission.Reason.REQUIREMENT in reasons:
                leases = unlocked(partial(_seat_somewhere, projects, worker_id, count))
                if leases:
                    return _claimed(leases)
            return Claimed([], list(reasons.values()) or [NO_TASKS])
        time.sleep(BUSY_WAIT_S)
    return Claimed([], [NO_TASKS])


def decide(*, projects: Sequence[Project], worker_id: int) -> None:
    """Decide about a worker whom some of these projects have not met."""
    for project in admitting.strangers_to(projects=projects, worker_id=worker_id):
        admitting.meet(project=project, worker_ids=[worker_id], now=timezone.now())


def submit(
    *, uid: UUID, worker_id: int, tenant_id: int | None, values: Any, elapsed_s: float | None
) -> Submitted:
    """Take one answer in. Raises Missing, Invalid, claims.LeaseLost or claims.AlreadyAnswered.

    The database notes with it that the task is to be settled. Gold that is shown to whoever missed
    it is retired before the reply goes out; one who asks again is told the same.
    """
    now = timezone.now()
    answered = unlocked(
        lambda: answers.submit(
            uid=uid,
            worker_id=worker_id,
            tenant_id=tenant_id,
            values=values,
            elapsed_s=elapsed_s,
            now=now,
        )
    )
    if answered is None:
        raise Missing
    if answered.is_new:
        ring("settle")
        transaction.on_commit(metrics.ANSWERS.inc)
    told = _told(answered.lease) if answered.lease.gives_feedback else None
    return Submitted(answered.lease, answered.is_new, told)


def release(*, lease: Lease) -> None:
    """Give a lease back."""
    unlocked(lambda: _give_back(lease, claims.release))


def skip(*, lease: Lease, because: str) -> None:
    """Give a lease back for ever."""
    unlocked(lambda: _give_back(lease, partial(claims.skip, because=because)))


def extend(*, lease: Lease) -> None:
    """Prolong a lease."""
    unlocked(lambda: claims.extend(lease=lease, now=timezone.now()))


def expire(*, limit: int = 500) -> int:
    """End leases whose time is over; how many."""

    @transaction.atomic(durable=True)
    def end() -> int:
        now = timezone.now()
        n_expired, task_ids = claims.expire(now=now, limit=limit)
        _reconsider(task_ids, now)
        return n_expired

    return unlocked(end)


def _seat(project: Project, worker_id: int, count: int) -> list[Lease]:
    return examining.seat(project=project, worker_id=worker_id, count=count)


def _seat_somewhere(projects: Sequence[Project], worker_id: int, count: int) -> list[Lease]:
    """Tasks of the first entrance exam that stands before one of the projects."""
    for project in admitting.examined_first(projects=projects, worker_id=worker_id):
        leases = _seat(project, worker_id, count)
        if leases:
            return leases
    return []


def _claimed(leases: list[Lease]) -> Claimed:
    for lease in leases:
        known.meet(lease)
    transaction.on_commit(partial(metrics.CLAIMS.inc, len(leases)))
    return Claimed(leases, [])


def _told(lease: Lease) -> dict[str, Any] | None:
    """What the worker is told of the gold they missed, once nobody is served it any more.

    In a training they are told of every answer, and the gold stays.
    """
    form, values = orjson.loads(lease.form), orjson.loads(lease.answer or "{}")
    found = feedback.of(form=form, task_id=lease.task_id, values=values)
    if Gate.objects.filter(project=lease.project_id, training__isnull=False).exists():
        return found.document
    if not found.is_miss:
        return None
    unlocked(
        lambda: retiring.retire(
            project=Project.objects.get(pk=lease.project_id),
            task_ids=[lease.task_id],
            because=Retirement.Because.SHOWN,
            note="",
            now=timezone.now(),
        )
    )
    ring("settle")
    return found.document


@transaction.atomic
def _give_back(lease: Lease, deed: Callable[..., None]) -> None:
    now = timezone.now()
    deed(lease=lease, now=now)
    _reconsider([lease.task_id], now)


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
