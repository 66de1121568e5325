"""Hand work out, and take it back."""

from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, F, OuterRef, QuerySet

from tasks_app.errors import Refusal
from tasks_app.models import Admission, Assignment, Project, Task
from tasks_app.sql import statement

CLAIM = statement("claim")
EXPIRE = statement("expire")
MAX_EXTENSIONS = 3


class ProjectNotOpen(Refusal):
    """The project is not open: no work is handed out."""

    code = "project_not_open"


class LeaseLost(Refusal):
    """This assignment is no longer yours: its lease ended, or it was given back."""

    code = "lease_lost"


class AlreadyAnswered(Refusal):
    """This assignment has its answer, and an answer is never changed."""

    code = "already_answered"


class ExtendLimit(Refusal):
    """A lease is extended three times at most."""

    code = "extend_limit"


@dataclass(frozen=True, slots=True)
class Reason:
    """Why a worker gets nothing here."""

    code: str
    detail: str


@transaction.atomic
def claim(*, project: Project, worker_id: int, count: int, now: datetime) -> list[Assignment]:
    """Lease up to `count` of the best open tasks to the worker; fewer if fewer there are.

    Raises ProjectNotOpen.
    """
    if project.state != Project.State.OPEN:
        raise ProjectNotOpen
    with connection.cursor() as cursor:
        # One claim of a worker on a project at a time, or two could overrun the lease limit
        # or meet on one task. The claim's own statement then sees what the last one did.
        cursor.execute(
            "SELECT pg_advisory_xact_lock(%s, %s)",
            [project.pk & 0x7FFFFFFF, worker_id & 0x7FFFFFFF],
        )
    leases = list(
        Assignment.objects.raw(
            CLAIM,
            {"project_id": project.pk, "worker_id": worker_id, "count": count, "now": now},
        )
    )
    tasks = Task.objects.select_related("item").in_bulk([lease.task_id for lease in leases])
    for lease in leases:
        lease.task, lease.project = tasks[lease.task_id], project
    return leases


def admits(*, project: Project, worker_id: int, now: datetime) -> Reason | None:
    """None if the worker may claim on the project, else why not."""
    admission = Admission.objects.filter(project=project, worker_id=worker_id).first()
    if admission is None:
        if project.access == Project.Access.OPEN:
            return None
        return Reason("not_admitted", "this project is for invited workers")
    if admission.may_claim or (admission.until is not None and admission.until <= now):
        return None
    if admission.reason_code == Admission.Reason.RESTRICTED:
        return Reason("restricted", "a flag about your answers to this project was confirmed")
    return Reason("not_admitted", "you are not admitted to this project")


def reasons(*, project: Project, worker_id: int, now: datetime) -> list[Reason]:
    """Why a claim by this worker comes back empty; none if there is a task to be had."""
    refused = admits(project=project, worker_id=worker_id, now=now)
    if refused:
        return [refused]
    held = Assignment.objects.filter(
        project=project, worker_id=worker_id, state=Assignment.State.LEASED, leased_until__gt=now
    ).count()
    if held >= project.claim_limit:
        return [Reason("lease_limit", f"you hold {held} leases, the most this project allows")]
    had = Assignment.objects.filter(task=OuterRef("pk"), worker_id=worker_id).exclude(
        state=Assignment.State.RELEASED
    )
    tasks = Task.objects.filter(project=project, is_gold=False, is_open=True)
    if tasks.exclude(Exists(had)).exists():
        return []
    if tasks.exists():
        return [Reason("all_done_by_you", "you have had every task that is open now")]
    return [Reason("no_open_tasks", "no task is open now")]


@transaction.atomic
def release(*, assignment: Assignment, now: datetime) -> None:
    """Give a live lease back; the worker may be offered the task again.

    Raises AlreadyAnswered or LeaseLost.
    """
    _give_back(assignment, now, state=Assignment.State.RELEASED)


@transaction.atomic
def skip(*, assignment: Assignment, because: str, now: datetime) -> None:
    """Give a live lease back for ever. Raises AlreadyAnswered or LeaseLost."""
    _give_back(assignment, now, state=Assignment.State.SKIPPED, skipped_because=because)


@transaction.atomic
def extend(*, assignment: Assignment, now: datetime) -> None:
    """Prolong a live lease. Raises AlreadyAnswered, LeaseLost or ExtendLimit."""
    until = assignment.leased_until + timedelta(seconds=assignment.project.lease_s)
    if (
        _live(assignment, now)
        .filter(n_extended__lt=MAX_EXTENSIONS)
        .update(
            leased_until=F("leased_until") + timedelta(seconds=assignment.project.lease_s),
            n_extended=F("n_extended") + 1,
        )
    ):
        assignment.leased_until = until
        return
    if _live(assignment, now).exists():
        raise ExtendLimit
    raise lost(assignment)


def expire(*, now: datetime, limit: int = 500) -> tuple[int, list[int]]:
    """End leases whose time is over; how many, and the tasks that got a slot back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EXPIRE, {"now": now, "limit": limit})
        n_expired, task_ids = cursor.fetchone()
    return n_expired, task_ids


def lost(assignment: Assignment) -> Refusal:
    """The refusal that tells what became of an assignment that is not live any more."""
    state = Assignment.objects.values_list("state", flat=True).get(pk=assignment.pk)
    return AlreadyAnswered() if state == Assignment.State.ANSWERED else LeaseLost()


def _live(assignment: Assignment, now: datetime) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        pk=assignment.pk, state=Assignment.State.LEASED, leased_until__gt=now
    )


def _give_back(assignment: Assignment, now: datetime, *, state: str, **more: str) -> None:
    # Compare-and-set: of two racing deeds on one lease only one still finds it live.
    if not _live(assignment, now).update(state=state, **more):
        assignment.refresh_from_db(fields=["state"])
        if assignment.state == state:
            return
        raise lost(assignment)
    assignment.state = state
    task = Task.objects.filter(pk=assignment.task_id, is_gold=False)
    if not task.filter(state=Task.State.OPEN).update(open_slots=F("open_slots") + 1, is_open=True):
        # A decided task gets no open slot back: the place goes with the lease.
        task.update(answers_due=F("answers_due") - 1, slots=F("slots") - 1)
