"""Lists by keyset pages, or streamed whole."""

import base64
import binascii
import uuid
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any, Protocol, TypeVar

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Max, Model, Q, QuerySet
from django.http import HttpResponseBase

from marketplace.api.rendering import reply, stream, stream_lines
from tasks_app.errors import invalid

DEFAULT_LIMIT = 50
MAX_LIMIT = 1000
# Small enough to stay in a cache: larger ones took a fifth more processor time.
WRITTEN_BLOCK = 1500
PARAMETERS: dict[str, Any] = {
    "limit": {"type": "integer", "minimum": 1, "maximum": MAX_LIMIT, "default": DEFAULT_LIMIT},
    "cursor": {"type": "string", "description": "`next` of the page before"},
}

Row = TypeVar("Row", bound=Model)
Rendered = Any
_EPOCH = datetime(1970, 1, 1, tzinfo=UTC)


class Order(Protocol):
    """What a list is in the order of."""

    def after(self, rows: QuerySet[Row], cursor: str | None) -> QuerySet[Row]:
        """The rows that follow a cursor, in order. Raises Invalid for a cursor that is none."""

    def cursor(self, row: Any) -> str:
        """A cursor that stands after this row."""


@dataclass(frozen=True, slots=True)
class ByKey:
    """The order of an integer key."""

    column: str = "pk"

    def after(self, rows: QuerySet[Row], cursor: str | None) -> QuerySet[Row]:
        """See Order."""
        return _after(rows, self.column, None if cursor is None else decoded(cursor))

    def cursor(self, row: Any) -> str:
        """See Order."""
        return encoded(getattr(row, self.column))


@dataclass(frozen=True, slots=True)
class ByTime:
    """The order of a time, and among equal ones of the uid, which tells nothing."""

    column: str

    def after(self, rows: QuerySet[Row], cursor: str | None) -> QuerySet[Row]:
        """See Order."""
        if cursor is not None:
            time, uid = self._read(cursor)
            is_later = Q(**{f"{self.column}__gt": time}) | Q(uid__gt=uid)
            rows = rows.filter(is_later, **{f"{self.column}__gte": time})
        return rows.order_by(self.column, "uid")

    def cursor(self, row: Any) -> str:
        """See Order."""
        passed = (getattr(row, self.column) - _EPOCH) // timedelta(microseconds=1)
        return _packed(f"t{passed}.{row.uid.hex}")

    def _read(self, cursor: str) -> tuple[datetime, uuid.UUID]:
        try:
            passed, _, name = _unpacked(cursor).removeprefix("t").partition(".")
            time = _EPOCH + timedelta(microseconds=int(passed))
            return time, uuid.UUID(hex=name)
        except (ValueError, OverflowError):
            raise invalid("?cursor", "bad_cursor", "this cursor was not made here") from None


BY_KEY = ByKey()


def schema(row: dict[str, Any]) -> dict[str, Any]:
    """The JSON Schema of a page of such rows."""
    return {
        "type": "object",
        "required": ["results", "next"],
        "properties": {
            "results": {"type": "array", "items": row},
            "next": {"type": ["string", "null"]},
        },
    }


def page(
    rows: QuerySet[Row],
    *,
    params: dict[str, Any],
    as_ndjson: bool,
    render: Callable[[list[Row]], list[Rendered]],
    by: Order = BY_KEY,
    headers: dict[str, str] | None = None,
) -> HttpResponseBase:
    """A page of the rows in an order, by default of their keys, or all of them as NDJSON.

    Raises Invalid for a cursor that is none.
    """
    # At once: what is wrong with the cursor is told before anything is sent.
    following = by.after(rows, params.get("cursor"))
    if as_ndjson:
        return stream(_all(rows, following, render, by), headers)
    limit = params.get("limit", DEFAULT_LIMIT)
    found = list(following[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    cursor = by.cursor(found[-1]) if more else None
    return reply({"results": render(found), "next": cursor}, headers=headers)


def place(params: dict[str, Any]) -> int | None:
    """The key that the cursor stands after; None at the beginning. Raises Invalid."""
    return decoded(params["cursor"]) if params.get("cursor") is not None else None


def written(
    rows: QuerySet[Row],
    *,
    after: int | None = None,
    up_to: int | None = None,
    headers: dict[str, str] | None = None,
) -> HttpResponseBase:
    """Rows whose JSON the database wrote (`told`), in order of seq, streamed as NDJSON."""
    if up_to is not None:
        rows = rows.filter(seq__lte=up_to)
    return stream_lines(_written(rows, after), headers)


def _written(rows: QuerySet[Row], after: int | None) -> Iterator[bytes]:
    while True:
        block = _after(rows, "seq", after).values("seq", "told")[:WRITTEN_BLOCK]
        lines = StringAgg("told", delimiter="\n", order_by="seq")
        found = block.aggregate(last=Max("seq"), lines=lines)
        if found["last"] is None:
            return
        yield found["lines"].encode() + b"\n"
        after = found["last"]


def encoded(number: int) -> str:
    """A cursor that stands after this key."""
    return _packed(f"k{number}")


def decoded(cursor: str) -> int:
    """The key a cursor stands after. Raises Invalid."""
    try:
        text = _unpacked(cursor)
        number = int(text.removeprefix("k"))
    except ValueError:
        text, number = "", -1
    if text != f"k{number}" or not 0 <= number < 2**63:
        raise invalid("?cursor", "bad_cursor", "this cursor was not made here")
    return number


def _packed(text: str) -> str:
    return base64.urlsafe_b64encode(text.encode()).decode().rstrip("=")


def _unpacked(cursor: str) -> str:
    """What was packed. Raises ValueError."""
    try:
        return base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
    except binascii.Error as error:
        raise ValueError(str(error)) from error


def _after(rows: QuerySet[Row], key: str, after: int | None) -> QuerySet[Row]:
    if after is not None:
        rows = rows.filter(**{f"{key}__gt": after})
    return rows.order_by(key)


def all_of(
    rows: QuerySet[Row], render: Callable[[list[Row]], list[Rendered]]
) -> Iterator[Rendered]:
    """All rows in order of their primary keys, read in blocks."""
    return _all(rows, BY_KEY.after(rows, None), render, BY_KEY)


def _all(
    rows: QuerySet[Row],
    following: QuerySet[Row],
    render: Callable[[list[Row]], list[Rendered]],
    by: Order,
) -> Iterator[Rendered]:
    while True:
        block = list(following[:MAX_LIMIT])
        yield from render(block)
        if len(block) < MAX_LIMIT:
            return
        following = by.after(rows, by.cursor(block[-1]))
