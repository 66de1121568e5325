"""Read uploads record by record: JSON array, NDJSON or CSV, never whole in memory."""

import codecs
import csv
import re
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.exceptions import ParseError, UnsupportedMediaType

from marketplace.api import strict_json
from marketplace.api.door import Door
from marketplace.api.parsing import TooLarge, check_charset
from marketplace.api.rendering import NDJSON, reply
from tasks_app.errors import Fault, Invalid, invalid
from tasks_app.staging import Record, Report, Upload

CHUNK = 1 << 16
# One record; a larger one is refused before it is read whole.
MAX_RECORD = 4 << 20
MEDIA_TYPES = ("application/json", NDJSON, "text/csv")

Cells = dict[str, str]
FromCells = Callable[[Cells], Any]

PARAMETERS: dict[str, Any] = {"partial": {"type": "boolean", "default": False}}

csv.field_size_limit(MAX_RECORD)


def records(door: Door, *, from_cells: FromCells) -> Iterator[Record]:
    """The records of the body, numbered from 1; of a CSV, as `from_cells` makes them of a row.

    Raises UnsupportedMediaType, TooLarge, ParseError for a body that breaks off, and Invalid
    for a CSV without a header.
    """
    request = door.request
    media_type = (request.content_type or "").partition(";")[0].strip().lower()
    if media_type not in MEDIA_TYPES:
        raise UnsupportedMediaType(
            media_type[:80] or "none",
            detail=f"Send {', '.join(MEDIA_TYPES)}.",
        )
    check_charset(request._request)
    if int(request.META.get("CONTENT_LENGTH") or 0) > settings.UPLOAD_MAX_BYTES:
        raise TooLarge
    chunks = _chunks(door)
    if media_type == NDJSON:
        return _ndjson(chunks)
    if media_type == "text/csv":
        return _csv(chunks, from_cells)
    return _array(chunks)


def store(
    door: Door, upload: AbstractContextManager[Upload], *, without: tuple[str, ...] = ()
) -> HttpResponseBase:
    """Read and check the upload, then store it once; what became of it."""
    with door.room_for_body(), upload as checked:
        return door.once(lambda: reply(_shown(checked.store(), without), 201))


def _shown(report: Report, without: tuple[str, ...]) -> dict[str, Any]:
    told = {
        "batch": report.batch,
        "accepted": report.accepted,
        "duplicates": report.duplicates,
        "rejected": report.rejected,
        "tasks": report.tasks,
        "errors": [
            {"row": fault.row, "pointer": fault.pointer, "code": fault.code, "detail": fault.detail}
            for fault in report.faults
        ],
        "errors_total": report.faults_total,
    }
    return {name: value for name, value in told.items() if name not in without}


def _chunks(door: Door) -> Iterator[bytes]:
    total = 0
    while chunk := door.request._request.read(CHUNK):
        total += len(chunk)
        if total > settings.UPLOAD_MAX_BYTES:
            raise TooLarge
        door.body_read.update(chunk)
        yield chunk


def _lines(chunks: Iterator[bytes]) -> Iterator[bytes]:
    rest = b""
    for chunk in chunks:
        *lines, rest = (rest + chunk).split(b"\n")
        yield from lines
        if len(rest) > MAX_RECORD:
            raise TooLarge(f"A record is longer than {MAX_RECORD} bytes.")
    if rest:
        yield rest


def _ndjson(chunks: Iterator[bytes]) -> Iterator[Record]:
    row = 0
    for line in _lines(chunks):
        if line.strip():
            row += 1
            yield _record(row, line)


def _record(row: int, raw: bytes) -> Record:
    try:
        return Record(row, strict_json.loads(raw))
    except strict_json.Malformed as error:
        return Record(row, fault=Fault("", "malformed_json", str(error)))
    except Invalid as error:
        return Record(row, fault=error.faults[0])


_STRUCTURE = re.compile(rb'"(?:[^"\\]|\\.)*"|[\[\]{},"]', re.DOTALL)


def _array(chunks: Iterator[bytes]) -> Iterator[Record]:
    """The elements of one JSON array, each found by its brackets and read by itself."""
    elements = _Elements(_opened(chunks), chunks)
    row = 0
    while (element := elements.next()) is not None:
        row += 1
        yield _whole_record(row, element)


