"""Do a thing once, however often it is asked for; and again where PostgreSQL broke it off."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import TypeVar

from django.db import OperationalError, transaction
from django.utils import timezone
from psycopg.errors import DeadlockDetected

from marketplace.replies import keeping
from marketplace.replies.models import Reply

DEADLOCK_TRIES = 4

Result = TypeVar("Result")


@dataclass(frozen=True, slots=True)
class Asked:
    """Who asks, under which key of theirs, and for what."""

    caller_id: int
    key: str
    fingerprint: bytes


@dataclass(frozen=True, slots=True)
class Told:
    """A reply. `made` names what it made, if the reply shows a secret that must not be kept."""

    status: int
    body: bytes
    made: str = ""
    is_repeated: bool = False


class AlreadyCreated(Exception):
    """It was made by this very request before; its secret cannot be shown again."""

    def __init__(self, made: str) -> None:
        super().__init__(made)
        self.made = made

    def __str__(self) -> str:
        return (type(self).__doc__ or "").strip()


def once(asked: Asked, deed: Callable[[], Told]) -> Told:
    """The reply of the deed, done in one transaction with the keeping of it; or the one kept.

    Raises keeping.InFlight, Invalid for a key that stands for another
    request, AlreadyCreated, and whatever the deed raises;
    then nothing is done and nothing kept.
    """

    @transaction.atomic(durable=True)
    def do() -> Told:
        keeping.hold(caller_id=asked.caller_id, key=asked.key)
        kept = keeping.find(caller_id=asked.caller_id, key=asked.key, fingerprint=asked.fingerprint)
        if kept is not None:
            return _repeated(kept)
        told = deed()
        Reply.objects.create(
            caller_id=asked.caller_id,
            key=asked.key,
            fingerprint=asked.fingerprint,
            status=told.status,
            body=None if told.made else told.body,
            made=told.made,
            told_at=timezone.now(),
        )
        return told

    return unlocked(do)


def unlocked(deed: Callable[[], Result]) -> Result:
    """What the deed gives, however often a deadlock breaks it off.

    Within a transaction it is tried once: the transaction is over then, and tried as a whole.
    """
    tries = 1 if transaction.get_connection().in_atomic_block else DEADLOCK_TRIES
    for left in reversed(range(tries)):
        try:
            return deed()
        except OperationalError as error:
            if not left or not isinstance(error.__cause__, DeadlockDetected):
                raise
    raise AssertionError("the last try returns or raises")


def _repeated(kept: Reply) -> Told:
    if kept.body is None:
        raise AlreadyCreated(kept.made)
    return Told(kept.status, bytes(kept.body), is_repeated=True)
