"""The cast and the props: Rosa asks, Wim works, Wanda works too."""

from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from itertools import count
from typing import Any

from marketplace.accounts import people
from marketplace.accounts.keys import make_key
from marketplace.accounts.models import Tenant, User
from marketplace.flows import intake, projects, tenants
from quality.models import Flag
from tasks_app.leases import Lease
from tasks_app.models import Assignment, Item, Project, Task
from tasks_app.staging import Record

NOON = datetime(2026, 3, 1, 12, 0, tzinfo=UTC)
BIRDS: dict[str, Any] = {
    "key": "kind",
    "type": "choice",
    "prompt": "What is it?",
    "labels": ["wren", "owl", "other"],
}
_serial = count(1)


def a_tenant(slug: str | None = None) -> Tenant:
    """A tenant of its own."""
    return people.make_tenant(slug=slug or f"tenant-{next(_serial)}", name="", now=NOON)


def a_user(tenant: Tenant | None, role: str) -> User:
    """Somebody of this role."""
    return people.make_user(tenant=tenant, role=role, username=f"{role}-{next(_serial)}", now=NOON)


def a_worker(tenant: Tenant) -> User:
    """A worker whom the tenant invited."""
    worker, _ = tenants.invite(tenant=tenant, username=f"worker-{next(_serial)}", email="")
    return worker


def a_key(user: User, scopes: list[str] | None = None) -> str:
    """The text of a new key of the user."""
    _, text = make_key(user=user, tenant=user.tenant, now=NOON, scopes=scopes)
    return text


def a_project(tenant: Tenant | None = None, **overrides: Any) -> Project:
    """An open project that asks which bird it is, of three workers at least."""
    wanted: dict[str, Any] = {
        "slug": f"birds-{next(_serial)}",
        "name": "Birds",
        "form": [BIRDS],
        "split": {"by": "none"},
        "guidelines": "Look well.",
        "state": Project.State.OPEN,
    }
    return projects.draft(tenant=tenant or a_tenant(), **wanted | overrides)


def some_items(project: Project, n: int, **overrides: Any) -> list[Item]:
    """n items, each with its task."""
    records = [
        Record(row, {"external_id": f"i{next(_serial)}", "payload": {"n": row}} | overrides)
        for row in range(1, n + 1)
    ]
    bring_items(project, records)
    ids = [record.value["external_id"] for record in records]
    return list(Item.objects.filter(project=project, external_id__in=ids).order_by("pk"))


def bring_items(project: Project, records: Iterable[Record]) -> None:
    """An upload of items."""
    upload = intake.items_upload(project=project, records=records, batch=None, partial=False)
    with upload as checked:
        checked.store()


def bring_answers(project: Project, records: Iterable[Record]) -> None:
    """An upload of recorded answers."""
    upload = intake.answers_upload(
        tenant=project.tenant, project=project, records=records, partial=False
    )
    with upload as checked:
        checked.store()


def a_task(project: Project, **overrides: Any) -> Task:
    """A task of an item of its own; overrides are the item's."""
    (item,) = some_items(project, 1, **overrides)
    return Task.objects.get(item=item)


def a_flag(project: Project, worker: User, **overrides: Any) -> Flag:
    """A suspicion that nobody has decided about, unless the overrides say so."""
    told = {
        "kind": Flag.Kind.LOW_ACCURACY,
        "reason": "because",
        "rule_name": "rule",
        "rule_version": "1",
        "evidence": {},
        "n_answers": 20,
        "raised_at": NOON,
    }
    return Flag.objects.create(project=project, worker=worker, **told | overrides)


def assignment_of(lease: Lease) -> Assignment:
    """The row behind a lease, as it is now."""
    return Assignment.objects.get(pk=lease.id)


def task_of(lease: Lease) -> Task:
    """The task of a lease, as it is now."""
    return Task.objects.get(pk=lease.task_id)


def later(seconds: float) -> datetime:
    """Some seconds after noon."""
    return NOON + timedelta(seconds=seconds)
