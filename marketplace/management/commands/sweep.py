"""`manage.py sweep`: the beat that finds whatever the doorbell missed."""

import itertools
import logging
import signal
import sys
import time
from types import FrameType

import redis
from django.core.management.base import BaseCommand
from django.db import InterfaceError, OperationalError, close_old_connections, connections

from marketplace.flows import sweeping

INTERVAL_S = 1.0

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Once a second: give back expired leases, ring for due work, do it when none listens."

    def handle(self, **options: object) -> None:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, _leave)
        started = time.monotonic()
        for _ in itertools.count():
            _sweep_once()
            time.sleep(seconds_to_next_beat(time.monotonic() - started))


def seconds_to_next_beat(elapsed_s: float) -> float:
    """The beat keeps to its grid; beats that a long sweep covered are left out."""
    return INTERVAL_S - elapsed_s % INTERVAL_S


def _sweep_once() -> None:
    close_old_connections()
    try:
        sweeping.sweep()
    except (OperationalError, InterfaceError, redis.RedisError):
        logger.exception("sweep.failed")
        connections.close_all()


def _leave(_signum: int, _frame: FrameType | None) -> None:
    """At once: whatever is cut short here is rolled back, and due again."""
    sys.exit(0)
