"""A manager takes gold out of use, puts it back, and makes gold of sure consensus."""

from collections.abc import Sequence

from django.db import transaction
from django.utils import timezone

from marketplace.flows.doorbell import ring
from marketplace.flows.once import unlocked
from quality.gold import promotion, retiring
from quality.models import Retirement
from tasks_app.models import Project, Task


def retire(*, project: Project, task: Task, note: str) -> None:
    """Serve gold no more, and count no answers to it; repeated, nothing changes."""

    @transaction.atomic
    def end() -> None:
        retiring.retire(
            project=project,
            task_ids=[task.pk],
            because=Retirement.Because.BY_HAND,
            note=note,
            now=timezone.now(),
        )
        ring("settle")

    unlocked(end)


def restore(*, project: Project, task: Task) -> None:
    """Put gold back, its answers counting again; repeated, nothing changes."""

    @transaction.atomic
    def begin() -> None:
        retiring.restore(project=project, task_id=task.pk, now=timezone.now())
        ring("settle")

    unlocked(begin)


def promote(*, project: Project, external_ids: Sequence[str]) -> list[int]:
    """Make gold of candidates; the tasks. Raises NotACandidate or StillLeased."""

    @transaction.atomic
    def make() -> list[int]:
        made = promotion.promote(project=project, external_ids=external_ids, now=timezone.now())
        ring("settle")
        return made

    return unlocked(make)
