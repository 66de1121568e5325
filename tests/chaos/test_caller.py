"""A client asks until the answer is certain, and notes what it was not promised."""

import json
import random
import threading
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest

from chaos.clients.caller import PROBLEM, Caller, GaveUp
from chaos.history import History, read


class Answers(BaseHTTPRequestHandler):
    def do_POST(self):
        self.rfile.read(int(self.headers.get("Content-Length") or 0))
        self.server.keys.append(self.headers.get("Idempotency-Key"))
        status, media_type, body, headers = self.server.answers.pop(0)
        sent = json.dumps(body).encode()
        self.send_response(status)
        for name, value in {"Content-Type": media_type, **headers}.items():
            self.send_header(name, value)
        self.send_header("Content-Length", str(len(sent)))
        self.end_headers()
        self.wfile.write(sent)

    def log_message(self, *_):
        pass


MADE = (201, "application/json", {"id": 1}, {})
AWAY = (503, PROBLEM, {"code": "database_unavailable"}, {"Retry-After": "1"})


@pytest.fixture
def server():
    server = ThreadingHTTPServer(("127.0.0.1", 0), Answers)
    server.answers, server.keys = [], []
    thread = threading.Thread(target=server.serve_forever, args=(0.02,))
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def noted(tmp_path):
    kept = History(tmp_path / "history.jsonl")
    yield kept
    kept.close()


@pytest.fixture
def caller(server, noted):
    return Caller(f"http://127.0.0.1:{server.server_port}", noted, chance=random.Random(1))


def test_a_request_is_repeated_under_its_key_until_it_is_done(caller, server):
    server.answers = [AWAY, AWAY, MADE]

    reply = caller.post("items/", "cc_key", {})

    assert (reply.status, reply.body) == (201, {"id": 1})
    assert len(set(server.keys)) == 1
    assert server.keys[0]


def test_a_service_without_keys_is_asked_without_them(caller, server):
    server.answers = [(400, PROBLEM, {"code": "idempotency_not_supported"}, {}), MADE, MADE]

    caller.post("items/", "cc_key", {})
    caller.post("items/", "cc_key", {})

    assert [bool(key) for key in server.keys] == [True, False, False]


def test_a_refusal_is_certain(caller, server):
    server.answers = [(409, PROBLEM, {"code": "lease_lost"}, {})]

    assert caller.post("submit/", "cc_key", {}, is_repeatable=True).code == "lease_lost"
    assert server.keys == [None]


@pytest.mark.parametrize(
    "broken",
    [
        (500, PROBLEM, {"code": "server_error"}, {}),
        (503, PROBLEM, {"code": "database_unavailable"}, {}),
        (404, "text/html", "<html>", {}),
    ],
)
def test_what_nobody_was_promised_is_noted_and_tried_again(caller, server, noted, broken):
    server.answers = [broken, MADE]

    assert caller.post("items/", "cc_key", {}).status == 201
    assert [one["status"] for one in read(noted.path).strange] == [broken[0]]


def test_a_client_gives_up_in_the_end(caller, server):
    server.answers = [AWAY] * 20

    with pytest.raises(GaveUp):
        caller.post("items/", "cc_key", {}, patience_s=0.3)
