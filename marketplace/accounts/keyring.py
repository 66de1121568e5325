"""Keys that this process has looked up, so that a call costs no query to know who calls.

A key is trusted while revocations were looked for at most FRESH_S ago; looking is one query
for all keys together. So a revoked key is refused everywhere within a second.
"""

import time
from collections.abc import Iterable
from datetime import datetime, timedelta
from threading import Lock

from django.db.models.functions import Now

from marketplace.accounts.models import Key

FRESH_S = 0.5
# Looking for revocations may wait for another thread's, but not so long that they come late.
STALE_S = 0.9
# Everything else about a key is looked up again after so long.
KEPT_S = 60.0
MOST = 50_000
# Revocations are looked for this far back: they are dated when made, not when committed.
OVERLAP = timedelta(minutes=2)

_known: dict[bytes, tuple[Key, float]] = {}
_looking = Lock()
_looked_at = 0.0


def find(digest: bytes, *, now: datetime) -> Key | None:
    """The key of this digest, with its user and tenant, unless it is revoked."""
    _look_for_revocations()
    found = _known.get(digest)
    if found is not None and time.monotonic() - found[1] < KEPT_S:
        return found[0]
    looked_at = time.monotonic()
    key = (
        Key.objects.select_related("user", "tenant").filter(digest=digest, revoked_at=None).first()
    )
    if key is not None:
        if len(_known) >= MOST:
            _known.clear()
        _known[digest] = (key, looked_at)
    return key


def forget(digests: Iterable[bytes]) -> None:
    """Look these keys up again when they are shown again."""
    for digest in digests:
        _known.pop(digest, None)


def _look_for_revocations() -> None:
    global _looked_at
    age = time.monotonic() - _looked_at
    if age < FRESH_S or not _looking.acquire(blocking=age >= STALE_S):
        return
    try:
        if time.monotonic() - _looked_at < FRESH_S:
            return
        began = time.monotonic()
        gone = Key.objects.filter(revoked_at__gt=Now() - OVERLAP).values_list("digest", flat=True)
        forget(bytes(digest) for digest in gone)
        _looked_at = began
    finally:
        _looking.release()
