"""Bring items in and cut tasks from them; take them back."""

import hashlib
import uuid
from collections.abc import Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction
from django.db.models import F

from tasks_app import forms, projects, queue, splitting
from tasks_app.errors import Fault, Refusal, invalid
from tasks_app.models import Batch, Item, Project, Task
from tasks_app.schemas import Schema
from tasks_app.splitting import Part
from tasks_app.sql import statement
from tasks_app.staging import (
    Arrived,
    Document,
    Faults,
    Record,
    Spool,
    Upload,
    make_table,
    read,
    spools,
)

INGEST_ITEMS = statement("ingest_items")
INGEST_TASKS = statement("ingest_tasks")
CONFLICTS = statement("ingest_conflicts")
STAGED_ITEM = (
    "row int, external_id text, digest bytea, payload jsonb, gold jsonb, hint text, priority int"
)
STAGED_PART = "row int, index int, n_parts int, part_start int, part_end int"

EXTERNAL_ID = {
    "type": "string",
    "minLength": 1,
    "maxLength": 200,
    "pattern": "^[^/\\x00-\\x1f\\x7f-\\x9f]+$",
}
RECORD = Schema(
    {
        "type": "object",
        "properties": {
            "external_id": EXTERNAL_ID,
            "payload": {"type": "object"},
            "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
            "gold": {"type": "object", "minProperties": 1},
            "hint": {"type": "string", "maxLength": 10_000},
        },
        "required": ["external_id", "payload"],
        "additionalProperties": False,
    }
)


class ProjectClosed(Refusal):
    """The project is closed: nothing more is taken in."""

    code = "project_closed"


class _Intake:
    """Checks records against a project and spools what they become."""

    def __init__(self, project: Project, items: Spool, parts: Spool, all_gold: bool) -> None:
        self.project, self.items, self.parts = project, items, parts
        self.all_gold = all_gold
        self.schema = Schema(project.item_schema) if project.item_schema is not None else None
        self.reads_payload = forms.reads_payload(project.form)
        self.is_cut = project.split["by"] != "none"

    def take(self, record: Record) -> None:
        """Raises Invalid with everything that is wrong with the record."""
        RECORD.check(record.value)
        value: dict[str, Any] = record.value
        gold = self._gold(value.get("gold"))
        if self.schema is not None:
            self.schema.check(value["payload"], pointer="/payload")
        parts = splitting.parts(self.project.split, value["payload"])
        if self.reads_payload:
            self._check_payload(value["payload"], parts, gold)
        payload = Document(orjson.dumps(value["payload"], option=orjson.OPT_SORT_KEYS))
        self.items.add(
            record.row,
            value["external_id"],
            hashlib.sha256(payload).digest(),
            payload,
            gold,
            value.get("hint", ""),
            int(value.get("priority", 0)),
        )
        if self.is_cut:
            for part in parts:
                self.parts.add(record.row, part.index, part.of, part.start, part.end)

    def _check_payload(
        self, payload: dict[str, Any], parts: list[Part], gold: dict[str, Any] | None
    ) -> None:
        for part in parts:
            shown = splitting.part_payload(self.project.split, payload, part)
            forms.check_payload(self.project.form, shown)
        if gold is not None:
            forms.check_gold(self.project.form, gold, payload)

    def _gold(self, gold: dict[str, Any] | None) -> dict[str, Any] | None:
        if gold is None:
            if self.all_gold:
                raise invalid("/gold", "gold_missing", "a training consists of gold")
            return None
        if self.project.split["by"] != "none":
            raise invalid("/gold", "gold_needs_whole_item", "gold cannot be split into parts")
        return forms.known(self.project.form, gold)


@contextmanager
def upload(
    *,
    project: Project,
    records: Iterable[Record],
    batch: str | None,
    partial: bool,
    now: datetime,
    all_gold: bool = False,
) -> Iterator[Upload]:
    """Items read and checked; to store them cuts their tasks too.

    all_gold: whether items without gold are refused
    Raises Invalid naming each bad row, and on storing ProjectClosed.
    """
    with spools(2) as (items, parts):

        def bring_in(faults: Faults) -> Arrived:
            # One upload after the other, and none after the close.
            if projects.is_closed(project):
                raise ProjectClosed
            # As it is now that nobody else changes it: tasks are made with it.
            project.refresh_from_db(fields=["min_answers"])
            items.copy_into("stage_item", STAGED_ITEM)
            if intake.is_cut:
                parts.copy_into("stage_part", STAGED_PART)
            else:
                _stage_wholes()
            n_parts = parts.rows if intake.is_cut else items.rows
            arrived = _stored(project, batch, n_parts, now)
            for row, external_id in _conflicts(project):
                faults.add(row, [_conflict(external_id)])
            return arrived

        intake = _Intake(project, items, parts, all_gold)
        yield read(records, take=intake.take, bring_in=bring_in, partial=partial)


@transaction.atomic
def withdraw(*, item: Item, because: str, now: datetime) -> list[int]:
    """Take an item back: its tasks close, live leases are honoured. The tasks it closed."""
    if not Item.objects.filter(pk=item.pk, withdrawn_at=None).update(
        withdrawn_at=now, withdrawn_because=because
    ):
        item.refresh_from_db()
        return []
    item.withdrawn_at, item.withdrawn_because = now, because
    tasks = Task.objects.filter(item=item).order_by("pk").select_for_update(no_key=True)
    task_ids = [task.pk for task in tasks]
    Task.objects.filter(pk__in=task_ids).update(
        state=Task.State.WITHDRAWN,
        slots=F("slots") - F("open_slots"),
        answers_due=F("answers_due") - F("open_slots"),
        open_slots=F("open_slots") - F("open_slots"),
        is_open=False,
    )
    return task_ids


def _stage_wholes() -> None:
    """Each staged item is its only part."""
    make_table("stage_part", STAGED_PART)
    with connection.cursor() as cursor:
        cursor.execute("INSERT INTO stage_part (row) SELECT row FROM stage_item")
        cursor.execute("ANALYZE stage_part")


def _stored(project: Project, batch: str | None, n_parts: int, now: datetime) -> Arrived:
    name = batch or f"{now:%Y%m%d-%H%M%S}-{uuid.uuid4().hex[:8]}"
    came, _ = Batch.objects.get_or_create(project=project, name=name, defaults={"created_at": now})
    make_table("stage_new", "item_id bigint, row int")
    with connection.cursor() as cursor:
        cursor.execute(INGEST_ITEMS, {"project_id": project.pk, "batch_id": came.pk, "now": now})
        accepted = cursor.rowcount
        cursor.execute(
            INGEST_TASKS,
            {
                "project_id": project.pk,
                "slots": project.min_answers,
                "come_late": not queue.end_bookmarks(project=project, n_tasks=n_parts),
            },
        )
        return Arrived(accepted, batch=name, tasks=cursor.rowcount)


def _conflicts(project: Project) -> list[tuple[int, str]]:
    with connection.cursor() as cursor:
        cursor.execute(CONFLICTS, {"project_id": project.pk})
        return [(row, external_id) for row, external_id in cursor.fetchall()]


def _conflict(external_id: str) -> Fault:
    return Fault(
        "/external_id",
        "duplicate_external_id",
        f"an item {external_id[:80]!r} with another payload is there already",
    )
