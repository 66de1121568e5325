"""A receiver of webhooks that verifies what it takes, and now and then fails on purpose."""

import base64
import hashlib
import hmac
import json
import threading
import time
from collections import Counter
from collections.abc import Mapping
from http import HTTPStatus
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from types import TracebackType
from typing import Self

EVENTS = ("consensus.changed", "retraining.requested", "flag.raised")
FAILS_EVERY = 20
TOLERANCE_S = 300


class Inbox:
    """What came, by id: the first attempt of every twentieth is answered with 500."""

    def __init__(self, secret: str = "") -> None:
        self.secret = secret
        self.n_unverified = 0
        self.n_failed = 0
        self.seqs: set[int] = set()
        self.taken: set[str] = set()
        self.events: Counter[str] = Counter()
        self._attempts: Counter[str] = Counter()
        self._lock = threading.Lock()

    def take(self, headers: Mapping[str, str], body: bytes, *, now: float) -> HTTPStatus:
        """The status to answer with; only what is answered with 204 counts as taken."""
        with self._lock:
            if not is_signed(headers, body, secret=self.secret, now=now):
                self.n_unverified += 1
                return HTTPStatus.UNAUTHORIZED
            message_id = headers["webhook-id"]
            self._attempts[message_id] += 1
            is_first = self._attempts[message_id] == 1
            if is_first and len(self._attempts) % FAILS_EVERY == 0:
                self.n_failed += 1
                return HTTPStatus.INTERNAL_SERVER_ERROR
            self._keep(message_id, body)
            return HTTPStatus.NO_CONTENT

    def _keep(self, message_id: str, body: bytes) -> None:
        if message_id in self.taken:
            return
        event = json.loads(body)
        self.taken.add(message_id)
        self.events[event["type"]] += 1
        self.seqs.update(change["seq"] for change in event["data"].get("changes", ()))


def is_signed(headers: Mapping[str, str], body: bytes, *, secret: str, now: float) -> bool:
    """Whether one of the signatures is of this secret and the time is about now."""
    message_id, timestamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
    if not timestamp.isdecimal() or abs(now - int(timestamp)) > TOLERANCE_S:
        return False
    key = base64.b64decode(secret.removeprefix("whsec_"))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    wanted = "v1," + base64.b64encode(hmac.digest(key, signed, hashlib.sha256)).decode()
    given = headers.get("webhook-signature", "").split()
    return any(hmac.compare_digest(wanted.encode(), one.encode()) for one in given)


class Receiver:
    """An inbox behind a port of this machine."""

    def __init__(self) -> None:
        self.inbox = Inbox()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self.inbox))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, daemon=True)

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self._server.server_port}/concord"

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


def _handler(inbox: Inbox) -> type[BaseHTTPRequestHandler]:
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            headers = {name.lower(): value for name, value in self.headers.items()}
            self.send_response(inbox.take(headers, body, now=time.time()))
            self.end_headers()

        def log_message(self, format: str, *args: object) -> None:
            """Say nothing: the progress bar has the terminal."""

    return Handler
