"""Take gold out of use, and put it back."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction

from quality import due
from quality.gold import results
from quality.models import Cause, GoldResult, Retirement
from tasks_app.models import Project, Task


@transaction.atomic
def retire(
    *, project: Project, task_ids: Collection[int], because: str, note: str, now: datetime
) -> list[int]:
    """Serve these gold tasks to nobody any more, and count no answers to them; those it retired.

    Gold that was shown was sound until then: answers before that go on counting. Live leases are
    honoured. What is retired already keeps its reason, unless it was only shown and is wrong
    besides. The project is judged anew.
    """
    gold = results.lock(task_ids)
    shown = Retirement.objects.filter(
        task__in=gold, because=Retirement.Because.SHOWN, restored_at=None
    )
    wrong = (
        set() if because == Retirement.Because.SHOWN else set(shown.values_list("pk", flat=True))
    )
    retired = [task.pk for task in gold if task.state == Task.State.OPEN or task.pk in wrong]
    if not retired:
        return []
    is_shown = because == Retirement.Because.SHOWN
    if is_shown:
        results.take_in(project=project, task_ids=retired)
    Task.objects.filter(pk__in=retired).update(state=Task.State.RETIRED, is_open=False)
    Retirement.objects.bulk_create(
        [
            Retirement(task_id=pk, because=because, note=note, at=now, restored_at=None)
            for pk in retired
        ],
        update_conflicts=True,
        unique_fields=["task"],
        update_fields=["because", "note", "at", "restored_at"],
    )
    if is_shown:
        # A worker waits for the reply, and more may miss: let a refit follow once all is quiet.
        due.mark(project_id=project.pk, task_ids=retired, now=now, cause=Cause.GOLD)
    else:
        GoldResult.objects.filter(task__in=retired).update(counts=False, is_examined=False)
        due.mark_refit(project=project, now=now)
    return retired


@transaction.atomic
def restore(*, project: Project, task_id: int, now: datetime) -> bool:
    """Put retired gold back, its answers counting again; False if it is not retired."""
    retired = [task.pk for task in results.lock([task_id]) if task.state == Task.State.RETIRED]
    if not retired:
        return False
    Task.objects.filter(pk__in=retired).update(state=Task.State.OPEN, is_open=True)
    Retirement.objects.filter(task__in=retired).update(restored_at=now)
    GoldResult.objects.filter(task__in=retired).update(counts=True, is_examined=False)
    due.mark_refit(project=project, now=now)
    return True
