"""Keep replies, find them again, and forget them after a week."""

import hashlib
from datetime import datetime, timedelta

from django.db import connection

from marketplace.replies.models import Reply
from tasks_app.errors import Invalid, Refusal, invalid

KEPT = timedelta(days=7)
FORGET_BLOCK = 500


class InFlight(Refusal):
    """The first request with this Idempotency-Key is still running: ask again in a moment."""

    code = "idempotency_in_flight"


def mismatch() -> Invalid:
    """The refusal of a key under which something else was asked for."""
    return invalid(
        "Idempotency-Key",
        "idempotency_mismatch",
        "under this key another request was made: its path or its body differs",
    )


def hold(*, caller_id: int, key: str) -> None:
    """Take the key for this transaction, without waiting. Raises InFlight."""
    digest = hashlib.sha256(f"{caller_id}/{key}".encode()).digest()
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT pg_try_advisory_xact_lock(%s)", [int.from_bytes(digest[:8], signed=True)]
        )
        (is_held,) = cursor.fetchone()
    if not is_held:
        raise InFlight


def find(*, caller_id: int, key: str, fingerprint: bytes) -> Reply | None:
    """The reply to this very request; None if there is none yet. Raises Invalid."""
    kept = Reply.objects.filter(caller=caller_id, key=key).first()
    if kept is not None and bytes(kept.fingerprint) != fingerprint:
        raise mismatch()
    return kept


def forget(*, now: datetime) -> int:
    """Delete some replies that are older than a week; how many."""
    old = Reply.objects.filter(told_at__lt=now - KEPT).order_by("told_at")
    n_gone, _ = Reply.objects.filter(pk__in=old.values("pk")[:FORGET_BLOCK]).delete()
    return n_gone
