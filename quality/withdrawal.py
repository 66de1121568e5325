"""Tell the feed that an item was withdrawn."""

from datetime import datetime

from django.db import transaction

from quality import due, revisions
from quality.models import Cause, Revision
from tasks_app.models import Item, Project


@transaction.atomic
def tell(*, project: Project, item: Item, now: datetime) -> None:
    """Each row of the item becomes withdrawn; repeated, nothing is told."""
    due.lock(project)
    latest = list(
        Revision.objects.filter(item=item, is_latest=True)
        .exclude(state=Revision.State.WITHDRAWN)
        .order_by("seq")
    )
    rows = [_withdrawn(row) for row in latest]
    revisions.write(
        project, rows, causes={}, latest=latest, now=now, default_cause=Cause.WITHDRAWAL
    )


def _withdrawn(row: Revision) -> Revision:
    copied = {
        field.name: getattr(row, field.attname)
        for field in Revision._meta.concrete_fields
        if field.name not in {"id", "project", "item", "task"}
    }
    return Revision(
        project_id=row.project_id,
        item_id=row.item_id,
        task_id=row.task_id,
        **copied | {"state": Revision.State.WITHDRAWN, "is_latest": True},
    )
