"""A manager decides about a suspicion; one that is confirmed may set the worker's answers aside."""

from django.db import transaction
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.flows import admitting
from marketplace.flows.doorbell import ring
from quality import due, flags
from quality.models import Cause, Flag


@transaction.atomic
def confirm(*, flag: Flag, by: User, note: str) -> Flag:
    """The worker may claim here no more, and the answers count no more; not so for speed."""
    now = timezone.now()
    due.lock(flag.project)
    is_new = flags.decide(flag=flag, state=Flag.State.CONFIRMED, by_id=by.pk, note=note, now=now)
    if is_new and flag.restricts:
        admitting.meet(project=flag.project, worker_ids=[flag.worker_id], now=now)
        due.mark(
            project_id=flag.project_id,
            task_ids=flags.tasks_of(project=flag.project, worker_id=flag.worker_id),
            now=now,
            cause=Cause.FLAG,
        )
        due.mark_refit(project=flag.project, now=now)
        ring("settle")
    return flag


@transaction.atomic
def dismiss(*, flag: Flag, by: User, note: str) -> Flag:
    """The suspicion was wrong, or harmless."""
    due.lock(flag.project)
    flags.decide(flag=flag, state=Flag.State.DISMISSED, by_id=by.pk, note=note, now=timezone.now())
    return flag
