"""What waits to be told, and for how long."""

from datetime import datetime
from typing import Any

from django.db import connection
from django.db.models import Min, Q

from marketplace.webhooks.deliveries import BEHIND, UNANNOUNCED
from marketplace.webhooks.endpoints import PING
from marketplace.webhooks.models import Delivery
from quality.models import Flag

_IS_BEHIND = f"SELECT EXISTS ({BEHIND})"
_IS_UNANNOUNCED = f"SELECT EXISTS (SELECT FROM ({UNANNOUNCED}) AS push WHERE is_heard)"  # noqa: S608
_OLDEST_ROW = f"""
SELECT min(revision.written_at)
  FROM ({BEHIND}) AS behind
  JOIN quality_revision AS revision
    ON revision.project_id = behind.project_id AND revision.seq = behind.seq + 1
"""  # noqa: S608


def is_due(*, now: datetime) -> bool:
    """True if a delivery is to be made or sent."""
    return (
        Delivery.objects.filter(may_be_sent(), due_at__lte=now).exists()
        or Flag.objects.filter(announced_at=None).exists()
        or bool(_fetched(_IS_BEHIND))
        or bool(_fetched(_IS_UNANNOUNCED))
    )


def oldest(*, now: datetime) -> float:
    """For how many seconds the oldest row of a feed waits to be told; 0.0 when none does.

    A delivery that failed waits from when it is to be tried again.
    """
    due = Delivery.objects.filter(may_be_sent(), due_at__lte=now).aggregate(since=Min("due_at"))
    since = [time for time in (due["since"], _fetched(_OLDEST_ROW)) if time is not None]
    return max(0.0, (now - min(since)).total_seconds()) if since else 0.0


def may_be_sent() -> Q:
    """Deliveries that are not over: those to a disabled address wait for nothing."""
    return Q(Q(endpoint__disabled_at=None) | Q(type=PING), state=Delivery.State.PENDING)


def _fetched(sql: str) -> Any:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        return cursor.fetchone()[0]
