"""Record an attempt, and decide what becomes of its delivery, its endpoint and its push."""

import logging
import uuid
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from email.utils import parsedate_to_datetime

from django.db import transaction
from django.db.models import Exists, F, OuterRef
from django.db.models.functions import Greatest

from marketplace.webhooks import endpoints
from marketplace.webhooks.models import Attempt, Delivery, Endpoint
from quality.models import Push

# From the end of each attempt to the next, as Standard Webhooks proposes; 75.6 hours in all.
DELAYS_S = (5, 300, 1800, 7200, 18_000, 36_000, 50_400, 72_000, 86_400)
MOST_ATTEMPTS = len(DELAYS_S) + 1
LONGEST_DELAY = timedelta(days=1)
MOST_KEPT_BYTES = 1024
GONE = 410
_ASKS_FOR_PATIENCE = frozenset({429, 502, 503, 504})

logger = logging.getLogger(__name__)


@dataclass(frozen=True, slots=True)
class Taken:
    """A delivery under lease, with all that sending needs."""

    delivery_id: int
    uid: uuid.UUID
    endpoint_id: int
    push_id: int | None
    body: str = field(repr=False)
    attempt: int
    leased_until: datetime
    url: str
    secret: str = field(repr=False)
    old_secret: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Outcome:
    """How an attempt ended; without a status it ended in the error."""

    at: datetime
    status: int | None
    error: str
    response: bytes
    retry_after: str | None
    took_ms: int

    @property
    def is_success(self) -> bool:
        """Only 2xx is: a redirect is not followed, and so it fails."""
        return self.status is not None and 200 <= self.status < 300

    @property
    def failure(self) -> str:
        """In a few words why it failed."""
        return self.error or f"the endpoint answered {self.status}"


@transaction.atomic
def record(*, taken: Taken, outcome: Outcome, now: datetime) -> None:
    """Log the attempt and move its delivery on; nothing if its endpoint was removed meanwhile."""
    if not endpoints.hold(taken.endpoint_id):
        return
    Attempt.objects.create(
        delivery_id=taken.delivery_id,
        at=outcome.at,
        status=outcome.status,
        error=outcome.error,
        response=_kept(outcome.response),
        took_ms=outcome.took_ms,
    )
    logger.info(
        "delivery.attempted",
        extra={
            "delivery_id": taken.uid,
            "attempt": taken.attempt,
            "status": outcome.status,
            "ms": outcome.took_ms,
        },
    )
    if outcome.is_success:
        _delivered(taken, now)
    else:
        _failed(taken, outcome, now)


def next_attempt(*, attempt: int, outcome: Outcome, now: datetime) -> datetime | None:
    """When to try again after this attempt failed; None if it was the last."""
    if attempt >= MOST_ATTEMPTS or outcome.status == GONE:
        return None
    delay = timedelta(seconds=DELAYS_S[attempt - 1])
    if outcome.status in _ASKS_FOR_PATIENCE and outcome.retry_after:
        delay = max(delay, _asked_for(outcome.retry_after, now))
    return now + min(delay, LONGEST_DELAY)


def _delivered(taken: Taken, now: datetime) -> None:
    _ours(taken, state=Delivery.State.DELIVERED, delivered_at=now)
    if taken.push_id is not None:
        Push.objects.filter(pk=taken.push_id, state=Push.State.PENDING).update(
            state=Push.State.DELIVERED, attempts=Greatest(F("attempts"), taken.attempt), error=""
        )


def _failed(taken: Taken, outcome: Outcome, now: datetime) -> None:
    again_at = next_attempt(attempt=taken.attempt, outcome=outcome, now=now)
    if again_at is not None:
        is_ours = _ours(taken, due_at=again_at)
    else:
        is_ours = _ours(taken, state=Delivery.State.FAILED)
    if outcome.status == GONE:
        Endpoint.objects.filter(pk=taken.endpoint_id, disabled_at=None).update(disabled_at=now)
    if is_ours and taken.push_id is not None:
        _push_failed(taken.push_id, taken.attempt, outcome)


def _ours(taken: Taken, **changes: object) -> bool:
    """Change the delivery unless its lease ran out and somebody else has taken it."""
    row = Delivery.objects.filter(
        pk=taken.delivery_id, state=Delivery.State.PENDING, due_at=taken.leased_until
    )
    return bool(row.update(**changes))


def _push_failed(push_id: int, attempt: int, outcome: Outcome) -> None:
    """Note the failure; with no delivery left to try, the push has failed or waits for another."""
    pending = Push.objects.filter(pk=push_id, state=Push.State.PENDING)
    # This update locks the push, so that of two last failures one sees the other.
    pending.update(attempts=Greatest(F("attempts"), attempt), error=outcome.failure)
    if outcome.status == GONE:
        endpoints.unannounce([push_id])
        return
    under_way = Delivery.objects.filter(push=OuterRef("pk"), state=Delivery.State.PENDING)
    pending.filter(~Exists(under_way)).update(state=Push.State.FAILED)


def _kept(response: bytes) -> str:
    """The beginning of a response, as PostgreSQL can hold it."""
    return response[:MOST_KEPT_BYTES].decode(errors="replace").replace("\x00", "\ufffd")


def _asked_for(retry_after: str, now: datetime) -> timedelta:
    """The delay a Retry-After asks for, in seconds or until a date; none if it is neither."""
    text = retry_after.strip()
    if text.isascii() and text.isdigit():
        return timedelta(seconds=min(int(text[:9]), LONGEST_DELAY.total_seconds()))
    try:
        until = parsedate_to_datetime(text)
    except ValueError:
        return timedelta(0)
    return (until if until.tzinfo else until.replace(tzinfo=UTC)) - now
