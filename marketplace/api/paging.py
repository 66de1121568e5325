"""Lists by keyset pages, or streamed whole."""

import base64
import binascii
from collections.abc import Callable, Iterator
from typing import Any, TypeVar

from django.contrib.postgres.aggregates import StringAgg
from django.db.models import Max, Model, QuerySet
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
    key: str = "pk",
    headers: dict[str, str] | None = None,
) -> HttpResponseBase:
    """A page of the rows in order of an integer key, or all of them as NDJSON.

    Raises Invalid for a cursor that is none.
    """
    after = place(params)
    if as_ndjson:
        return stream(_all(rows, render, key, after), headers)
    limit = params.get("limit", DEFAULT_LIMIT)
    found = list(_after(rows, key, after)[: limit + 1])
    more = len(found) > limit
    found = found[:limit]
    cursor = encoded(getattr(found[-1], key)) if more else None
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
    return base64.urlsafe_b64encode(f"k{number}".encode()).decode().rstrip("=")


def decoded(cursor: str) -> int:
    """The key a cursor stands after. Raises Invalid."""
    try:
        text = base64.urlsafe_b64decode(cursor.encode("ascii") + b"==").decode("ascii")
        number = int(text.removeprefix("k"))
    except (ValueError, UnicodeError, binascii.Error):
        text, number = "", -1
    if text != f"k{number}" or not 0 <= number < 2**63:
        raise invalid("?cursor", "bad_cursor", "this cursor was not made here")
    return number


def _after(rows: QuerySet[Row], key: str, after: int | None) -> QuerySet[Row]:
    if after is not None:
        rows = rows.filter(**{f"{key}__gt": after})
    return rows.order_by(key)


def _all(
    rows: QuerySet[Row],
    render: Callable[[list[Row]], list[Rendered]],
    key: str,
    after: int | None,
) -> Iterator[Rendered]:
    while True:
        block = list(_after(rows, key, after)[:MAX_LIMIT])
        yield from render(block)
        if len(block) < MAX_LIMIT:
            return
        after = getattr(block[-1], key)
