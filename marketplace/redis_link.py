"""The one way to Redis, which may be away: nobody waits for it, and nothing depends on it."""

import time
from collections.abc import Callable
from functools import lru_cache
from threading import Lock
from typing import TypeVar

import redis
from django.conf import settings
from redis.backoff import NoBackoff
from redis.retry import Retry

# After a failure nobody tries for a while, so that no request waits for it.
PAUSE_S = 2.0

Result = TypeVar("Result")

# 0.0 while all is well.
_paused_until = 0.0
_lock = Lock()


class Away(Exception):
    """There is no Redis, or it does not answer."""


def ask(deed: Callable[[redis.Redis], Result]) -> Result:
    """What the deed does with Redis. Raises Away, at once for a while after a failure."""
    global _paused_until
    if not settings.REDIS_URL or time.monotonic() < _paused_until:
        raise Away
    if _paused_until:
        # One looks whether it is back; the others go on meanwhile.
        with _lock:
            if time.monotonic() < _paused_until:
                raise Away
            _paused_until = time.monotonic() + PAUSE_S
    try:
        result = deed(connection())
    except redis.RedisError as error:
        _paused_until = time.monotonic() + PAUSE_S
        raise Away from error
    _paused_until = 0.0
    return result


@lru_cache(maxsize=1)
def connection() -> redis.Redis:
    """This process's connections; none of its calls is tried twice."""
    return redis.Redis.from_url(
        settings.REDIS_URL,
        retry=Retry(NoBackoff(), 0),
        socket_timeout=0.5,
        socket_connect_timeout=0.25,
    )
