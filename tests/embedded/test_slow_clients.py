"""Behind the documented proxy slow and hostile clients cost others nothing (PROXIED=1)."""

import contextlib
import http.client
import json
import signal
import socket
import ssl
import threading
import time
from pathlib import Path

import pytest

from tests import proxied
from tests.embedded.processes import Up, descendants, eventually, free_port

pytestmark = [
    pytest.mark.filterwarnings("ignore::ResourceWarning"),
    pytest.mark.skipif(not proxied.IS_WANTED, reason="needs nginx: make test PROXIED=1"),
]

NAME = "concord.example.org"
N_SLOW = 100
# Claims take milliseconds; one that waits for a thread that somebody else has takes for ever.
PATIENCE_S = 8
BODY_BYTES = 2000
N_EXPORTS, N_ITEMS, ITEM_BYTES = 20, 2000, 4000
SETS_UP_S = 60


class Service:
    """The service, by its proxy or straight."""

    def __init__(self, port, *, is_secure=False, patience_s=PATIENCE_S):
        self.port, self.patience_s, self.context = port, patience_s, None
        if is_secure:
            self.context = ssl.create_default_context()
            self.context.check_hostname = False
            self.context.verify_mode = ssl.CERT_NONE

    def call(self, method, path, body=None, key=""):
        to = {"host": "127.0.0.1", "port": self.port, "timeout": self.patience_s}
        connection = (
            http.client.HTTPSConnection(**to, context=self.context)
            if self.context
            else http.client.HTTPConnection(**to)
        )
        headers = {"Host": NAME, "Authorization": f"Bearer {key}"}
        content = {"Content-Type": "application/json"} if body is not None else {}
        with contextlib.closing(connection):
            sent = None if body is None else json.dumps(body).encode()
            connection.request(method, f"/api/v1{path}", sent, headers | content)
            reply = connection.getresponse()
            return reply.status, json.loads(reply.read())

    def open(self, request):
        """A connection that has sent this and goes on as it likes."""
        raw = socket.socket()
        raw.settimeout(PATIENCE_S)
        raw.setsockopt(socket.SOL_SOCKET, socket.SO_RCVBUF, 4096)
        raw.connect(("127.0.0.1", self.port))
        made = self.context.wrap_socket(raw, server_hostname=NAME) if self.context else raw
        made.sendall(request)
        return made


def a_slow_post(key):
    """The head of a claim, and a body that only begins."""
    head = (
        f"POST /api/v1/projects/birds/claim/ HTTP/1.1\r\nHost: {NAME}\r\n"
        f"Authorization: Bearer {key}\r\nContent-Type: application/json\r\n"
        f"Content-Length: {BODY_BYTES}\r\n\r\n{{"
    )
    return head.encode()


def an_export(key):
    head = (
        f"GET /api/v1/projects/birds/items/ HTTP/1.1\r\nHost: {NAME}\r\n"
        f"Authorization: Bearer {key}\r\nAccept: application/x-ndjson\r\n\r\n"
    )
    return head.encode()


@contextlib.contextmanager
def many(service, request, n=N_SLOW):
    opened = [service.open(request) for _ in range(n)]
    time.sleep(1)  # until each has a thread, where it gets one
    try:
        yield opened
    finally:
        for one in opened:
            one.close()


@pytest.fixture
def up(data):
    names = f"localhost,127.0.0.1,{NAME}"
    running = Up(data, port=free_port(), ALLOWED_HOSTS=names)
    running.read_until("Ctrl-C stops it.")
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def bare(up):
    return Service(int(up.process.args[-1]))


@pytest.fixture
def behind(bare, tmp_path):
    port = free_port()
    with proxied.nginx(tmp_path, port=port, upstream=bare.port) as nginx:
        service = Service(port, is_secure=True)
        service.nginx = nginx
        assert eventually(lambda: answers(service), within_s=20)
        yield service


def answers(service):
    with contextlib.suppress(OSError):
        return service.call("GET", "/me/")[0] == 401


@pytest.fixture
def keys(bare, data):
    """A manager's and a worker's, of a project with plenty to do."""
    bare = Service(bare.port, patience_s=SETS_UP_S)
    lines = (data / "first-keys.env").read_text().splitlines()
    manager = dict(line.partition("=")[::2] for line in lines)["CONCORD_MANAGER_KEY"]
    form = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
    bare.call("POST", "/projects/", {"slug": "birds", "name": "Birds", "form": form}, manager)
    bare.call("POST", "/projects/birds/open/", key=manager)
    for batch in range(4):
        items = [
            {"external_id": f"a{batch}-{n}", "payload": {"text": "x" * ITEM_BYTES}}
            for n in range(N_ITEMS // 4)
        ]
        assert bare.call("POST", "/projects/birds/items/", items, manager)[0] == 201
    _, made = bare.call("POST", "/workers/", {"username": "wim"}, manager)
    return manager, bare.call("POST", f"/workers/{made['id']}/keys/", {}, manager)[1]["key"]


def kept_on_disk(nginx):
    """Bytes in temporary files, whose names nginx takes away while it has them open."""
    files = [file for pid in descendants(nginx) for file in Path(f"/proc/{pid}/fd").iterdir()]
    return sum(file.stat().st_size for file in files if "(deleted)" in str(file.readlink()))


def claims(service, key, n=20):
    return {service.call("POST", "/projects/birds/claim/", {"count": 1}, key)[0] for _ in range(n)}


def test_bodies_that_come_byte_by_byte_do_not_stop_the_claims_of_others(behind, keys):
    is_over = threading.Event()

    def drip(connections):
        while not is_over.wait(0.2):
            for one in connections:
                with contextlib.suppress(OSError):
                    one.sendall(b" ")

    with many(behind, a_slow_post(keys[1])) as connections:
        dripping = threading.Thread(target=drip, args=(connections,))
        dripping.start()
        try:
            assert claims(behind, keys[1]) == {201}
        finally:
            is_over.set()
            dripping.join()


def test_bodies_that_stop_half_way_stop_nobody_and_are_hung_up_on(behind, keys):
    with many(behind, a_slow_post(keys[1])) as connections:
        assert claims(behind, keys[1]) == {201}

        for one in connections:
            one.settimeout(60)
            with contextlib.suppress(ConnectionResetError):
                assert one.recv(100)[:12] in {b"", b"HTTP/1.1 408"}


def test_exports_that_nobody_reads_wait_on_the_disk_of_the_proxy(behind, keys):
    total = N_EXPORTS * N_ITEMS * ITEM_BYTES

    with many(behind, an_export(keys[0]), n=N_EXPORTS):
        assert claims(behind, keys[1]) == {201}
        assert eventually(lambda: kept_on_disk(behind.nginx) > total / 2, within_s=60)


def test_whole_bodies_pass_unchanged(behind, keys):
    items = [{"external_id": f"b{n}", "payload": {"text": "ü" * 4000}} for n in range(200)]

    assert behind.call("POST", "/projects/birds/items/", items, keys[0])[0] == 201

    _, shown = behind.call("GET", "/projects/birds/items/b199/", key=keys[0])
    assert shown["payload"] == items[199]["payload"]


def test_the_bare_server_has_no_thread_left_for_others(bare, keys):
    with many(bare, a_slow_post(keys[1])), pytest.raises(TimeoutError):
        claims(bare, keys[1])

    assert eventually(lambda: claims(bare, keys[1], n=1) == {201}, within_s=30)
