"""Whether staged values fit the payloads they were given for."""

from collections.abc import Iterator
from typing import Any, NamedTuple

import orjson
from django.db import connection

from tasks_app import forms, splitting
from tasks_app.errors import Fault
from tasks_app.models import Project
from tasks_app.splitting import Part
from tasks_app.staging import Faults

CHUNK = 500


class _Seen(NamedTuple):
    row: int
    values: dict[str, Any]
    payload: dict[str, Any]
    part: Part


def find_misfits(
    *, project: Project, query: str, table: str, pointer: str | None, faults: Faults
) -> None:
    """Note staged rows that do not fit their payloads, and take them off the table.

    query: gives row, values, payload and part of staged rows; see recorded_seen.sql
    pointer: where the values stand in a record, followed by the field's key; None for records
        of one field, whose value stands under /value
    """
    fields = [field for field in project.form if forms.reads_payload([field])]
    if not fields:
        return
    misfits: list[int] = []
    keys = [field["key"] for field in fields]
    for seen in _rows(query, {"project_id": project.pk, "fields": keys}):
        found = list(_faults(project, fields, seen, pointer))
        if found:
            misfits.append(seen.row)
            faults.add(seen.row, found)
    with connection.cursor() as cursor:
        cursor.execute(f"DELETE FROM {table} WHERE row = ANY (%s)", [misfits])  # noqa: S608 -- our own name


def _rows(query: str, parameters: dict[str, Any]) -> Iterator[_Seen]:
    with connection.chunked_cursor() as cursor:
        cursor.execute(query, parameters)
        while rows := cursor.fetchmany(CHUNK):
            for row, values, payload, *part in rows:
                yield _Seen(row, orjson.loads(values), orjson.loads(payload), Part(*part))


def _faults(
    project: Project, fields: list[forms.Field], seen: _Seen, pointer: str | None
) -> Iterator[Fault]:
    payload = splitting.part_payload(project.split, seen.payload, seen.part)
    for field in fields:
        if field["key"] in seen.values:
            place = "/value" if pointer is None else f"{pointer}/{field['key']}"
            yield from forms.misfits(field, seen.values[field["key"]], payload, pointer=place)
