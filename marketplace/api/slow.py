"""The few places in a process for requests that are slow by nature, so that claims find a thread.

A quarter of the threads may wait, for a long poll to end or for a large body to come in. An upload
that finds no place sends a long poll home, which may answer at any time; one that finds only other
uploads there is told to come back.
"""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

from django.conf import settings
from rest_framework.exceptions import APIException

PLACES = max(1, settings.WEB_THREADS // 4)
# A body up to this size is there at once, or nearly so.
LARGE = 1 << 16
# A poll looks more often than this whether it is to make room.
PATIENCE_S = 0.5


class Busy(APIException):
    """As many large bodies as this process has room for are coming in already; send it again."""

    status_code = 503
    default_code = "busy"
    wait = 2

    def __init__(self) -> None:
        super().__init__(" ".join((type(self).__doc__ or "").split()))


_change = threading.Condition()
_n_polls = _n_uploads = _n_asking = 0


@contextmanager
def poll() -> Iterator[bool]:
    """A place for a long poll; False if there is none."""
    global _n_polls
    with _change:
        has_place = _n_polls + _n_uploads < PLACES and not _n_asking
        _n_polls += has_place
    try:
        yield has_place
    finally:
        with _change:
            _n_polls -= has_place
            _change.notify_all()


def is_wanted() -> bool:
    """True if a poll is to make room for an upload."""
    return _n_asking > 0


@contextmanager
def upload(n_bytes: int) -> Iterator[None]:
    """A place for a body of this size, for as long as it takes. Raises Busy."""
    global _n_uploads
    if n_bytes <= LARGE:
        yield
        return
    _take()
    try:
        yield
    finally:
        with _change:
            _n_uploads -= 1
            _change.notify_all()


def _take() -> None:
    global _n_uploads, _n_asking
    with _change:
        _n_asking += 1
        try:
            _change.wait_for(
                lambda: _n_uploads >= PLACES or _n_polls + _n_uploads < PLACES, PATIENCE_S
            )
            if _n_polls + _n_uploads >= PLACES:
                raise Busy
            _n_uploads += 1
        finally:
            _n_asking -= 1
