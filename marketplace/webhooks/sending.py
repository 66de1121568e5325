"""Send what is due: take it under a lease, send it outside of any transaction, record it."""

import time
from collections import Counter
from collections.abc import Callable, Collection
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from datetime import datetime, timedelta
from types import TracebackType
from typing import Self

from django.conf import settings
from django.db import connection
from django.utils import timezone

from marketplace import outbound
from marketplace.webhooks import recording, signing
from marketplace.webhooks.recording import Outcome, Taken

THREADS = 16
# Of these at most so many wait for one endpoint, so that a slow one leaves threads to others.
MOST_PER_ENDPOINT = 2
# What a name server may take, and the queue for the database, on top of a request's timeout.
LEASE_MARGIN_S = 45

Post = Callable[..., outbound.Reply]
Clock = Callable[[], datetime]

# One per endpoint at a time: the next round takes its next, after everybody had one.
_TAKE = """
WITH ready AS (
    SELECT due.id
      FROM webhooks_endpoint AS endpoint
     CROSS JOIN LATERAL (
           SELECT id, due_at
             FROM webhooks_delivery
            WHERE endpoint_id = endpoint.id AND state = 'pending' AND due_at <= %(now)s
              AND (endpoint.disabled_at IS NULL OR type = 'ping')
            ORDER BY due_at, id
            LIMIT 1
              FOR NO KEY UPDATE SKIP LOCKED
           ) AS due
     WHERE endpoint.id <> ALL (%(busy)s::bigint[])
     ORDER BY due.due_at, due.id
     LIMIT %(limit)s
)
UPDATE webhooks_delivery AS delivery
   SET due_at = %(lease)s, attempts = least(delivery.attempts + 1, %(most)s)
  FROM ready, webhooks_endpoint AS endpoint
 WHERE delivery.id = ready.id AND endpoint.id = delivery.endpoint_id
RETURNING delivery.id, delivery.uid, delivery.endpoint_id, delivery.push_id, delivery.body,
          delivery.attempts, delivery.due_at, endpoint.url, endpoint.secret,
          CASE WHEN endpoint.old_secret_until > %(now)s THEN endpoint.old_secret ELSE '' END
"""


def take(*, now: datetime, limit: int, busy: Collection[int] = ()) -> list[Taken]:
    """Lease due deliveries, at most one of each endpoint that is not busy."""
    lease_s = settings.WEBHOOK_TIMEOUT_S + LEASE_MARGIN_S
    with connection.cursor() as cursor:
        cursor.execute(
            _TAKE,
            {
                "now": now,
                "limit": limit,
                "busy": list(busy),
                "lease": now + timedelta(seconds=lease_s),
                "most": recording.MOST_ATTEMPTS,
            },
        )
        return [Taken(*row) for row in cursor.fetchall()]


def send(taken: Taken, *, post: Post = outbound.post, clock: Clock = timezone.now) -> Outcome:
    """One attempt. It touches no database, so that threads may run it."""
    started, at = time.monotonic(), clock()
    body = taken.body.encode()
    status, error, response, retry_after = None, "", b"", None
    try:
        reply = post(taken.url, body=body, headers=_headers(taken, body, at))
        status, response, retry_after = reply.status, reply.body, reply.retry_after
    except outbound.Refused as refused:
        error = f"refused: {refused}"
    except outbound.Unreachable as unreachable:
        error = str(unreachable)
    took_ms = round((time.monotonic() - started) * 1000)
    return Outcome(at, status, error, response, retry_after, took_ms)


class Crew:
    """Threads that send, and what each is at; only the caller's thread talks to the database."""

    def __init__(self, *, post: Post = outbound.post, clock: Clock = timezone.now) -> None:
        self._post, self._clock = post, clock
        self._pool = ThreadPoolExecutor(max_workers=THREADS, thread_name_prefix="webhook")
        self._under_way: dict[Future[Outcome], Taken] = {}

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._pool.shutdown(wait=True)

    @property
    def is_idle(self) -> bool:
        """True if nothing is being sent."""
        return not self._under_way

    def start_due(self) -> int:
        """Give what is due to free threads; how many deliveries."""
        n_started = 0
        while free := THREADS - len(self._under_way):
            taken = take(now=self._clock(), limit=free, busy=self._busy())
            for one in taken:
                future = self._pool.submit(send, one, post=self._post, clock=self._clock)
                self._under_way[future] = one
            n_started += len(taken)
            if not taken:
                break
        return n_started

    def record_done(self, *, timeout: float | None) -> None:
        """Wait for an attempt to end, and record all that have."""
        done, _ = wait(self._under_way, timeout=timeout, return_when=FIRST_COMPLETED)
        for future in done:
            taken = self._under_way.pop(future)
            recording.record(taken=taken, outcome=future.result(), now=self._clock())

    def _busy(self) -> list[int]:
        counts = Counter(taken.endpoint_id for taken in self._under_way.values())
        return [endpoint_id for endpoint_id, n in counts.items() if n >= MOST_PER_ENDPOINT]


def _headers(taken: Taken, body: bytes, at: datetime) -> dict[str, str]:
    keys = [taken.secret, *([taken.old_secret] if taken.old_secret else [])]
    return {
        "Content-Type": "application/json",
        "User-Agent": "Concord-Webhooks/1",
        "Connection": "close",
        **signing.headers(uid=taken.uid, body=body, keys=keys, now=at),
    }
