"""Snapshots: frozen training sets, defined by (project, up to seq, sha256), never copied."""

import hashlib
from collections.abc import Iterator
from dataclasses import dataclass
from itertools import islice
from typing import Any

import orjson
from django.db import connection

from quality.models import Push
from quality.sql import statement
from tasks_app import splitting
from tasks_app.models import Project

SNAPSHOT = statement("snapshot")
NEW = statement("snapshot_new")
BLOCK = 1000
LINES_PER_CHUNK = 500

Row = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Frozen:
    """What names a snapshot's content."""

    sha256: str
    n_labels: int


def rows(*, project: Project, field: str | None, up_to_seq: int) -> Iterator[Row]:
    """The labels of a snapshot by seq, read stretch by stretch of the feed.

    With a field only its labels; the same arguments give the same rows for ever.
    """
    for after in range(0, up_to_seq, BLOCK):
        with connection.cursor() as cursor:
            cursor.execute(
                SNAPSHOT,
                {
                    "project_id": project.pk,
                    "field": field,
                    "after": after,
                    # A feed has no gaps, so a stretch of it is a block of known size.
                    "until": min(after + BLOCK, up_to_seq),
                    "up_to_seq": up_to_seq,
                },
            )
            block = cursor.fetchall()
        for cells in block:
            yield _row(project, cells)


def chunks(push: Push) -> Iterator[bytes]:
    """A push's snapshot as NDJSON, some lines at a time; the bytes that its sha256 is of."""
    labels = rows(project=push.project, field=push.rule.get("field"), up_to_seq=push.up_to_seq)
    while chunk := b"".join(map(_line, islice(labels, LINES_PER_CHUNK))):
        yield chunk


def freeze(*, project: Project, field: str | None, up_to_seq: int) -> Frozen:
    """Name what the snapshot up to this seq holds."""
    digest, n_labels = hashlib.sha256(), 0
    for row in rows(project=project, field=field, up_to_seq=up_to_seq):
        digest.update(_line(row))
        n_labels += 1
    return Frozen(digest.hexdigest(), n_labels)


def n_new(*, project: Project, field: str | None, after: int, up_to_seq: int, at_most: int) -> int:
    """How many labels are new in a snapshot, or have another value, since the one up to `after`."""
    with connection.cursor() as cursor:
        cursor.execute(
            NEW,
            {
                "project_id": project.pk,
                "field": field,
                "after": after,
                "up_to_seq": up_to_seq,
                "limit": at_most,
            },
        )
        (count,) = cursor.fetchone()
    return int(count)


def _row(project: Project, cells: tuple[Any, ...]) -> Row:
    seq, external_id, index, of, start, end, payload, field, value, distribution, *rest = cells
    confidence, n_answers = rest
    part = splitting.Part(index, of, start, end)
    return {
        "external_id": external_id,
        "part": index,
        "payload": splitting.part_payload(project.split, orjson.loads(payload), part),
        "field": field,
        "value": None if value is None else orjson.loads(value),
        "distribution": None if distribution is None else orjson.loads(distribution),
        "confidence": confidence,
        "n_answers": n_answers,
        "seq": seq,
    }


def _line(row: Row) -> bytes:
    return orjson.dumps(row, option=orjson.OPT_APPEND_NEWLINE)
