"""Consensus revisions: the next seqs of the feed, in the transaction of their cause."""

import dataclasses
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import Q

from quality.judging import Judged
from quality.models import Revision
from quality.sql import statement
from tasks_app.models import Project

STORE = statement("revision_store")
# A smaller step of confidence is not told, but by the refit that ends in quiet.
STEP = 0.01
_VALUES = (
    "state",
    "value",
    "distribution",
    "interval",
    "confidence",
    "stop_posterior",
    "share",
    "n_answers",
    "n_set_aside",
    "aggregator",
    "aggregator_version",
    "guideline_version",
)

# The task, or None for the row of a whole split item; the item; the field.
Place = tuple[int | None, int, str]


@dataclass(slots=True)
class Row:
    """What is told of a field: a revision as it is stored, or one yet to be numbered."""

    item_id: int
    task_id: int | None
    field: str
    state: str
    value: Any = None
    distribution: Any = None
    interval: Any = None
    confidence: float | None = None
    stop_posterior: float | None = None
    share: float | None = None
    n_answers: int = 0
    n_set_aside: int = 0
    aggregator: str = "none"
    aggregator_version: str = "1"
    aggregator_parameters: dict[str, Any] = dataclasses.field(default_factory=dict)
    guideline_version: int | None = None
    # Given when it is stored.
    id: int = 0
    revision: int = 0
    cause: str = ""
    resolved_at: datetime | None = None

    @property
    def place(self) -> Place:
        """What it is about."""
        return self.task_id, self.item_id, self.field


_COLUMNS = [column.name for column in dataclasses.fields(Row)]


def latest(which: Q) -> dict[Place, Row]:
    """The latest of these rows, in order of their seqs."""
    found = Revision.objects.filter(which, is_latest=True).order_by("seq")
    rows = (Row(*columns) for columns in found.values_list(*_COLUMNS))
    return {row.place: row for row in rows}


def of_judged(item_id: int, task_id: int, key: str, state: str, judged: Judged | None) -> Row:
    """The row that tells a verdict, not yet numbered; with no answers left, an empty one."""
    if judged is None:
        return Row(item_id, task_id, key, state)
    verdict, made = judged.verdict, judged.maker
    aggregator, version = made.judge.called(made.ballots.votes.field)
    parameters = dict(made.parameters)
    if made.judge.stops_by_target:
        parameters |= {"tau": made.rule.tau, "tau_version": made.rule.version}
    return Row(
        item_id,
        task_id,
        key,
        state,
        value=verdict.value,
        distribution=verdict.distribution,
        interval=verdict.interval,
        confidence=verdict.confidence,
        stop_posterior=verdict.stop_posterior,
        share=verdict.share,
        n_answers=judged.n_answers,
        n_set_aside=judged.n_set_aside,
        aggregator=aggregator,
        aggregator_version=version,
        aggregator_parameters=parameters,
        guideline_version=judged.guideline_version,
    )


def differs(old: Row | None, new: Row, *, exact: bool) -> bool:
    """True if the new row is worth telling; when `exact`, whatever differs is."""
    if old is None:
        return True
    if exact:
        return any(getattr(old, name) != getattr(new, name) for name in _VALUES)
    if (old.state, old.value, old.n_answers) != (new.state, new.value, new.n_answers):
        return _is_more_than_a_step(old, new) if _only_the_number_moved(old, new) else True
    if old.confidence is None or new.confidence is None:
        return old.confidence is not new.confidence
    return abs(old.confidence - new.confidence) >= STEP


def write(
    project: Project,
    rows: Sequence[Row],
    *,
    causes: Mapping[int, str],
    before: Mapping[Place, Row],
    now: datetime,
    default_cause: str,
) -> None:
    """Number the rows and store them after the feed's head; `before` holds those they follow.

    The caller's transaction holds the lock on the project's settling from before the rows
    were made until it commits.
    """
    if not rows:
        return
    outdated: list[int] = []
    for row in rows:
        old = before.get(row.place)
        row.revision = 1 if old is None else old.revision + 1
        row.cause = causes.get(row.task_id or 0, default_cause)
        if row.state == Revision.State.RESOLVED:
            was = old is not None and old.state == Revision.State.RESOLVED
            row.resolved_at = old.resolved_at if was and old else now
        if old is not None:
            outdated.append(old.id)
    if outdated:
        Revision.objects.filter(pk__in=outdated).update(is_latest=False)
    with connection.cursor() as cursor:
        cursor.execute(
            STORE,
            {
                "project_id": project.pk,
                "rows": orjson.dumps(rows).decode(),
                "n_rows": len(rows),
                "now": now,
            },
        )


def _only_the_number_moved(old: Row, new: Row) -> bool:
    """A number moves a little with every refit, which alone is not worth a row."""
    return (
        (old.state, old.n_answers) == (new.state, new.n_answers)
        and old.interval is not None
        and new.interval is not None
    )


def _is_more_than_a_step(old: Row, new: Row) -> bool:
    interval: Any = old.interval
    moved: Any = abs((old.value or 0) - (new.value or 0))
    return bool(moved >= STEP * (interval[1] - interval[0]))
