"""A client of the feed that reads on from where it was, whatever happens."""

import random
import threading
from types import TracebackType
from typing import Self

from chaos.clients.caller import Caller, GaveUp
from chaos.clients.rows import shown
from chaos.clients.stage import Stage
from chaos.history import History

LIMIT = 500
LONG_POLL_S = 3


class Follower:
    """Reads a project's feed in a thread of its own."""

    def __init__(self, at: Stage, history: History) -> None:
        self._caller = Caller(at.url, history, chance=random.Random(f"follower {at.seed}"))
        self._key, self._slug, self._history = at.key, at.slug, history
        self._after = 0
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, name="follower")

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        """End with what was asked last, then read what is left up to the head."""
        self._stops.set()
        self._thread.join()
        while error is None and self._read(wait_s=0):
            pass

    def _run(self) -> None:
        while not self._stops.is_set():
            try:
                self._read(wait_s=LONG_POLL_S)
            except GaveUp:
                continue

    def _read(self, *, wait_s: int) -> int:
        path = f"projects/{self._slug}/changes/?after={self._after}&limit={LIMIT}&wait={wait_s}"
        reply = self._caller.get(path, self._key)
        rows = reply.body.get("results", [])
        if rows:
            seen = [shown(row) for row in rows]
            self._history.note("seen", feed=reply.body["feed"], rows=seen)
            self._after = reply.body["next"]
        return len(rows)
