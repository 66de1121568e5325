"""A proxy that writes down every request before it passes it on."""

import threading
from dataclasses import dataclass
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import urllib3

# Those of a connection are for this hop only.
_OWN = {"connection", "transfer-encoding", "content-length", "host", "keep-alive", "date", "server"}


@dataclass(frozen=True)
class Sent:
    method: str
    path: str
    body: bytes


class Recorder:
    """Stands between clients and the service at `target`."""

    def __init__(self, target: str):
        self.sent: list[Sent] = []
        self._pool = urllib3.PoolManager(maxsize=32, retries=False)
        self._server = ThreadingHTTPServer(("127.0.0.1", 0), _handler(self, target))
        self._server.daemon_threads = True
        self._thread = threading.Thread(target=self._server.serve_forever, args=(0.05,))

    @property
    def url(self):
        return f"http://127.0.0.1:{self._server.server_port}"

    def pass_on(self, target, method, path, headers, body):
        self.sent.append(Sent(method, path, body))
        kept = {name: value for name, value in headers.items() if name.lower() not in _OWN}
        return self._pool.request(
            method, target + path, headers=kept, body=body or None, redirect=False
        )

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._server.shutdown()
        self._server.server_close()
        self._thread.join()
        self._pool.clear()


def _handler(recorder, target):
    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"
        # Headers and body are two writes: together with delayed acknowledgements that is slow.
        disable_nagle_algorithm = True

        def do_GET(self):
            self._pass_on()

        def do_POST(self):
            self._pass_on()

        def do_DELETE(self):
            self._pass_on()

        def _pass_on(self):
            body = self.rfile.read(int(self.headers.get("Content-Length") or 0))
            reply = recorder.pass_on(target, self.command, self.path, self.headers, body)
            self.send_response(reply.status)
            for name, value in reply.headers.items():
                if name.lower() not in _OWN:
                    self.send_header(name, value)
            self.send_header("Content-Length", str(len(reply.data)))
            self.end_headers()
            self.wfile.write(reply.data)

        def log_message(self, *_):
            pass

    return Handler
