"""The log of deliveries by months: made ahead, and dropped when they are old."""

import re
from datetime import UTC, date, datetime, timedelta

from django.db import connection, transaction

from marketplace.webhooks.backlog import may_be_sent
from marketplace.webhooks.models import Delivery

# Each log, and when a row of it was written.
LOGS = {"webhooks_delivery": "created_at", "webhooks_attempt": "at"}
_AHEAD = timedelta(days=31)
_PARTS = """
SELECT inhrelid::regclass::text FROM pg_inherits WHERE inhparent = %s::regclass ORDER BY 1
"""

_made_for: set[date] = set()


class StillPending(Exception):
    """A delivery of that time is yet to be made; nothing was dropped."""

    def __str__(self) -> str:
        return (type(self).__doc__ or "").strip()


def make(*, now: datetime) -> None:
    """See that this month and the next have their parts; looked at once a month."""
    this_month = now.date().replace(day=1)
    if this_month in _made_for:
        return
    with transaction.atomic(), connection.cursor() as cursor:
        for day in (this_month, this_month + _AHEAD):
            for log, key in LOGS.items():
                cursor.execute("SELECT concord_make_month(%s, %s, %s)", [log, key, day])
    _made_for.add(this_month)


@transaction.atomic
def drop_before(month: date) -> list[str]:
    """Drop what was written before the month; the parts that went.

    Raises StillPending if a delivery of that time is not over.
    """
    start = datetime(month.year, month.month, 1, tzinfo=UTC)
    if Delivery.objects.filter(may_be_sent(), created_at__lt=start).exists():
        raise StillPending
    gone = [part for log in LOGS for part in _parts(log) if _month_of(part) < month]
    with connection.cursor() as cursor:
        for part in gone:
            cursor.execute(f"DROP TABLE {part}")
        for log, key in LOGS.items():
            cursor.execute(f"DELETE FROM {log}_default WHERE {key} < %s", [start])  # noqa: S608 -- names of our own
    return gone


def _parts(log: str) -> list[str]:
    with connection.cursor() as cursor:
        cursor.execute(_PARTS, [log])
        return [name for (name,) in cursor.fetchall()]


def _month_of(part: str) -> date:
    """The month whose rows the part holds; the far future for the default one."""
    found = re.search(r"_(\d{4})_(\d{2})$", part)
    return date(int(found[1]), int(found[2]), 1) if found else date.max
