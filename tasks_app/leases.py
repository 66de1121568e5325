"""An assignment as its worker sees it, read in one statement."""

from collections.abc import Sequence
from dataclasses import dataclass, fields
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from tasks_app import splitting
from tasks_app.splitting import Part


@dataclass(slots=True)
class Lease:
    """A row of the view concord_lease; documents are JSON texts."""

    id: int
    uid: UUID
    state: str
    guideline_version: int
    leased_at: datetime
    leased_until: datetime
    worker_id: int
    task_id: int
    task_uid: UUID
    part_index: int | None
    part_of: int | None
    part_start: int | None
    part_end: int | None
    priority: int
    payload: str
    project_id: int
    slug: str
    tenant_id: int
    form: str
    split: str
    lease_s: int
    reward_micros: int
    reward_currency: str
    show_predictions: bool
    answer: str | None
    answered_at: datetime | None
    late: bool | None
    gives_feedback: bool

    @property
    def part(self) -> Part:
        """Which part of the item it asks about."""
        return Part(self.part_index, self.part_of, self.part_start, self.part_end)

    def part_payload(self) -> dict[str, Any]:
        """What is shown of the item."""
        return splitting.part_payload(
            orjson.loads(self.split), orjson.loads(self.payload), self.part
        )


# By name: columns may come to the view while this runs.
NAMES = tuple(column.name for column in fields(Lease))
COLUMNS = ", ".join(NAMES)
_ONE = f"SELECT {COLUMNS} FROM concord_find_lease(%(uid)s, %(worker_id)s, %(tenant_id)s)"  # noqa: S608 -- our own names
_SOME = f"SELECT {COLUMNS} FROM concord_lease WHERE id = ANY(%(ids)s) ORDER BY id"  # noqa: S608 -- our own names


def find(*, uid: UUID, worker_id: int, tenant_id: int | None = None) -> Lease | None:
    """The worker's own assignment of this id; with a tenant, only on its projects."""
    found = rows(_ONE, {"uid": uid, "worker_id": worker_id, "tenant_id": tenant_id})
    return found[0] if found else None


def of(ids: Sequence[int]) -> list[Lease]:
    """The assignments of these primary keys, in their order."""
    return rows(_SOME, {"ids": list(ids)})


def rows(query: str, parameters: dict[str, Any]) -> list[Lease]:
    """What a query for rows of the view gives."""
    with connection.cursor() as cursor:
        cursor.execute(query, parameters)
        return [Lease(*row) for row in cursor.fetchall()]
