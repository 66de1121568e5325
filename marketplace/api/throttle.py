"""How many requests a key may make: counted in Redis by one atomic script.

Where the limit is high a process takes permits by the thousandth of it, so that most calls ask
nobody; what it has taken counts as used. The first thousandth of a minute it gives on credit and
counts once it is used up, so a limit may be passed by that much a process, and a low one never is.
With Redis away everybody is let in, and the metrics say so.
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
    # Given without asking, and yet to be counted.
    owed: int = 0


_held: dict[int, _Permits] = {}
_lock = Lock()


def admit(key_id: int) -> None:
    """Let one request of the key in. Raises Throttled."""
    with _lock:
        owed = _owed_at_the_end(key_id)
    if owed is None:
        return
    try:
        taken = redis_link.ask(lambda connection: _take(connection, key_id, owed))
    except redis_link.Away:
        if settings.REDIS_URL:
            metrics.THROTTLE_OPEN.inc()
        return
    is_over = taken.left < 0
    taken.left = max(taken.left, 0)
    with _lock:
        beside = _held.get(key_id)
        if beside is not None and beside.until > time.monotonic():
            # Another thread was there too: what it got is not lost.
            taken.left += beside.left
        _hold(key_id, taken)
    if is_over:
        raise Throttled(wait=taken.until - time.monotonic())


def _owed_at_the_end(key_id: int) -> int | None:
    """Use a permit at hand: None; or what is owed where there is none. Raises Throttled."""
    permits = _held.get(key_id)
    if permits is None or permits.until <= time.monotonic():
        if _at_once() == 1:
            return 0
        _hold(key_id, _on_credit())
        return None
    if permits.left > 0:
        permits.left -= 1
        return None
    if not permits.more:
        raise Throttled(wait=permits.until - time.monotonic())
    # Told once, whichever of several threads tells it.
    owed, permits.owed = permits.owed, 0
    return owed


def _hold(key_id: int, permits: _Permits) -> None:
    if len(_held) >= MOST_KEYS:
        _held.clear()
    _held[key_id] = permits


def _at_once() -> int:
    """How many permits a process takes at a time."""
    return max(1, int(settings.KEY_REQUESTS_PER_MINUTE) // SHARE)


def _on_credit() -> _Permits:
    n_given = _at_once()
    until = time.monotonic() + WINDOW_MS / 1000
    return _Permits(left=n_given - 1, until=until, more=True, owed=n_given)


def _take(connection: redis.Redis, key_id: int, owed: int) -> _Permits:
    """Permits for this call and, where they are many, for the next; left is -1 if there is none."""
    limit, wanted = int(settings.KEY_REQUESTS_PER_MINUTE), _at_once()
    used, ends_in_ms = connection.eval(_TAKE, 1, f"throttle:{key_id}", wanted + owed, WINDOW_MS)
    given = min(wanted, limit - (used - wanted))
    until = time.monotonic() + ends_in_ms / 1000
    return _Permits(left=max(given, 0) - 1, until=until, more=used < limit)
