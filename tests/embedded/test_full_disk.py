"""A full disk: writes are refused, reads go on, nothing is half written, no process ends."""

import signal
import threading
import time
from collections import Counter

import pytest

from tests import full
from tests.embedded.crowd import Crowd, lasting
from tests.embedded.processes import Up, eventually, free_port

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

PATHS = (
    "",
    "items/",
    "consensus/",
    "changes/?after=0",
    "workers/",
    "flags/",
    "tasks/",
    "agreement/",
)
FULL_FOR_S = 8


@pytest.fixture
def disk(data):
    with full.a_disk(data) as disk:
        yield disk


def started(data, **environment):
    up = Up(data, port=free_port(), **environment)
    up.read_until("Ctrl-C stops it.")
    return up


@pytest.fixture
def up(disk, data):
    running = started(data)
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def unwatched(disk, data):
    running = started(data, DATABASE_DISK="")
    yield running
    running.end(signal.SIGTERM)


class Reader:
    """Reads all there is of a project while the disk is full."""

    def __init__(self, crowd):
        self.seen, self._crowd, self._is_over = Counter(), crowd, threading.Event()
        self._thread = threading.Thread(target=self._run)

    def _run(self):
        while not self._is_over.is_set():
            for path in PATHS:
                reply = self._crowd.call("GET", f"/projects/birds/{path}")
                self.seen[path, reply.status_code] += 1

    def __enter__(self):
        self._thread.start()
        return self

    def __exit__(self, *_):
        self._is_over.set()
        self._thread.join()


def assert_refused_in_order(crowd):
    for reply in crowd.refused:
        assert reply.headers["Content-Type"].startswith("application/problem+json")
        assert int(reply.headers["Retry-After"]) >= 1


def assert_nothing_was_lost(crowd):
    assert crowd.strange == []
    assert len(crowd.acked) == len(set(crowd.acked))
    assert eventually(lambda: crowd.n_answers() == len(crowd.acked), within_s=60)


def test_writes_are_refused_and_reads_go_on_while_the_disk_is_full(up, disk, data):
    crowd = Crowd(up, data)
    with crowd.at_work():
        assert crowd.call("GET", "/projects/birds/changes/?after=0").status_code == 200
        processes = lasting(up)
        full.fill_up(disk, but_for=4 << 20)
        assert eventually(lambda: crowd.refused, within_s=10)
        before = len(crowd.acked)

        with Reader(crowd) as reader:
            time.sleep(FULL_FOR_S)

        assert {status for _, status in reader.seen} == {200}
        assert len(reader.seen) == len(PATHS)
        assert len(crowd.acked) - before <= len(threading.enumerate())
        assert {reply.json()["code"] for reply in crowd.refused} == {"disk_full"}
        assert crowd.cut_off == []
        assert_refused_in_order(crowd)
        full.make_room(disk)
        assert eventually(lambda: len(crowd.acked) > before + 20, within_s=60)

    assert lasting(up) == processes
    assert_nothing_was_lost(crowd)


def test_a_disk_full_to_the_last_byte_ends_no_process_of_ours_and_corrupts_nothing(
    unwatched, disk, data
):
    crowd = Crowd(unwatched, data)
    with crowd.at_work():
        processes = lasting(unwatched)
        full.fill_up(disk)
        big = [{"external_id": f"b{n}", "payload": {"text": "x" * 2000}} for n in range(500)]
        refused = [crowd.call("POST", "/projects/birds/items/", big) for _ in range(4)]
        time.sleep(FULL_FOR_S)

        assert {reply.status_code for reply in refused} == {503}
        assert lasting(unwatched) == processes
        before = len(crowd.acked)
        full.make_room(disk)
        assert eventually(lambda: len(crowd.acked) > before + 20, within_s=90)

    assert_refused_in_order(crowd)
    assert_nothing_was_lost(crowd)
    items = crowd.call("GET", "/projects/birds/items/?limit=1000").json()["results"]
    assert not [item for item in items if item["external_id"].startswith("b")]
