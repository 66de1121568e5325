"""Consensus so sure that it may serve as gold; offered to the manager, never taken silently."""

from collections.abc import Collection, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import Exists, Max, OuterRef, QuerySet

from quality import due
from quality.models import Promotion, Revision, Settling
from tasks_app.errors import Refusal
from tasks_app.forms import CATEGORICAL
from tasks_app.models import Answer, Assignment, Item, Project, Task

LEAST_POSTERIOR = 0.99
LEAST_ANSWERS = 5


class NotACandidate(Refusal):
    """Some of these are no candidates now; nothing was promoted."""

    code = "not_a_candidate"


class StillLeased(Refusal):
    """Somebody is at work on some of these; nothing was promoted."""

    code = "still_leased"


@dataclass(frozen=True, slots=True)
class Candidate:
    """A task with what would be its gold, and the least confidence of its fields."""

    task: Task
    gold: dict[str, Any]
    confidence: float


def candidates(project: Project) -> QuerySet[Task]:
    """Resolved tasks of whole items with answers enough, all alike, and hardly a doubt left."""
    keys = _keys(project)
    found = Task.objects.filter(
        project=project, state=Task.State.RESOLVED, is_gold=False, part_index=None
    )
    if not keys:
        return found.none()
    sure = Revision.objects.filter(
        task=OuterRef("pk"),
        is_latest=True,
        state=Revision.State.RESOLVED,
        stop_posterior__gte=LEAST_POSTERIOR,
        share=1,
        n_answers__gte=max(project.min_answers, LEAST_ANSWERS),
    )
    for key in keys:
        found = found.filter(Exists(sure.filter(field=key)))
    return found.select_related("item")


def offered(project: Project, tasks: Sequence[Task]) -> list[Candidate]:
    """What these candidates would be as gold."""
    rows = Revision.objects.filter(task__in=tasks, is_latest=True, field__in=_keys(project))
    told: dict[int | None, dict[str, Revision]] = {}
    for row in rows:
        told.setdefault(row.task_id, {})[row.field] = row
    return [
        Candidate(
            task=task,
            gold={key: told[task.pk][key].value for key in _keys(project)},
            confidence=min(row.confidence or 0.0 for row in told[task.pk].values()),
        )
        for task in tasks
    ]


@transaction.atomic
def promote(*, project: Project, external_ids: Collection[str], now: datetime) -> list[int]:
    """Make gold of these; the tasks. Raises NotACandidate or StillLeased, and promotes none then.

    What they were told stays in the feed. Who had them is never offered them again.
    """
    items = Item.objects.filter(project=project, external_id__in=external_ids)
    locked = list(items.order_by("pk").select_for_update(no_key=True))
    tasks = Task.objects.filter(item__in=locked).order_by("pk").select_for_update(no_key=True)
    task_ids = [task.pk for task in tasks]
    found = offered(project, list(candidates(project).filter(pk__in=task_ids).order_by("pk")))
    strange = set(external_ids) - {one.task.item.external_id for one in found}
    if strange:
        raise NotACandidate(f"No candidates now: {_named(strange)}. Nothing was promoted.")
    leased = Assignment.objects.filter(task__in=task_ids, state=Assignment.State.LEASED)
    if held := set(leased.values_list("task__item__external_id", flat=True)):
        raise StillLeased(f"Somebody is at work on {_named(held)}. Nothing was promoted.")
    _make_gold(project, found, now)
    return task_ids


def _make_gold(project: Project, found: Sequence[Candidate], now: datetime) -> None:
    task_ids = [one.task.pk for one in found]
    Task.objects.filter(pk__in=task_ids).update(
        is_gold=True,
        slots=None,
        open_slots=None,
        answers_due=None,
        state=Task.State.OPEN,
        is_open=True,
    )
    for one in found:
        one.task.item.gold = one.gold
    Item.objects.bulk_update([one.task.item for one in found], ["gold"], batch_size=500)
    due.mark_refit(project=project, now=now)
    seq = Settling.objects.values_list("head", flat=True).get(project=project)
    answers = Answer.objects.filter(task__in=task_ids).values("task_id").order_by()
    last = dict(answers.annotate(last=Max("pk")).values_list("task_id", "last"))
    Promotion.objects.bulk_create(
        [Promotion(task_id=pk, last_answer=last.get(pk, 0), seq=seq, at=now) for pk in task_ids]
    )


def _keys(project: Project) -> list[str]:
    return [field["key"] for field in project.form if field["type"] in CATEGORICAL]


def _named(external_ids: Collection[str]) -> str:
    first = ", ".join(repr(name) for name in sorted(external_ids)[:20])
    return first if len(external_ids) <= 20 else f"{first} and {len(external_ids) - 20} more"
