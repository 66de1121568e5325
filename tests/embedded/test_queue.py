import os
import signal
import subprocess
import sys
import time

import pytest
import redis
from rq import Queue
from rq.serializers import JSONSerializer

from marketplace.embedded import redis as doorbell
from marketplace.management.commands.sweep import seconds_to_next_beat
from tests.embedded.processes import ROOT, alive, descendants, eventually


@pytest.fixture
def server(supervisor, where):
    program = doorbell.program(where)
    supervisor.start(program)
    supervisor.await_ready(program, lambda: doorbell.is_ready(where), timeout_s=20)
    return supervisor


@pytest.fixture
def queue(server, where):
    with redis.Redis.from_url(doorbell.url(where)) as client:
        yield Queue("settle", connection=client, serializer=JSONSerializer)


@pytest.fixture
def worker(queue, where, monkeypatch):
    monkeypatch.setenv("REDIS_URL", doorbell.url(where))
    process = subprocess.Popen(
        [sys.executable, "manage.py", "queue", "settle", "--skip-checks"], cwd=ROOT
    )
    yield process
    process.kill()
    process.wait()


def test_a_job_dies_with_its_worker(worker, queue):
    queue.enqueue("time.sleep", 60)
    assert eventually(lambda: descendants(worker.pid), within_s=20)
    horse = descendants(worker.pid)

    worker.kill()

    assert eventually(lambda: not alive(horse), within_s=2)


def test_a_worker_outlives_an_absence_of_redis_and_leaves_when_told(worker, queue, server, where):
    assert eventually(lambda: queue.connection.exists("rq:workers"), within_s=20)
    os.kill(queue.connection.info("server")["process_id"], signal.SIGKILL)
    time.sleep(1)
    server._revive()
    time.sleep(0.3)
    server._revive()
    assert eventually(lambda: doorbell.is_ready(where))
    job = queue.enqueue("time.sleep", 0, result_ttl=60)

    assert eventually(lambda: job.get_status(refresh=True) == "finished", within_s=20)
    worker.send_signal(signal.SIGTERM)
    assert worker.wait(timeout=10) == 0


def test_the_beat_keeps_its_grid_and_never_piles_up():
    assert seconds_to_next_beat(0.25) == 0.75
    assert seconds_to_next_beat(7.5) == 0.5
