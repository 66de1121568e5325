"""Keep sessions of PostgreSQL no longer than they live, and no longer than they are of use.

A server that ends closes its sessions; the socket of one that is idle then has something to read.
To look costs a microsecond, where a query would cost a round trip, and no request is lost on it.
A thread of the web server that ends leaves its session behind: what has been idle for long is
closed by whoever comes next.
"""

import select
import time
from threading import Lock
from typing import Any

from django.core.signals import request_finished, request_started
from django.db import connections

IDLE_S = 300.0
LOOK_EVERY_S = 10.0

# Sessions between two requests, and since when (monotonic).
_idle: dict[Any, float] = {}
_lock = Lock()
_looked_at = 0.0


def watch() -> None:
    """Look at the beginning and at the end of each request."""
    request_started.connect(drop_dead, dispatch_uid="marketplace.hangups.drop_dead")
    request_finished.connect(rest, dispatch_uid="marketplace.hangups.rest")


def drop_dead(**_signal: Any) -> None:
    """Close those connections of this thread whose session is over."""
    for connection in connections.all(initialized_only=True):
        raw = connection.connection
        if raw is None or connection.in_atomic_block:
            continue
        with _lock:
            _idle.pop(raw, None)
        if _has_hung_up(raw):
            connection.close()


def rest(**_signal: Any) -> None:
    """This thread's sessions are idle from now on; those that were for long are closed."""
    global _looked_at
    now = time.monotonic()
    with _lock:
        for connection in connections.all(initialized_only=True):
            if connection.connection is not None:
                _idle[connection.connection] = now
        if now - _looked_at < LOOK_EVERY_S:
            return
        _looked_at = now
        for raw in [raw for raw, since in _idle.items() if now - since > IDLE_S]:
            # Under the lock, so that no request begins on it meanwhile.
            del _idle[raw]
            raw.close()


def _has_hung_up(raw: Any) -> bool:
    if raw.closed:
        return True
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
