"""What client systems bring: items, answers, predictions; and what they take back."""

from collections.abc import Iterable
from contextlib import AbstractContextManager

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.models import Tenant
from marketplace.flows.doorbell import ring
from quality import due, predictions, withdrawal
from quality.grounds import gates
from tasks_app import items, recorded
from tasks_app.models import Item, Project
from tasks_app.staging import Record, Upload


def items_upload(
    *, project: Project, records: Iterable[Record], batch: str | None, partial: bool
) -> AbstractContextManager[Upload]:
    """Items read and checked; to store them cuts their tasks too."""
    return items.upload(
        project=project,
        records=records,
        batch=batch,
        partial=partial,
        now=timezone.now(),
        all_gold=gates.of([project])[project.pk].training is not None,
    )


def answers_upload(
    *, tenant: Tenant, project: Project, records: Iterable[Record], partial: bool
) -> AbstractContextManager[Upload]:
    """Answers collected elsewhere; to store them notes what they put behind."""
    now = timezone.now()

    def store(worker_names: set[str]) -> dict[str, int]:
        return people.recorded(tenant=tenant, names=worker_names, now=now)

    def met(task_ids: list[int]) -> None:
        due.mark(project_id=project.pk, task_ids=task_ids, now=now)
        ring("settle")

    return recorded.upload(
        project=project, records=records, people=store, met=met, partial=partial, now=now
    )


def predictions_upload(
    *, project: Project, records: Iterable[Record], partial: bool
) -> AbstractContextManager[Upload]:
    """Predictions made elsewhere; they order the tasks that nobody has touched."""
    return predictions.upload(project=project, records=records, partial=partial, now=timezone.now())


@transaction.atomic
def withdraw(*, project: Project, item: Item, because: str) -> Item:
    """Take an item back; its rows become withdrawn in the feed."""
    now = timezone.now()
    items.withdraw(item=item, because=because, now=now)
    withdrawal.tell(project=project, item=item, now=now)
    due.mark_refit(project=project, now=now)
    ring("settle", "webhooks")
    return item
