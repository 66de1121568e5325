"""A receiver of webhooks that fails three times in ten, and now and then does not answer."""

import json
import random
import threading
import time
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

from chaos.clients.rows import shown
from chaos.history import History
from examples.demo.receiver import is_signed

FAILS, HANGS = 0.3, 0.03
# Longer than the throw-away service waits.
HANGS_S = 3.0
FAILURES = (500, 503, 429, 302)


class Receiver:
    """Notes the rows of what it took; only what it answers with 204 counts as told."""

    def __init__(self, history: History, *, seed: int) -> None:
        self._history = history
        self._chance = random.Random(f"receiver {seed}")
        self._secret = ""
        self._is_flaky = True
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/concord"

    def open(self, secret: str) -> None:
        """Take what is signed with this secret."""
        self._secret = secret
        self._history.note("receiver")

    def calm(self) -> None:
        """Fail no more."""
        self._is_flaky = False

    def take(self, headers: dict[str, str], body: bytes) -> int:
        """The status to answer with; 0 for none at all."""
        with self._lock:
            if not is_signed(headers, body, secret=self._secret, now=time.time()):
                self._history.note("strange", call="webhook", status=0, said="a bad signature")
                return 401
            drawn = self._chance.random()
            if self._is_flaky and drawn < HANGS + FAILS:
                return 0 if drawn < HANGS else self._chance.choice(FAILURES)
        event = json.loads(body)
        rows = [shown(row) for row in event["data"].get("changes", ())]
        feed, delivery = event["data"].get("feed"), headers["webhook-id"]
        self._history.note("told", delivery=delivery, feed=feed, rows=rows)
        return 204

    def __enter__(self) -> Self:
        self._thread.start()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> None:
        self._server.shutdown()
        self._server.server_close()


def _handler(receiver: Receiver) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            try:
                body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
                headers = {name.lower(): value for name, value in self.headers.items()}
                status = receiver.take(headers, body)
                if not status:
                    time.sleep(HANGS_S)
                    return
                self.send_response(status)
                if status in (429, 503):
                    self.send_header("Retry-After", "1")
                self.send_header("Content-Length", "0")
                self.end_headers()
            except (OSError, ValueError):
                pass  # the sender was killed in the middle of it

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: what happened is in the history."""

    return Handler
