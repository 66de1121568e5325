"""Keep a lease for as long as the process that took it lives."""

import logging
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager

from django.db import DatabaseError, connection

logger = logging.getLogger(__name__)


@contextmanager
def kept(renew: Callable[[], int], *, every_s: float, what: str) -> Iterator[None]:
    """Renew the lease now and then until the block is left, or `renew` finds it lost (0)."""
    is_over = threading.Event()
    thread = threading.Thread(target=_beat, args=(renew, every_s, what, is_over), daemon=True)
    thread.start()
    try:
        yield
    finally:
        is_over.set()
        thread.join()


def _beat(renew: Callable[[], int], every_s: float, what: str, is_over: threading.Event) -> None:
    try:
        while not is_over.wait(every_s):
            try:
                if not renew():
                    return
            except DatabaseError:
                # The next beat may still be in time; if not, the fence decides who may write.
                logger.warning("lease.heartbeat_failed", extra={"what": what})
                connection.close()
    finally:
        connection.close()
