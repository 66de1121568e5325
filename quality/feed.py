"""The change feed: consensus revisions by seq, gapless and replayable."""

from collections.abc import Iterable, Iterator
from typing import Any

from django.db.models import Q, QuerySet

from quality.models import Feed, Revision, Settling
from tasks_app.models import Project

Row = dict[str, Any]
BLOCK = 1000


def identity() -> str:
    """The uuid of this database's feeds."""
    feed, _ = Feed.objects.get_or_create(pk=1)
    return str(feed.uid)


def head(project: Project) -> int:
    """The last seq of the project's feed; 0 before the first."""
    return Settling.objects.filter(project=project).values_list("head", flat=True).first() or 0


def changes(project: Project, *, after: int, limit: int) -> list[Row]:
    """Up to `limit` rows that follow `after`, in order."""
    found = Revision.objects.filter(project=project, seq__gt=after).order_by("seq")
    return rows(project, found.select_related("item", "task")[:limit])


def up_to_head(project: Project, *, after: int) -> Iterator[Row]:
    """All rows after a seq up to the head of now, read by keyset blocks."""
    last = head(project)
    while after < last:
        block = changes(project, after=after, limit=BLOCK)
        yield from (row for row in block if row["seq"] <= last)
        after = block[-1]["seq"] if block else last


def latest(
    project: Project,
    *,
    state: str | None = None,
    batch: str | None = None,
    field: str | None = None,
    min_confidence: float | None = None,
    part: str = "all",
) -> QuerySet[Revision]:
    """What is believed now: the latest revision of each field of each task and split item."""
    found = Revision.objects.filter(project=project, is_latest=True)
    if state is not None:
        found = found.filter(state=state)
    if batch is not None:
        found = found.filter(item__batch__name=batch)
    if field is not None:
        found = found.filter(field=field)
    if min_confidence is not None:
        found = found.filter(confidence__gte=min_confidence)
    if part == "task":
        found = found.filter(task__isnull=False)
    if part == "item":
        found = found.filter(Q(task=None) | Q(task__part_index=None))
    return found


def rows(project: Project, revisions: Iterable[Revision]) -> list[Row]:
    """Revisions as clients read them; their items and tasks are to be fetched with them."""
    return [row(project, revision) for revision in revisions]


def row(project: Project, revision: Revision) -> Row:
    """One revision as clients read it; its item and task are to be fetched with it."""
    task = revision.task
    return {
        "seq": revision.seq,
        "project": project.slug,
        "external_id": revision.item.external_id,
        "task": None if task is None else str(task.uid),
        "part": None if task is None else task.part_index,
        "field": revision.field,
        "revision": revision.revision,
        "state": revision.state,
        "value": revision.value,
        "distribution": revision.distribution,
        "interval": revision.interval,
        "confidence": revision.confidence,
        "stop_posterior": revision.stop_posterior,
        "share": revision.share,
        "n_answers": revision.n_answers,
        "n_set_aside": revision.n_set_aside,
        "aggregator": {
            "name": revision.aggregator,
            "version": revision.aggregator_version,
            "parameters": revision.aggregator_parameters,
        },
        "guideline_version": revision.guideline_version,
        "human_annotated": revision.n_answers > 0,
        "cause": revision.cause,
        "resolved_at": revision.resolved_at,
    }
