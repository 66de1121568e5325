"""Without its queue the service goes on: the sweeper finds the work and does it itself."""

import os
import signal
import time
from pathlib import Path

import pytest
import requests

from tests.embedded.processes import descendants, eventually

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def the_queue(up, name):
    """The processes of one queue, children of the service at hand."""

    def words(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().split(b"\0")
        except OSError:
            return []

    wanted = [b"queue", name.encode(), b""]
    return [pid for pid in descendants(up.process.pid) if words(pid)[-3:] == wanted]


@pytest.fixture
def stopped(up):
    """The settle queue, stopped; it goes on at the end, so that it can be ended in order."""
    assert eventually(lambda: the_queue(up, "settle"))
    pids = the_queue(up, "settle")
    for pid in pids:
        os.kill(pid, signal.SIGSTOP)
    yield pids
    for pid in pids:
        os.kill(pid, signal.SIGCONT)


def test_an_answer_is_taken_and_settled_while_its_queue_is_stopped(up, stopped, data):
    url = f"http://127.0.0.1:{up.process.args[-1]}/api/v1"
    lines = (data / "first-keys.env").read_text().splitlines()
    manager = dict(line.partition("=")[::2] for line in lines)["CONCORD_MANAGER_KEY"]

    def call(method, path, body=None, key=manager):
        headers = {"Authorization": f"Bearer {key}"}
        return requests.request(method, url + path, json=body, headers=headers, timeout=30)

    form = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
    call("POST", "/projects/", {"slug": "birds", "name": "Birds", "form": form})
    call("POST", "/projects/birds/open/")
    call("POST", "/projects/birds/items/", [{"external_id": "a1", "payload": {}}])
    worker = call("POST", "/workers/", {"username": "wim"}).json()["id"]
    key = call("POST", f"/workers/{worker}/keys/", {}).json()["key"]
    (lease,) = call("POST", "/projects/birds/claim/", {}, key).json()["assignments"]

    started = time.monotonic()
    answered = call("POST", f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}}, key)
    took = time.monotonic() - started
    changes = call("GET", "/projects/birds/changes/?after=0&wait=20").json()

    assert answered.status_code == 201, answered.text
    assert took < 2
    assert the_queue(up, "settle") == stopped
    assert [(row["external_id"], row["n_answers"]) for row in changes["results"]] == [("a1", 1)]
