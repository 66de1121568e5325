"""Bring many rows in at once: validated into a spool, copied by one transaction."""

import re
import tempfile
from collections.abc import Callable, Iterable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field, replace
from typing import Any

import orjson
from django.db import connection, transaction

from tasks_app.errors import Fault, Invalid

KEPT_FAULTS = 1000
IN_MEMORY = 4 << 20
LINES_AT_ONCE = 1000
TIMEOUT_MS = 600_000


@dataclass(frozen=True, slots=True)
class Record:
    """One 1-based record of an upload: what it holds, or why it could not be read."""

    row: int
    value: Any = None
    fault: Fault | None = None


@dataclass(slots=True)
class Faults:
    """The first thousand faults of an upload, and how many rows there were of them."""

    kept: list[Fault] = field(default_factory=list)
    total: int = 0
    rows: int = 0

    def add(self, row: int, faults: Iterable[Fault]) -> None:
        """Note what is wrong with one row."""
        self.rows += 1
        for fault in faults:
            self.total += 1
            if len(self.kept) < KEPT_FAULTS:
                self.kept.append(replace(fault, row=row))

    def copy(self) -> "Faults":
        """These faults, to which others may be added."""
        return Faults(list(self.kept), self.total, self.rows)

    def refuse(self) -> None:
        """Raises Invalid if there is any fault."""
        if self.total:
            raise Invalid(sorted(self.kept, key=lambda fault: fault.row or 0), total=self.total)


@dataclass(frozen=True, slots=True)
class Report:
    """What became of an upload."""

    batch: str | None
    accepted: int
    duplicates: int
    rejected: int
    tasks: int
    faults: list[Fault]
    faults_total: int


@dataclass(frozen=True, slots=True)
class Arrived:
    """What came in of an upload."""

    accepted: int
    batch: str | None = None
    tasks: int = 0


@dataclass(frozen=True, slots=True)
class Upload:
    """An upload that was read and checked: all is good, or with `partial` the good is kept.

    `bring_in` stores what was spooled and adds the faults that only the database knows.
    """

    n_records: int
    faults: Faults
    partial: bool
    bring_in: Callable[[Faults], Arrived]

    @transaction.atomic
    def store(self) -> Report:
        """Bring it in. Raises Invalid naming each bad row; nothing is stored then."""
        patient()
        faults = self.faults.copy()
        arrived = self.bring_in(faults)
        if not self.partial:
            faults.refuse()
        return Report(
            batch=arrived.batch,
            accepted=arrived.accepted,
            duplicates=self.n_records - arrived.accepted - faults.rows,
            rejected=faults.rows,
            tasks=arrived.tasks,
            faults=sorted(faults.kept, key=lambda fault: fault.row or 0),
            faults_total=faults.total,
        )


class Spool:
    """Rows on their way into a temporary table, on disk once they are many."""

    def __init__(self) -> None:
        self._file = tempfile.SpooledTemporaryFile(max_size=IN_MEMORY)  # noqa: SIM115 -- closed by spools()
        self._lines: list[bytes] = []
        self.rows = 0

    def add(self, *cells: object) -> None:
        """One row, in PostgreSQL's COPY text format."""
        self._lines.append(b"\t".join([_cell(cell) for cell in cells]))
        self.rows += 1
        if len(self._lines) == LINES_AT_ONCE:
            self._flush()

    def clear(self) -> None:
        """Forget all rows."""
        self._lines.clear()
        self._file.seek(0)
        self._file.truncate()
        self.rows = 0

    def copy_into(self, table: str, columns: str) -> None:
        """Make a temporary table of these columns and fill it."""
        make_table(table, columns)
        self._flush()
        self._file.seek(0)
        # Django wraps what execute raises; a copy's errors only if it is asked to.
        with connection.wrap_database_errors, connection.cursor() as cursor:
            with cursor.copy(f"COPY {table} FROM STDIN") as copy:
                while chunk := self._file.read(1 << 20):
                    copy.write(chunk)
            cursor.execute(f"ANALYZE {table}")

    def close(self) -> None:
        """Let the file go."""
        self._file.close()

    def _flush(self) -> None:
        if self._lines:
            self._file.write(b"\n".join(self._lines) + b"\n")
            self._lines.clear()


def make_table(table: str, columns: str) -> None:
    """A temporary table that ends with the transaction, or with the next one of its name."""
    with connection.cursor() as cursor:
        cursor.execute(f"DROP TABLE IF EXISTS pg_temp.{table}")
        cursor.execute(f"CREATE TEMPORARY TABLE {table} ({columns}) ON COMMIT DROP")


@contextmanager
def spools(n: int) -> Iterator[list[Spool]]:
    """Some spools, closed at the end."""
    made = [Spool() for _ in range(n)]
    try:
        yield made
    finally:
        for spool in made:
            spool.close()


def read(
    records: Iterable[Record],
    *,
    take: Callable[[Record], None],
    bring_in: Callable[[Faults], Arrived],
    partial: bool,
) -> Upload:
    """Hand each record that can be read to `take`, which checks and spools it.

    Raises Invalid naming each bad row, unless the upload is `partial`.
    """
    faults = Faults()
    n_records = 0
    for record in records:
        n_records += 1
        try:
            if record.fault is not None:
                raise Invalid([record.fault])
            take(record)
        except Invalid as error:
            faults.add(record.row, error.faults)
    if not partial:
        faults.refuse()
    return Upload(n_records, faults, partial, bring_in)


def patient() -> None:
    """Give the transaction at hand the time that a large upload takes."""
    with connection.cursor() as cursor:
        cursor.execute(f"SET LOCAL statement_timeout = {TIMEOUT_MS}")


class Document(bytes):
    """A JSON text; it holds no control character but as an escape."""


_ESCAPES = str.maketrans({"\\": "\\\\", "\t": "\\t", "\n": "\\n", "\r": "\\r"})
_ESCAPED = re.compile(r"[\\\t\n\r]")


def _cell(value: object) -> bytes:
    if value is None:
        return b"\\N"
    if isinstance(value, str):
        return (value.translate(_ESCAPES) if _ESCAPED.search(value) else value).encode()
    if isinstance(value, Document):
        return value.replace(b"\\", b"\\\\")
    if isinstance(value, bytes):
        return b"\\\\x" + value.hex().encode()
    if isinstance(value, dict | list):
        return orjson.dumps(value).replace(b"\\", b"\\\\")
    return str(value).encode()
