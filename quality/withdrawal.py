"""Tell the feed that an item was withdrawn."""

from dataclasses import replace
from datetime import datetime

from django.db import transaction
from django.db.models import Q

from quality import due, revisions
from quality.models import Cause, Revision
from tasks_app.models import Item, Project

State = Revision.State


@transaction.atomic
def tell(*, project: Project, item: Item, now: datetime) -> None:
    """Each row of the item becomes withdrawn; repeated, nothing is told."""
    due.lock(project)
    before = revisions.latest(Q(item=item) & ~Q(state=State.WITHDRAWN))
    rows = [replace(row, state=State.WITHDRAWN) for row in before.values()]
    revisions.write(
        project, rows, causes={}, before=before, now=now, default_cause=Cause.WITHDRAWAL
    )
