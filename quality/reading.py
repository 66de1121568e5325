"""Read a project's answers as columns: streamed from PostgreSQL in binary, never row by row."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction
from numpy.typing import NDArray
from psycopg import sql

from tasks_app.forms import Field
from tasks_app.models import Project, Task
from tasks_app.staging import patient

Ids = NDArray[np.int64]
Floats = NDArray[np.float64]

# PostgreSQL's binary COPY: a header, rows of length-prefixed columns, a trailer.
HEADER, TRAILER = 19, 2
LABELLED = ("choice", "ordinal")
_ANSWERS = """
COPY (SELECT answer.task_id, answer.worker_id, COALESCE(answer.guideline_version, 0)::int4,
             answer.id, extract(epoch FROM answer.answered_at)::float8,
             COALESCE(answer.elapsed_s, 'NaN'){columns}
        FROM tasks_app_answer AS answer
       WHERE answer.project_id = {project_id}{only})
  TO STDOUT (FORMAT BINARY)
"""


@dataclass(frozen=True, slots=True)
class Columns:
    """Answers in order of task and worker, one entry each.

    task, worker: (n_answers,) ids
    guideline: (n_answers,) guideline versions, 0 where unknown
    number: (n_answers,) the answers' ids, which grow as answers come
    at, elapsed: (n_answers,) seconds: since 1970 when it was given, and how long it took or nan
    values: of each field, what was said: of a choice or an ordinal the label's position, -1 where
        nothing was; of a number floats, nan where nothing was; else a list with None for nothing
    """

    task: Ids
    worker: Ids
    guideline: NDArray[np.int32]
    number: Ids
    at: Floats
    elapsed: Floats
    values: dict[str, Any]


def answers(
    project: Project,
    task_ids: Iterable[int] | None = None,
    worker_ids: Iterable[int] | None = None,
) -> Columns:
    """All answers of the project, or those to some tasks or by some workers.

    None of what is withdrawn or retired.
    """
    # Columns of one width first, so that they can be cut out of the bytes at once.
    task_ids = None if task_ids is None else list(task_ids)
    fields = sorted(project.form, key=lambda field: _width(field) is None)
    fixed = [field for field in fields if _width(field)]
    loose = fields[len(fixed) :]
    rows, told = _rows(
        _stream(project, fields, _only(task_ids, worker_ids)), _layout(fixed), len(loose)
    )
    task, worker = rows["task"].astype(np.int64), rows["worker"].astype(np.int64)
    order = np.lexsort((worker, task))
    order = order[~np.isin(task[order], _gone(project, task_ids))]
    values: dict[str, Any] = {}
    for number, field in enumerate(fixed):
        kind = np.int64 if field["type"] in LABELLED else np.float64
        values[field["key"]] = rows[f"value{number}"][order].astype(kind)
    for number, field in enumerate(loose):
        values[field["key"]] = [told[row][number] for row in order.tolist()]
    guideline = rows["guideline"][order].astype(np.int32)
    return Columns(
        task=task[order],
        worker=worker[order],
        guideline=guideline,
        number=rows["number"][order].astype(np.int64),
        at=rows["at"][order].astype(np.float64),
        elapsed=rows["elapsed"][order].astype(np.float64),
        values=values,
    )


def _gone(project: Project, task_ids: Iterable[int] | None) -> Ids:
    gone = Task.objects.filter(project=project, state__in=Task.GONE)
    if task_ids is not None:
        gone = gone.filter(pk__in=task_ids)
    return np.fromiter(gone.values_list("pk", flat=True), dtype=np.int64)


def _width(field: Field) -> int | None:
    """How many bytes every value of the field takes; None where that varies."""
    if field["type"] in LABELLED:
        return 4
    return 8 if field["type"] == "number" else None


def _only(task_ids: Iterable[int] | None, worker_ids: Iterable[int] | None) -> sql.Composed:
    wanted = {"task_id": task_ids, "worker_id": worker_ids}
    conditions = [
        sql.SQL(" AND answer.{} = ANY({})").format(sql.Identifier(name), sql.Literal(list(ids)))
        for name, ids in wanted.items()
        if ids is not None
    ]
    return sql.SQL("").join(conditions)


def _stream(project: Project, fields: list[Field], only: sql.Composable) -> bytearray:
    query = sql.SQL(_ANSWERS).format(
        columns=sql.SQL("").join([sql.SQL(", ") + _column(field) for field in fields]),
        project_id=sql.Literal(project.pk),
        only=only,
    )
    stream = bytearray()
    with transaction.atomic():
        patient()
        # Django wraps what execute raises; a copy's errors only if it is asked to.
        with (
            connection.wrap_database_errors,
            connection.cursor() as cursor,
            cursor.copy(query) as copy,
        ):
            # Piece by piece: a list of a million small pieces takes many times their size.
            for piece in copy:
                stream += piece
    return stream


def _column(field: Field) -> sql.Composable:
    key = sql.Literal(field["key"])
    if field["type"] in LABELLED:
        codes = {label: code for code, label in enumerate(field["labels"])}
        template = "COALESCE(({codes}::jsonb -> (answer.values ->> {key}))::int4, -1)"
        return sql.SQL(template).format(codes=sql.Literal(orjson.dumps(codes).decode()), key=key)
    if field["type"] == "number":
        return sql.SQL("COALESCE((answer.values ->> {key})::float8, 'NaN')").format(key=key)
    return sql.SQL("(answer.values -> {key})::text").format(key=key)


def _layout(fixed: list[Field]) -> np.dtype[Any]:
    """A row of columns of one width: how many columns, then each with its length before it."""
    parts = [("task", ">i8"), ("worker", ">i8"), ("guideline", ">i4")]
    parts += [("number", ">i8"), ("at", ">f8"), ("elapsed", ">f8")]
    parts += [
        (f"value{number}", ">i4" if field["type"] in LABELLED else ">f8")
        for number, field in enumerate(fixed)
    ]
    columns = [("n_columns", ">i2")]
    for name, kind in parts:
        columns += [(f"{name}_length", ">i4"), (name, kind)]
    return np.dtype(columns)


def _rows(stream: bytearray, layout: np.dtype[Any], n_loose: int) -> tuple[Any, list[list[Any]]]:
    body = memoryview(stream)[HEADER:-TRAILER]
    if not n_loose:
        return np.frombuffer(body, dtype=layout), []
    heads, told = [], []
    for head, values in _taken_apart(body, layout.itemsize, n_loose):
        heads.append(head)
        told.append(values)
    return np.frombuffer(b"".join(heads), dtype=layout), told


def _taken_apart(
    body: memoryview, width: int, n_loose: int
) -> Iterator[tuple[memoryview, list[Any]]]:
    at = 0
    while at < len(body):
        head = body[at : at + width]
        at += width
        values: list[Any] = []
        for _ in range(n_loose):
            length = int.from_bytes(body[at : at + 4], "big", signed=True)
            at += 4
            end = at + max(length, 0)
            values.append(orjson.loads(body[at:end]) if length >= 0 else None)
            at = end
        yield head, values
