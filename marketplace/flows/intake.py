"""What client systems bring: items and answers collected elsewhere; what they take back."""

from collections.abc import Iterable

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.models import Tenant
from marketplace.flows.doorbell import ring
from quality import due, withdrawal
from tasks_app import items, recorded
from tasks_app.models import Item, Project
from tasks_app.staging import Record, Report


def add_items(
    *, project: Project, records: Iterable[Record], batch: str | None, partial: bool
) -> Report:
    """Store items and cut their tasks."""
    return items.ingest(
        project=project, records=records, batch=batch, partial=partial, now=timezone.now()
    )


def add_answers(
    *, tenant: Tenant, project: Project, records: Iterable[Record], partial: bool
) -> Report:
    """Store answers collected elsewhere, and note what they put behind."""
    now = timezone.now()

    def store(worker_names: set[str]) -> dict[str, int]:
        return people.recorded(tenant=tenant, names=worker_names, now=now)

    def met(task_ids: list[int]) -> None:
        due.mark(project_id=project.pk, task_ids=task_ids, now=now)
        ring("settle")

    return recorded.record(
        project=project, records=records, people=store, met=met, partial=partial, now=now
    )


@transaction.atomic(durable=True)
def withdraw(*, project: Project, item: Item, because: str) -> Item:
    """Take an item back; its rows become withdrawn in the feed."""
    now = timezone.now()
    items.withdraw(item=item, because=because, now=now)
    withdrawal.tell(project=project, item=item, now=now)
    due.mark_refit(project=project, now=now)
    ring("settle", "webhooks")
    return item
