"""A server that is told, and answers as the test wants."""

import ssl
import threading
import time
from collections import deque
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

CERTIFICATE = Path(__file__).with_name("hooks.example.pem")


@dataclass
class Answer:
    status: int = 204
    headers: dict = field(default_factory=dict)
    body: bytes = b""
    # Before the status line, and between any two bytes of the body.
    wait_s: float = 0.0
    drip_s: float = 0.0


@dataclass
class Heard:
    path: str
    headers: dict
    body: bytes


class Receiver:
    """Answers each request with the next of `answers`, and with 204 when there is none."""

    def __init__(self, *, secure: bool = False):
        self.answers: deque[Answer] = deque()
        self.heard: list[Heard] = []
        self.names: list[str | None] = []
        self.most_at_once = self._at_once = 0
        self._lock = threading.Lock()
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self))
        self._server.daemon_threads = True
        if secure:
            context = ssl.SSLContext(ssl.PROTOCOL_TLS_SERVER)
            context.load_cert_chain(CERTIFICATE)
            context.sni_callback = lambda _sock, name, _context: self.names.append(name)
            self._server.handle_error = lambda *_: None
            self._server.socket = context.wrap_socket(self._server.socket, server_side=True)
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.02,))

    @property
    def port(self):
        return self._server.server_address[1]

    @property
    def url(self):
        return f"http://127.0.0.1:{self.port}/hook"

    @property
    def ids(self):
        return [one.headers["webhook-id"] for one in self.heard]

    def take(self, heard: Heard) -> Answer:
        with self._lock:
            self.heard.append(heard)
            self._at_once += 1
            self.most_at_once = max(self.most_at_once, self._at_once)
            return self.answers.popleft() if self.answers else Answer()

    def done(self):
        with self._lock:
            self._at_once -= 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()


def _handler(receiver: Receiver):
    class Handler(BaseHTTPRequestHandler):
        def do_POST(self):
            body = self.rfile.read(int(self.headers["Content-Length"]))
            headers = {name.lower(): value for name, value in self.headers.items()}
            answer = receiver.take(Heard(self.path, headers, body))
            try:
                time.sleep(answer.wait_s)
                self._answer(answer)
            except OSError:
                pass  # the sender went away
            finally:
                receiver.done()

        def _answer(self, answer):
            self.send_response(answer.status)
            length = {} if answer.status == 204 else {"Content-Length": str(len(answer.body))}
            for name, value in (answer.headers | length).items():
                self.send_header(name, value)
            self.end_headers()
            size = 1 if answer.drip_s else max(1, len(answer.body))
            for start in range(0, len(answer.body), size):
                self.wfile.write(answer.body[start : start + size])
                time.sleep(answer.drip_s)

        def log_message(self, *_):
            pass

    return Handler
