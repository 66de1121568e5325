"""Find again what a crash or a lost message left behind. Runs once a second, anywhere, often."""

import logging
import threading
from datetime import datetime

from django.db import DatabaseError, close_old_connections, connections
from django.utils import timezone

from marketplace import disk
from marketplace.flows import jobs, knowing, telling, work
from marketplace.flows.doorbell import TOPICS, ring_now
from marketplace.replies import keeping
from tasks_app import progress, queue

# With a queue at hand, this long is it given to come to what is due.
PATIENCE_S = {"settle": 4.0, "webhooks": 15.0, "training": 60.0, "workers": 60.0}
EXPIRE_BLOCK = 500

logger = logging.getLogger(__name__)
_inline: dict[str, threading.Thread] = {}


def sweep() -> None:
    """End dead leases, ring for what is due, and do it here if nobody does."""
    if disk.is_full():
        return
    while work.expire(limit=EXPIRE_BLOCK) == EXPIRE_BLOCK:
        pass
    knowing.expire_skills()
    now = timezone.now()
    for topic in TOPICS:
        if not jobs.is_due(topic, now):
            continue
        has_queue = ring_now(topic)
        if not has_queue or jobs.oldest(topic, now) > PATIENCE_S[topic]:
            _drain_here(topic)

    _tidy(now)


def _tidy(now: datetime) -> None:
    """Keep tables small. The last thing a sweep does, and nothing waits for it."""
    try:
        progress.fold()
        queue.prune()
        keeping.forget(now=now)
        telling.prepare(now=now)
    except DatabaseError:
        logger.exception("tidying.failed")


def _drain_here(topic: str) -> None:
    """In a thread of its own: a training must not keep leases from expiring."""
    thread = _inline.get(topic)
    if thread is None or not thread.is_alive():
        thread = threading.Thread(target=_drain, args=(topic,), name=f"drain-{topic}", daemon=True)
        _inline[topic] = thread
        thread.start()


def _drain(topic: str) -> None:
    close_old_connections()
    try:
        jobs.drain(topic)
    except Exception:
        # The sweep goes on and comes to it again; the log has what happened.
        logger.exception("drain.failed", extra={"topic": topic})
    finally:
        connections.close_all()
