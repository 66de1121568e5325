"""Hand work out, and take it back."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import F, QuerySet

from tasks_app import leases, progress
from tasks_app.errors import Refusal
from tasks_app.leases import Lease
from tasks_app.models import Admission, Assignment, Project, Task
from tasks_app.sql import statement

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


# By the admission's reason, what the worker reads where the admission says no more.
_REFUSED: dict[str, tuple[str, str]] = {
    Admission.Reason.NOT_ADMITTED: ("not_admitted", "you are not admitted to this project"),
    Admission.Reason.RESTRICTED: (
        "restricted",
        "a flag about your answers to this project was confirmed",
    ),
    Admission.Reason.REQUIREMENT: ("requirement", "you do not meet what the project asks for"),
    Admission.Reason.EXAM: ("requirement", "an entrance exam comes first"),
    Admission.Reason.GUIDELINES: (
        "guidelines_unconfirmed",
        "read the guidelines and confirm them",
    ),
}
_CLAIM = f"""
SELECT {leases.COLUMNS}
  FROM concord_claim(%(project_ids)s::bigint[], %(worker_id)s, %(count)s, %(now)s)
"""  # noqa: S608 -- our own names
_CLAIM_BY_SLUG = f"""
SELECT {leases.COLUMNS}
  FROM concord_claim_by_slug(%(slug)s, %(tenant_id)s, %(worker_id)s, %(count)s, %(now)s)
"""  # noqa: S608 -- our own names
_EXAMINE = f"""
SELECT {leases.COLUMNS}
  FROM concord_examine(%(project_id)s, %(worker_id)s, %(count)s, %(is_paid)s, %(now)s)
"""  # noqa: S608 -- our own names
_PROSPECTS = """
SELECT project_id, held, has_new
  FROM unnest(%(ids)s::bigint[]) AS project_id,
       concord_prospect(project_id, %(worker_id)s, %(now)s)
