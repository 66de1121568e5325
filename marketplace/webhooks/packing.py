"""Write the bodies of deliveries, none longer than receivers are promised."""

from collections.abc import Iterable, Iterator
from datetime import UTC, datetime
from typing import Any

import orjson

from quality.feed import Row

MOST_ROWS = 100
MOST_BYTES = 20_000
_LAST_SEQ = 2**63 - 1


def body(*, kind: str, data: dict[str, Any], now: datetime) -> str:
    """An event as it is sent."""
    timestamp = now.astimezone(UTC)
    event = {"type": kind, "timestamp": timestamp, "data": data}
    return orjson.dumps(event, option=orjson.OPT_UTC_Z).decode()


def runs(
    *, kind: str, project: str, feed: str, rows: Iterable[Row], now: datetime
) -> Iterator[str]:
    """Bodies that tell the rows of a feed, each once and in order."""

    def tell(changes: list[bytes], first: int, last: int) -> str:
        told = [orjson.Fragment(change) for change in changes]
        data = {"project": project, "feed": feed, "from_seq": first, "to_seq": last}
        return body(kind=kind, data={**data, "changes": told}, now=now)

    most_bytes = MOST_BYTES - len(tell([], _LAST_SEQ, _LAST_SEQ).encode())
    for run, last in _packed(rows, most_bytes):
        yield tell(run, last - len(run) + 1, last)


def _packed(rows: Iterable[Row], most_bytes: int) -> Iterator[tuple[list[bytes], int]]:
    """Runs of encoded rows, each with the seq of its last."""
    run: list[bytes] = []
    size = last = 0
    for row in rows:
        change = orjson.dumps(row, option=orjson.OPT_UTC_Z)
        is_too_long = len(change) > most_bytes
        if run and (is_too_long or len(run) == MOST_ROWS or size + len(change) + 1 > most_bytes):
            yield run, last
            run, size = [], 0
        last = row["seq"]
        if is_too_long:
            yield [_named_only(row)], last
            continue
        run.append(change)
        size += len(change) + 1
    if run:
        yield run, last


def _named_only(row: Row) -> bytes:
    """A row too long to send says where it may be read."""
    names = {name: row[name] for name in ("seq", "task", "field", "revision")}
    return orjson.dumps({**names, "truncated": True})
