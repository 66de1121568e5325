"""Workers who go on through bad days, and a look at the processes under them."""

import re
import threading
import time
import uuid
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import requests

from tests.embedded.processes import descendants, eventually

N_WORKERS, N_ITEMS = 4, 400


class Crowd:
    """Workers who claim and answer, each request under a key, until its outcome is certain."""

    def __init__(self, up, data):
        self.url = f"http://127.0.0.1:{up.process.args[-1]}/api/v1"
        lines = (data / "first-keys.env").read_text().splitlines()
        self.manager = dict(line.partition("=")[::2] for line in lines)["CONCORD_MANAGER_KEY"]
        self.strange, self.refused, self.cut_off, self.acked = [], [], [], []
        self.is_over = threading.Event()

    def call(self, method, path, body=None, key=None, **headers):
        headers |= {"Authorization": f"Bearer {key or self.manager}"}
        return requests.request(method, self.url + path, json=body, headers=headers, timeout=60)

    def prepare(self):
        form = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
        self.call("POST", "/projects/", {"slug": "birds", "name": "Birds", "form": form})
        self.call("POST", "/projects/birds/open/")
        items = [{"external_id": f"a{n}", "payload": {}} for n in range(N_ITEMS)]
        assert self.call("POST", "/projects/birds/items/", items).status_code == 201
        keys = []
        for n in range(N_WORKERS):
            worker = self.call("POST", "/workers/", {"username": f"w{n}"}).json()["id"]
            keys.append(self.call("POST", f"/workers/{worker}/keys/", {}).json()["key"])
        return [threading.Thread(target=self.work, args=(key,)) for key in keys]

    def work(self, key):
        while not self.is_over.is_set():
            claimed = self.certain("/projects/birds/claim/", {"count": 1}, key)
            for held in claimed.json().get("assignments", []):
                path = f"/assignments/{held['id']}/submit/"
                answered = self.certain(path, {"answer": {"kind": "owl"}}, key)
                if answered.status_code == 201:
                    self.acked.append(held["id"])

    def certain(self, path, body, key):
        """The reply, asked for under one key until it is neither 503 nor a cut connection."""
        name = {"Idempotency-Key": str(uuid.uuid4())}
        until = time.monotonic() + 90
        while time.monotonic() < until:
            try:
                reply = self.call("POST", path, body, key, **name)
            except requests.ConnectionError as error:
                self.cut_off.append(repr(error))
                time.sleep(0.2)
                continue
            if reply.status_code == 503:
                self.refused.append(reply)
            elif reply.status_code == 409 and reply.json()["code"] == "idempotency_in_flight":
                pass
            else:
                if reply.status_code not in {200, 201}:
                    self.strange.append((path, reply.status_code, reply.text[:200]))
                return reply
            time.sleep(0.2)
        raise AssertionError(f"{path} never came to an end")

    @contextmanager
    def at_work(self) -> Iterator[None]:
        """From when some answers are in until the block ends."""
        threads = self.prepare()
        for thread in threads:
            thread.start()
        try:
            assert eventually(lambda: len(self.acked) > 10, within_s=30)
            yield
        finally:
            self.is_over.set()
            for thread in threads:
                thread.join()

    def n_answers(self):
        """As the project tells it; None while nobody is there to tell."""
        try:
            told = self.call("GET", "/projects/birds/")
        except requests.ConnectionError:
            return None
        return told.json()["progress"]["answers"] if told.status_code == 200 else None


def of(up, words):
    """Processes of the service whose command line has these words."""

    def command(pid):
        try:
            return Path(f"/proc/{pid}/cmdline").read_bytes().replace(b"\0", b" ").decode().strip()
        except OSError:
            return ""

    return {pid for pid in descendants(up.process.pid) if re.search(words, command(pid))}


def lasting(up):
    """Concord's own processes but for those that live for one job, children of their queue."""
    queues = of(up, "manage.py queue")
    jobs = {job for queue in queues for job in descendants(queue)}
    return of(up, "granian|manage.py sweep") | queues - jobs