"""


def claim(*, project_ids: Sequence[int], worker_id: int, count: int, now: datetime) -> list[Lease]:
    """Lease up to `count` of the best open tasks to the worker, of the first projects first.

    Only of projects that are open and admit the worker; fewer tasks if fewer there are. One
    statement, and all of it or nothing. See sql/claim_from.sql.
    """
    return leases.rows(
        _CLAIM,
        {"project_ids": list(project_ids), "worker_id": worker_id, "count": count, "now": now},
    )


def claim_by_slug(
    *, slug: str, tenant_id: int | None, worker_id: int, count: int, now: datetime
) -> list[Lease]:
    """The same from the project of this slug; with a tenant, only if the project is its own."""
    return leases.rows(
        _CLAIM_BY_SLUG,
        {
            "slug": slug,
            "tenant_id": tenant_id,
            "worker_id": worker_id,
            "count": count,
            "now": now,
        },
    )


def examine(
    *, project: Project, worker_id: int, count: int, is_paid: bool, now: datetime
) -> list[Lease]:
    """Lease gold tasks of an entrance exam to a worker, whom the work does not admit yet.

    At most as many as the project lets a worker hold. See sql/examine.sql.
    """
    return leases.rows(
        _EXAMINE,
        {
            "project_id": project.pk,
            "worker_id": worker_id,
            "count": count,
            "is_paid": is_paid,
            "now": now,
        },
    )


def admits(*, project: Project, worker_id: int, now: datetime) -> Reason | None:
    """None if the worker may claim on the project, else why not."""
    admission = Admission.objects.filter(project=project, worker_id=worker_id).first()
    return _refused(project, admission, now)


def reasons(*, project: Project, worker_id: int, now: datetime) -> list[Reason]:
    """Why a claim by this worker comes back empty; none if there is a task to be had."""
    return reasons_by_project(projects=[project], worker_id=worker_id, now=now)[project.pk]


def reasons_by_project(
    *, projects: Sequence[Project], worker_id: int, now: datetime
) -> dict[int, list[Reason]]:
    """The same for each of these projects, in as many queries as for one."""
    ids = [project.pk for project in projects]
    admissions = Admission.objects.filter(project__in=ids, worker_id=worker_id)
    admission_to = {admission.project_id: admission for admission in admissions}
    with connection.cursor() as cursor:
        cursor.execute(_PROSPECTS, {"ids": ids, "worker_id": worker_id, "now": now})
        prospects = {project_id: (held, has_new) for project_id, held, has_new in cursor.fetchall()}
    counts = progress.counts(ids)
    found: dict[int, list[Reason]] = {}
    for project in projects:
        refused = _refused(project, admission_to.get(project.pk), now)
        held, has_new = prospects[project.pk]
        why = refused or _why_empty(project, held, has_new, counts[project.pk].open_tasks)
        found[project.pk] = [why] if why else []
    return found


def _refused(project: Project, admission: Admission | None, now: datetime) -> Reason | None:
    if admission is None:
        if project.access == Project.Access.OPEN:
            return None
        return Reason("not_admitted", "this project is for invited workers")
    if admission.may_claim or (admission.until is not None and admission.until <= now):
        return None
    code, detail = _REFUSED[admission.reason_code]
    return Reason(code, admission.detail or detail)


def _why_empty(project: Project, held: int, has_new: bool, n_open: int) -> Reason | None:
    if held >= project.claim_limit:
        return Reason("lease_limit", f"you hold {held} leases, the most this project allows")
    if has_new:
        return None
    if n_open:
        return Reason("all_done_by_you", "you have had every task that is open now")
    return Reason("no_open_tasks", "no task is open now")


@transaction.atomic
def release(*, lease: Lease, now: datetime) -> None:
    """Give a live lease back; the worker may be offered the task again.

    Raises AlreadyAnswered or LeaseLost.
    """
    # Taken up again it may be work, and paid as such.
    _give_back(lease, now, state=Assignment.State.RELEASED, is_paid=True)


@transaction.atomic
def skip(*, lease: Lease, because: str, now: datetime) -> None:
    """Give a live lease back for ever. Raises AlreadyAnswered or LeaseLost."""
    _give_back(lease, now, state=Assignment.State.SKIPPED, skipped_because=because)


@transaction.atomic
def extend(*, lease: Lease, now: datetime) -> None:
    """Prolong a live lease. Raises AlreadyAnswered, LeaseLost or ExtendLimit."""
    longer = timedelta(seconds=lease.lease_s)
    live = _live(lease, now)
    if live.filter(n_extended__lt=MAX_EXTENSIONS).update(
        leased_until=F("leased_until") + longer, n_extended=F("n_extended") + 1
    ):
        lease.leased_until += longer
        return
    if live.exists():
        raise ExtendLimit
    raise _lost(_state(lease))


def expire(*, now: datetime, limit: int = 500) -> tuple[int, list[int]]:
    """End leases whose time is over; how many, and the tasks that got a slot back."""
    with transaction.atomic(), connection.cursor() as cursor:
        cursor.execute(EXPIRE, {"now": now, "limit": limit})
        n_expired, task_ids = cursor.fetchone()
    return n_expired, task_ids


def _live(lease: Lease, now: datetime) -> QuerySet[Assignment]:
    return Assignment.objects.filter(
        pk=lease.id, state=Assignment.State.LEASED, leased_until__gt=now
    )


def _state(lease: Lease) -> str:
    state: str = Assignment.objects.values_list("state", flat=True).get(pk=lease.id)
    return state


def _lost(state: str) -> Refusal:
    """The refusal that tells what became of an assignment that is not live any more."""
    return AlreadyAnswered() if state == Assignment.State.ANSWERED else LeaseLost()


def _give_back(lease: Lease, now: datetime, *, state: str, **more: str | bool) -> None:
    # Compare-and-set: of two racing deeds on one lease only one still finds it live.
    # Whether gold comes back goes by when it was given back (sql/draw_gold.sql).
    if not _live(lease, now).update(state=state, leased_until=now, **more):
        lease.state = _state(lease)
        if lease.state == state:
            return
        raise _lost(lease.state)
    lease.state, lease.leased_until = state, now
    task = Task.objects.filter(pk=lease.task_id, is_gold=False)
    if not task.filter(state=Task.State.OPEN).update(open_slots=F("open_slots") + 1, is_open=True):
        # A decided task gets no open slot back: the place goes with the lease.
        task.update(answers_due=F("answers_due") - 1, slots=F("slots") - 1)
