"""Notice that PostgreSQL has hung up on a connection, before a request is lost on it.

A server that ends closes its connections; the socket of one that is idle then has something
to read. To look costs a microsecond, where a query would cost a round trip.
"""

import select
from typing import Any

from django.core.signals import request_started
from django.db import connections


def watch() -> None:
    """Look at each request's beginning."""
    request_started.connect(drop_dead, dispatch_uid="marketplace.hangups")


def drop_dead(**_signal: Any) -> None:
    """Close those connections of this thread that the server has closed."""
    for connection in connections.all(initialized_only=True):
        raw = connection.connection
        if raw is not None and not connection.in_atomic_block and _has_hung_up(raw):
            connection.close()


def _has_hung_up(raw: Any) -> bool:
    if raw.closed:
        return True
    poll = select.poll()
    poll.register(raw.fileno(), select.POLLIN | select.POLLHUP | select.POLLERR)
    return bool(poll.poll(0))