class _Elements:
    """Walks an opened array: brackets, commas and strings are all it looks at."""

    def __init__(self, buffer: bytes, chunks: Iterator[bytes]) -> None:
        self.buffer, self.chunks = buffer, chunks
        self.start = self.at = self.n_found = 0
        self.is_closed = False

    def next(self) -> bytes | None:
        """The next element; None after the last. Raises ParseError and TooLarge."""
        if self.is_closed:
            return None
        depth = 0
        while True:
            token = self._token()
            if token in {b"[", b"{"}:
                depth += 1
            elif depth and token in {b"]", b"}"}:
                depth -= 1
            elif not depth and token in {b",", b"]", b"}"}:
                return self._element(token)

    def _element(self, end: bytes) -> bytes | None:
        element = self.buffer[self.start : self.at - 1].strip()
        self.start = self.at
        self.n_found += 1
        # Only the array that has no element at all may close on nothing.
        is_empty = not element and end == b"]" and self.n_found == 1
        if end == b"}" or not (element or is_empty):
            raise ParseError("The JSON array is malformed.", code="malformed_json")
        if end == b"]":
            self.is_closed = True
            _closed(self.buffer[self.at :], self.chunks)
        return element or None

    def _token(self) -> bytes:
        while True:
            match = _STRUCTURE.search(self.buffer, self.at)
            if match is not None and match[0] != b'"':
                self.at = match.end()
                return match[0]
            # A string that goes on in the next chunk, or nothing more to see in this one.
            self.at = match.start() if match else len(self.buffer)
            self._refill()

    def _refill(self) -> None:
        self.buffer, self.at, self.start = self.buffer[self.start :], self.at - self.start, 0
        if len(self.buffer) > MAX_RECORD:
            raise TooLarge(f"A record is longer than {MAX_RECORD} bytes.")
        chunk = next(self.chunks, b"")
        if not chunk:
            raise ParseError("The JSON array breaks off.", code="malformed_json")
        self.buffer += chunk


def _whole_record(row: int, element: bytes) -> Record:
    record = _record(row, element)
    if record.fault is not None and record.fault.code == "malformed_json":
        # In one JSON text a malformed element makes the whole text malformed.
        raise ParseError(f"Record {row}: {record.fault.detail}", code="malformed_json")
    return record


def _opened(chunks: Iterator[bytes]) -> bytes:
    buffer = b""
    for chunk in chunks:
        buffer = (buffer + chunk).removeprefix(codecs.BOM_UTF8).lstrip(b" \t\r\n")
        if len(buffer) >= len(codecs.BOM_UTF8):
            break
    if not buffer.startswith(b"["):
        whole = buffer + b"".join(chunks) if len(buffer) < MAX_RECORD else buffer
        try:
            strict_json.loads(whole)
        except strict_json.Malformed as error:
            raise ParseError(str(error), code="malformed_json") from None
        raise invalid("", "schema", "a JSON array of records is wanted")
    return buffer[1:]


def _closed(rest: bytes, chunks: Iterator[bytes]) -> None:
    if rest.strip() or any(chunk.strip() for chunk in chunks):
        raise ParseError("Something follows the JSON array.", code="malformed_json")


def _csv(chunks: Iterator[bytes], from_cells: FromCells) -> Iterator[Record]:
    rows = csv.reader(_text_lines(chunks), strict=True)
    header = _header(rows)
    row = 0
    while True:
        try:
            cells = next(rows)
        except StopIteration:
            return
        except csv.Error as error:
            raise ParseError(f"After record {row}: {error}.", code="malformed_csv") from None
        if not cells:
            continue
        row += 1
        yield _csv_record(row, header, cells, from_cells)


def _csv_record(row: int, header: list[str], cells: list[str], from_cells: FromCells) -> Record:
    if len(cells) != len(header):
        detail = f"{len(cells)} cells where the header has {len(header)}"
        return Record(row, fault=Fault("", "cell_count", detail))
    for name, cell in zip(header, cells, strict=True):
        if "\x00" in cell:
            return Record(row, fault=Fault(f"/{name}", "nul_character", "a NUL character"))
    return Record(row, from_cells(dict(zip(header, cells, strict=True))))


def _header(rows: Iterator[list[str]]) -> list[str]:
    try:
        header = next(rows, [])
    except csv.Error as error:
        raise ParseError(f"The header: {error}.", code="malformed_csv") from None
    if not header:
        raise invalid("", "no_header", "a CSV starts with a header")
    twice = sorted({name for name in header if header.count(name) > 1})
    if twice:
        raise invalid("", "duplicate_column", f"the column {twice[0][:80]!r} stands twice")
    if "external_id" not in header:
        raise invalid("", "missing_column", "the header lacks the column 'external_id'")
    return header


def _text_lines(chunks: Iterator[bytes]) -> Iterator[str]:
    first = True
    for number, line in enumerate(_lines(chunks), start=1):
        if first:
            line, first = line.removeprefix(codecs.BOM_UTF8), False
        try:
            yield line.decode("utf-8") + "\n"
        except UnicodeDecodeError:
            raise ParseError(f"Line {number} is not UTF-8.", code="malformed_csv") from None
