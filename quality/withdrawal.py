"""Tell the feed that an item was withdrawn."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from quality import due, revisions
from quality.models import Cause, GoldResult, Revision
from tasks_app.models import Item, Project

State = Revision.State


@transaction.atomic
def tell(*, project: Project, item: Item, now: datetime) -> None:
    """The rows of the item become withdrawn, its gold counts no more; repeated, nothing is told."""
    GoldResult.objects.filter(task__item=item).update(counts=False)
    due.lock(project)
    before = revisions.latest(Q(item=item) & ~Q(state=State.WITHDRAWN))
    rows = [replace(row, state=State.WITHDRAWN) for row in before.values()]
    revisions.write(
        project, rows, causes={}, before=before, now=now, default_cause=Cause.WITHDRAWAL
    )
