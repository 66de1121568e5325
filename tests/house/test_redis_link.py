"""Nobody waits for a Redis that is away, however long it is."""

import socket
import threading
import time
from concurrent.futures import ThreadPoolExecutor

import pytest

from marketplace import redis_link
from marketplace.management.rq_worker import SafeWorker

N_CALLERS = 8


@pytest.fixture
def silent(tmp_path, settings, monkeypatch):
    """A Redis that was stopped: the system takes connections for it, and nobody answers."""
    with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as server:
        server.bind(str(tmp_path / "redis.sock"))
        server.listen(100)
        settings.REDIS_URL = f"unix://{tmp_path}/redis.sock"
        monkeypatch.setattr(redis_link, "_paused_until", 0.0)
        redis_link.connection.cache_clear()
        yield server
    redis_link.connection.cache_clear()


def away():
    with pytest.raises(redis_link.Away):
        redis_link.ask(lambda connection: connection.ping())


def n_connections(server):
    server.setblocking(False)
    n = 0
    try:
        while True:
            server.accept()[0].close()
            n += 1
    except BlockingIOError:
        return n


def test_of_many_callers_one_looks_whether_it_is_back(silent, monkeypatch):
    away()
    n_connections(silent)
    monkeypatch.setattr(redis_link, "_paused_until", time.monotonic() - 1)
    begin = threading.Barrier(N_CALLERS)

    def call():
        begin.wait()
        away()

    with ThreadPoolExecutor(N_CALLERS) as pool:
        for called in [pool.submit(call) for _ in range(N_CALLERS)]:
            called.result()

    assert n_connections(silent) == 1


def test_connections_that_an_hour_has_piled_up_are_no_error_of_ours(silent):
    silent.listen(0)
    waiting = [socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) for _ in range(3)]
    for one in waiting:
        one.setblocking(False)
    n_taken = sum(one.connect_ex(silent.getsockname()) == 0 for one in waiting)
    assert n_taken < len(waiting)

    away()

    for one in waiting:
        one.close()


def test_a_redis_that_is_back_is_asked_by_all_again(silent, monkeypatch):
    away()
    monkeypatch.setattr(redis_link, "_paused_until", time.monotonic() - 1)

    for _ in range(3):
        assert redis_link.ask(lambda _connection: "back") == "back"


def test_a_queue_looks_for_redis_every_few_seconds_even_after_an_hour():
    assert SafeWorker.max_connection_wait_time <= 5
