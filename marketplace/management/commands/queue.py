"""`manage.py queue NAME`: one process that works on one queue."""

import itertools
import logging
import os
import signal
import sys
import time
from argparse import ArgumentParser
from types import FrameType

import redis
from django.conf import settings
from django.core.management.base import BaseCommand, CommandError

from marketplace.management import rq_worker

BACKOFF_S = (0.5, 1.0, 2.0, 5.0, 10.0)
HEALTHY_AFTER_S = 60.0
# Whoever answers waits for the settling; a training or a delivery can step back for it.
NICENESS = {"settle": 0, "webhooks": 5, "training": 15}

logger = logging.getLogger(__name__)


class Command(BaseCommand):
    help = "Work on one queue, as long as it takes; a Redis that is away is waited for."

    def add_arguments(self, parser: ArgumentParser) -> None:
        parser.add_argument("name", choices=sorted(settings.RQ_QUEUES), help="The queue.")

    def handle(self, *, name: str, **options: object) -> None:
        if not settings.REDIS_URL:
            raise CommandError("There is no queue without REDIS_URL; the sweeper does its work.")
        os.nice(NICENESS[name])
        n_failures = 0
        for _ in itertools.count():
            started = time.monotonic()
            if _work(name):
                return
            n_failures = 0 if time.monotonic() - started > HEALTHY_AFTER_S else n_failures + 1
            time.sleep(BACKOFF_S[min(n_failures, len(BACKOFF_S) - 1)])


def _work(name: str) -> bool:
    """Whether it ended because it was told to."""
    for signum in (signal.SIGTERM, signal.SIGINT):
        signal.signal(signum, _leave)  # until the worker sets its own, which finish the job
    worker = None
    try:
        worker = rq_worker.worker_of(name)
        worker.work(logging_level="WARNING")
    except redis.RedisError:
        logger.exception("queue.interrupted", extra={"queue": name})
    finally:
        for signum in (signal.SIGTERM, signal.SIGINT):
            signal.signal(signum, _leave)
    return worker is not None and worker.is_told_to_stop


def _leave(_signum: int, _frame: FrameType | None) -> None:
    sys.exit(0)
