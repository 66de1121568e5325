"""The doorbell: tell the queue that something is due. What is due stands in PostgreSQL."""

import time
from functools import lru_cache

import redis
from django.conf import settings
from django.db import transaction
from redis.backoff import NoBackoff
from redis.retry import Retry as NoRetry
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from marketplace import metrics

TOPICS = ("settle", "webhooks", "training")
# One job that runs and one that waits see everything; more would only repeat them.
MOST_WAITING = 2
FAILURE_TTL_S = 7 * 24 * 3600
# After a failure nobody tries Redis for a while, so that no request waits for it.
PAUSE_S = 2.0

_paused_until = 0.0


def ring(*topics: str) -> None:
    """Ring once the rows at hand are committed; at best, for the sweeper finds them anyway."""
    for topic in topics:
        # Robust: what was recorded must not fail for want of a queue. A lambda with its own
        # topic, for Django cannot log the failure of a partial.
        transaction.on_commit(lambda topic=topic: ring_now(topic), robust=True)  # type: ignore[misc]


def ring_now(topic: str) -> bool:
    """Enqueue a job that drains the topic, unless enough wait; False if there is no queue."""
    global _paused_until
    if not settings.REDIS_URL or time.monotonic() < _paused_until:
        return False
    try:
        queue = Queue(topic, connection=_connection(), serializer=JSONSerializer)
        if queue.count < MOST_WAITING:
            queue.enqueue(
                "marketplace.flows.jobs.drain",
                topic,
                retry=Retry(max=3),
                job_timeout=settings.RQ_QUEUES[topic]["DEFAULT_TIMEOUT"],
                result_ttl=0,
                failure_ttl=FAILURE_TTL_S,
            )
    except redis.RedisError:
        _paused_until = time.monotonic() + PAUSE_S
        metrics.DOORBELL_FAILURES.labels(topic=topic).inc()
        return False
    return True


def waiting(topic: str) -> int | None:
    """Jobs that wait for the topic; None without a queue."""
    if not settings.REDIS_URL:
        return None
    try:
        return Queue(topic, connection=_connection(), serializer=JSONSerializer).count
    except redis.RedisError:
        return None


def is_up() -> bool:
    """True if Redis answers."""
    return waiting(TOPICS[0]) is not None


@lru_cache(maxsize=1)
def _connection() -> redis.Redis:
    # No retries: a request must not wait for a doorbell.
    return redis.Redis.from_url(
        settings.REDIS_URL,
        retry=NoRetry(NoBackoff(), 0),
        socket_timeout=0.5,
        socket_connect_timeout=0.25,
    )
