"""The doorbell: tell the queue that something is due. What is due stands in PostgreSQL."""

from collections.abc import Callable

import redis
from django.conf import settings
from django.db import transaction
from rq import Queue, Retry
from rq.serializers import JSONSerializer

from marketplace import metrics, redis_link
from marketplace.later import Later

TOPICS = ("settle", "webhooks", "training", "workers")
# Which queue carries a topic: neither trainings nor studies are urgent, and a process is dear.
_QUEUE_OF = {"workers": "training"}
# One job that runs and one that waits see everything; more would only repeat them.
MOST_WAITING = 2
FAILURE_TTL_S = 7 * 24 * 3600
# A bell that was rung is rung again no sooner; what is asked for meanwhile is rung then.
REST_S = 0.1


def ring(*topics: str) -> None:
    """Ring once the rows at hand are committed; at best, for the sweeper finds them anyway."""
    for topic in topics:
        # Robust: what was recorded must not fail for want of a queue. A lambda with its own
        # topic, for Django cannot log the failure of a partial.
        transaction.on_commit(lambda topic=topic: _ring(topic), robust=True)  # type: ignore[misc]


def ring_now(topic: str) -> bool:
    """Enqueue a job that drains the topic, unless enough wait; False if there is no queue."""
    try:
        redis_link.ask(lambda connection: _enqueue(connection, topic))
    except redis_link.Away:
        if settings.REDIS_URL:
            metrics.DOORBELL_FAILURES.labels(topic=topic).inc()
        return False
    return True


def ring_in_background() -> None:
    """From now on requests of this process do not wait for a ring."""
    global _ring
    _ring = Later("doorbell", _ring_all, rest_s=REST_S).add


def waiting(topic: str) -> int | None:
    """Jobs that wait for the topic; None without a queue."""
    try:
        return redis_link.ask(lambda connection: _queue(connection, topic).count)
    except redis_link.Away:
        return None


def is_up() -> bool:
    """True if Redis answers."""
    return waiting(TOPICS[0]) is not None


def _enqueue(connection: redis.Redis, topic: str) -> None:
    queue = _queue(connection, topic)
    if queue.count < MOST_WAITING * (1 + list(_QUEUE_OF.values()).count(queue.name)):
        queue.enqueue(
            "marketplace.flows.jobs.drain",
            topic,
            retry=Retry(max=3),
            job_timeout=settings.RQ_QUEUES[queue.name]["DEFAULT_TIMEOUT"],
            result_ttl=0,
            failure_ttl=FAILURE_TTL_S,
        )


def _ring_all(topics: set[str]) -> None:
    for topic in sorted(topics):
        ring_now(topic)


def _queue(connection: redis.Redis, topic: str) -> Queue:
    return Queue(_QUEUE_OF.get(topic, topic), connection=connection, serializer=JSONSerializer)


_ring: Callable[[str], object] = ring_now
