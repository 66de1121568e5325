"""Do a small thing after the reply, in a thread of its own."""

import logging
import threading
import time
from collections.abc import Callable
from typing import Generic, TypeVar

from django.db import close_old_connections

Thing = TypeVar("Thing")

logger = logging.getLogger(__name__)


class Later(Generic[Thing]):
    """Hands things on: those of a moment go together, and nobody waits for it.

    What is not handed on when the process ends is lost, so it must not matter.
    """

    def __init__(self, name: str, hand_on: Callable[[set[Thing]], None], *, rest_s: float) -> None:
        self._name, self._hand_on, self._rest_s = name, hand_on, rest_s
        self._things: set[Thing] = set()
        self._bell = threading.Condition()
        self._thread: threading.Thread | None = None

    def add(self, thing: Thing) -> None:
        """Hand it on soon; a thing that waits already is handed on once."""
        with self._bell:
            self._things.add(thing)
            if self._thread is None:
                self._thread = threading.Thread(target=self._run, name=self._name, daemon=True)
                self._thread.start()
            self._bell.notify()

    def _run(self) -> None:
        while True:
            with self._bell:
                self._bell.wait_for(lambda: self._things)
                things, self._things = self._things, set()
            close_old_connections()
            try:
                self._hand_on(things)
            except Exception:
                logger.exception("later.failed", extra={"of": self._name})
            time.sleep(self._rest_s)
