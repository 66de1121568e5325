"""Whether gold is sound: what good workers keep failing is wrong itself."""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db.models import Count, F, OuterRef, Q, QuerySet, Subquery, Sum
from scipy import special

from quality.gold import retiring
from quality.gold.accepted import MISS_BELOW
from quality.models import GoldResult, Reliability, Retirement
from tasks_app.models import Project, Task

ENOUGH_ANSWERS = 4
ENOUGH_CERTAINTY = 0.95
# While answers come in one looks again and again.
CERTAINTY_UNDER_WAY = 0.99
# Gold that good workers get right less often than this is failing.
LEAST_RIGHT = 0.5


@dataclass(frozen=True, slots=True)
class Health:
    """How workers did on one gold task: answers that count, and those of good workers."""

    n: int = 0
    total: float = 0.0
    n_good: int = 0
    total_good: float = 0.0
    n_good_right: int = 0

    def is_failing(self, certainty: float) -> bool:
        """True if good workers get it right less than half the time, so surely."""
        missed = self.n_good - self.n_good_right
        found = special.betainc(1 + self.n_good_right, 1 + missed, LEAST_RIGHT)
        return self.n_good >= ENOUGH_ANSWERS and bool(found >= certainty)


def check(*, project: Project, is_quiet: bool, now: datetime) -> list[int]:
    """Retire gold that good workers keep failing; the tasks it retired.

    Good are workers whose accuracy is at least the project's floor. Gold that was put back is
    judged by the answers since.
    """
    restored = Retirement.objects.filter(task=OuterRef("task")).values("restored_at")
    rows = (
        GoldResult.objects.filter(project=project, counts=True)
        .alias(restored_at=Subquery(restored))
        .filter(Q(restored_at=None) | Q(answered_at__gt=F("restored_at")))
    )
    enough = ENOUGH_CERTAINTY if is_quiet else CERTAINTY_UNDER_WAY
    failing = {pk: health for pk, health in _of(project, rows) if health.is_failing(enough)}
    shown = Q(state=Task.State.RETIRED, retirement__because=Retirement.Because.SHOWN)
    live = Task.objects.filter(Q(state=Task.State.OPEN) | shown, pk__in=failing)
    retired: list[int] = []
    for task_id in sorted(live.values_list("pk", flat=True)):
        health = failing[task_id]
        retired += retiring.retire(
            project=project,
            task_ids=[task_id],
            because=Retirement.Because.FAILING,
            note=f"{health.n_good_right} of {health.n_good} good workers got it right",
            now=now,
        )
    return retired


def of_tasks(project: Project, task_ids: Collection[int]) -> dict[int, Health]:
    """How workers did on these gold tasks, whether or not their answers count now."""
    return dict(_of(project, GoldResult.objects.filter(project=project, task__in=task_ids)))


def _of(project: Project, rows: QuerySet[GoldResult]) -> list[tuple[int, Health]]:
    by_good = Q(worker__in=_good(project))
    found = (
        rows.values("task_id")
        .order_by("task_id")
        .annotate(
            n=Count("pk"),
            total=Sum("score"),
            n_good=Count("pk", filter=by_good),
            total_good=Sum("score", filter=by_good, default=0.0),
            n_good_right=Count("pk", filter=by_good & Q(score__gte=MISS_BELOW)),
        )
        .values_list("task_id", "n", "total", "n_good", "total_good", "n_good_right")
    )
    return [(task_id, Health(*figures)) for task_id, *figures in found]


def _good(project: Project) -> Any:
    return (
        Reliability.objects.filter(project=project)
        .alias(mean=F("alpha") / (F("alpha") + F("beta")))
        .filter(mean__gte=project.reliability_floor)
        .values("worker_id")
    )
