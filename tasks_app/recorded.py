"""Bring in answers that were collected elsewhere."""

from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

from django.db import connection
from django.utils.dateparse import parse_datetime

from tasks_app import fitting, forms, projects
from tasks_app.errors import Fault, Refusal
from tasks_app.items import EXTERNAL_ID
from tasks_app.models import Project
from tasks_app.schemas import Schema
from tasks_app.sql import statement
from tasks_app.staging import Arrived, Faults, Record, Spool, Upload, make_table, read, spools

FAULTS = statement("recorded_faults")
STORE = statement("recorded_store")
COUNT = statement("recorded_count")
CONFLICTS = statement("recorded_conflicts")
SEEN = statement("recorded_seen")

RECORD = Schema(
    {
        "type": "object",
        "properties": {
            "external_id": EXTERNAL_ID,
            "part": {"type": ["integer", "null"], "minimum": 0, "maximum": 2_147_483_647},
            "worker": {
                "type": "string",
                "minLength": 1,
                "maxLength": 150,
                "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$",
            },
            "answer": {"type": "object"},
            "answered_at": {"type": "string", "format": "date-time"},
        },
        "required": ["external_id", "worker", "answer"],
        "additionalProperties": False,
    }
)
_WRONG = {
    "unknown_item": ("/external_id", "the project has no such item"),
    "item_withdrawn": ("/external_id", "the item was withdrawn"),
    "unknown_part": ("/part", "the item has no such part"),
}

People = Callable[[set[str]], dict[str, int]]


class ProjectNotTaking(Refusal):
    """The project is closed: no answers are taken."""

    code = "project_closed"


@contextmanager
def upload(
    *,
    project: Project,
    records: Iterable[Record],
    people: People,
    met: Callable[[list[int]], None],
    partial: bool,
    now: datetime,
) -> Iterator[Upload]:
    """Recorded answers read and checked.

    On storing `people` gives an account for each name, and `met` is told the tasks that got
    answers, in the same transaction. Raises Invalid, and on storing ProjectNotTaking.
    """
    names: set[str] = set()
    with spools(2) as (answers, workers):

        def take(record: Record) -> None:
            RECORD.check(record.value)
            value: dict[str, Any] = record.value
            kept = forms.normalised(project.form, value["answer"])
            answered_at = parse_datetime(value["answered_at"]) if "answered_at" in value else now
            names.add(value["worker"])
            answers.add(
                record.row,
                value["external_id"],
                None if value.get("part") is None else int(value["part"]),
                value["worker"],
                kept,
                answered_at,
            )

        def bring_in(faults: Faults) -> Arrived:
            if projects.is_closed(project):
                raise ProjectNotTaking
            workers.clear()
            for name, worker_id in people(names).items():
                workers.add(name, worker_id)
            accepted, task_ids = _stored(project, answers, workers, faults)
            met(task_ids)
            return Arrived(accepted, tasks=len(task_ids))

        yield read(records, take=take, bring_in=bring_in, partial=partial)


def _stored(
    project: Project, answers: Spool, workers: Spool, faults: Faults
) -> tuple[int, list[int]]:
    answers.copy_into(
        "stage_answer",
        "row int, external_id text, part int, worker text, values jsonb, answered_at timestamptz",
    )
    workers.copy_into("stage_worker", "name text, worker_id bigint")
    make_table("stage_new", "task_id bigint")
    fitting.find_misfits(
        project=project, query=SEEN, table="stage_answer", pointer="/answer", faults=faults
    )
    with connection.cursor() as cursor:
        cursor.execute(FAULTS, {"project_id": project.pk})
        for row, code in cursor.fetchall():
            pointer, detail = _WRONG[code]
            faults.add(row, [Fault(pointer, code, detail)])
        cursor.execute(STORE, {"project_id": project.pk})
        accepted = cursor.rowcount
        cursor.execute(COUNT)
        task_ids = [task_id for (task_id,) in cursor.fetchall()]
        cursor.execute(CONFLICTS, {"project_id": project.pk})
        for (row,) in cursor.fetchall():
            faults.add(
                row, [Fault("/answer", "already_answered", "this worker gave another answer")]
            )
    return accepted, task_ids
