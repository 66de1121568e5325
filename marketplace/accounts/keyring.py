"""Keys that this process has looked up, so that a call costs no query to know who calls.

A key is trusted while revocations were looked for at most FRESH_S ago; looking is one query
for all keys together. So a revoked key is refused everywhere within a second.
"""

import time
from collections.abc import Callable, Iterable, Iterator
from datetime import datetime, timedelta
from functools import cache
from itertools import islice
from threading import Lock
from typing import Any

from django.db import connection
from django.db.models import Model
from django.db.models.functions import Now

from marketplace.accounts.models import Key, Tenant, User
from marketplace.later import Later

FRESH_S = 0.5
# Looking for revocations may wait for another thread's, but not so long that they come late.
STALE_S = 0.9
# Everything else about a key is looked up again after so long; nothing of it ever changes.
KEPT_S = 900.0
MOST = 50_000
# Revocations are looked for this far back: they are dated when made, not when committed.
OVERLAP = timedelta(minutes=2)
# Uses are written down together, so often.
WRITE_EVERY_S = 10.0
USED_EVERY = timedelta(minutes=1)

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
    key = _read(digest)
    if key is not None:
        if len(_known) >= MOST:
            _known.clear()
        _known[digest] = (key, looked_at)
    return key


def forget(digests: Iterable[bytes]) -> None:
    """Look these keys up again when they are shown again."""
    for digest in digests:
        _known.pop(digest, None)


def _read(digest: bytes) -> Key | None:
    with connection.cursor() as cursor:
        cursor.execute(_statement(), [digest])
        row = cursor.fetchone()
    if row is None:
        return None
    columns = iter(row)
    key: Key = _made(Key, columns)
    key.user = _made(User, columns)
    tenant: Tenant = _made(Tenant, columns)
    key.tenant = None if key.tenant_id is None else tenant
    return key


def _made(model: type[Model], columns: Iterator[Any]) -> Any:
    """A row of the model from the next columns of a joined one."""
    names = _names(model)
    return model.from_db(connection.alias, names, list(islice(columns, len(names))))


@cache
def _statement() -> str:
    """The query for a key with its user and tenant; to have it made costs more than to run it."""
    wanted = Key.objects.select_related("user", "tenant").filter(digest=b"", revoked_at=None)
    return str(wanted.query.sql_with_params()[0])


@cache
def _names(model: type[Model]) -> list[str]:
    return [field.attname for field in model._meta.concrete_fields]


def note_use(key: Key, *, now: datetime) -> None:
    """Write down that the key was used, at most once a minute."""
    if key.last_used_at is None or now - key.last_used_at > USED_EVERY:
        key.last_used_at = now
        _note(key.pk)


def note_in_background() -> None:
    """From now on requests of this process do not wait until a use is written down."""
    global _note
    _note = Later("keys", _write, rest_s=WRITE_EVERY_S).add


def _write(key_ids: set[int]) -> None:
    Key.objects.filter(pk__in=key_ids).update(last_used_at=Now())


def _write_one(key_id: int) -> None:
    _write({key_id})


def _look_for_revocations() -> None:
    global _looked_at
    age = time.monotonic() - _looked_at
    if age < FRESH_S or not _looking.acquire(blocking=age >= STALE_S):
        return
    try:
        if time.monotonic() - _looked_at < FRESH_S:
            return
        began = time.monotonic()
        if age > OVERLAP.total_seconds() / 2:
            # Nobody called here for so long that a revocation may lie further back than is looked.
            _known.clear()
        gone = Key.objects.filter(revoked_at__gt=Now() - OVERLAP).values_list("digest", flat=True)
        forget(bytes(digest) for digest in gone)
        _looked_at = began
    finally:
        _looking.release()


_note: Callable[[int], object] = _write_one
