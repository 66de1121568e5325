"""How many requests a key may make: counted in Redis by one atomic script.

Where the limit is high a process takes several permits at once, so that most calls ask nobody;
what it has taken counts as used, so the limit is never exceeded, however many processes. With
Redis away everybody is let in, and the metrics say so.
"""

import time
from dataclasses import dataclass
from threading import Lock

import redis
from django.conf import settings
from rest_framework.exceptions import Throttled

from marketplace import metrics, redis_link

WINDOW_MS = 60_000
# A process takes this share of a minute's permits at a time.
SHARE = 1000
MOST_KEYS = 50_000

_TAKE = """
local used = redis.call('INCRBY', KEYS[1], ARGV[1])
if used == tonumber(ARGV[1]) then
    redis.call('PEXPIRE', KEYS[1], ARGV[2])
end
return {used, redis.call('PTTL', KEYS[1])}
"""


@dataclass(slots=True)
class _Permits:
    left: int
    # When the minute ends (monotonic), and whether this process may ask for more before.
    until: float
    more: bool


_held: dict[int, _Permits] = {}
_lock = Lock()


def admit(key_id: int) -> None:
    """Let one request of the key in. Raises Throttled."""
    with _lock:
        permits = _held.get(key_id)
        if permits is not None and permits.until > time.monotonic():
            if permits.left > 0:
                permits.left -= 1
                return
            if not permits.more:
                raise Throttled(wait=permits.until - time.monotonic())
    try:
        taken = redis_link.ask(lambda connection: _take(connection, key_id))
    except redis_link.Away:
        if settings.REDIS_URL:
            metrics.THROTTLE_OPEN.inc()
        return
    with _lock:
        if len(_held) >= MOST_KEYS:
            _held.clear()
        _held[key_id] = taken
    if taken.left < 0:
        taken.left = 0
        raise Throttled(wait=taken.until - time.monotonic())


def _take(connection: redis.Redis, key_id: int) -> _Permits:
    """Permits for this call and, where they are many, for the next; left is -1 if there is none."""
    limit = settings.KEY_REQUESTS_PER_MINUTE
    wanted = max(1, limit // SHARE)
    used, ends_in_ms = connection.eval(_TAKE, 1, f"throttle:{key_id}", wanted, WINDOW_MS)
    given = min(wanted, limit - (used - wanted))
    until = time.monotonic() + ends_in_ms / 1000
    return _Permits(left=max(given, 0) - 1, until=until, more=used < limit)
