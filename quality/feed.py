"""The change feed: consensus revisions by seq, gapless and replayable."""

from typing import Any

import orjson
from django.db.models import Q, QuerySet

from quality.models import Change, Feed, Settling
from tasks_app.models import Project

Row = dict[str, Any]


def identity() -> str:
    """The uuid of this database's feeds."""
    feed, _ = Feed.objects.get_or_create(pk=1)
    return str(feed.uid)


def head(project: Project) -> int:
    """The last seq of the project's feed; 0 before the first."""
    return Settling.objects.filter(project=project).values_list("head", flat=True).first() or 0


def after(project: Project, seq: int) -> QuerySet[Change]:
    """The changes that follow a seq."""
    return Change.objects.filter(project=project, seq__gt=seq)


def changes(project: Project, *, after: int, limit: int) -> list[Row]:
    """Up to `limit` rows that follow `after`, in order, as clients read them."""
    found = Change.objects.filter(project=project, seq__gt=after).order_by("seq")
    return [orjson.loads(told) for told in found.values_list("told", flat=True)[:limit]]


def latest(
    project: Project,
    *,
    state: str | None = None,
    batch: str | None = None,
    field: str | None = None,
    min_confidence: float | None = None,
    part: str = "all",
) -> QuerySet[Change]:
    """What is believed now: the latest revision of each field of each task and split item."""
    found = Change.objects.filter(project=project, is_latest=True)
    if state is not None:
        found = found.filter(state=state)
    if batch is not None:
        found = found.filter(batch__name=batch)
    if field is not None:
        found = found.filter(field=field)
    if min_confidence is not None:
        found = found.filter(confidence__gte=min_confidence)
    if part == "task":
        found = found.filter(task__isnull=False)
    if part == "item":
        found = found.filter(Q(task=None) | Q(part_index=None))
    return found
