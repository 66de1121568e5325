"""The served document against the running service: every operation, every check."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from pathlib import Path

import pytest
import requests

from tests.embedded.processes import ROOT, Up, free_port

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
FORM = [
    {"key": "kind", "type": "choice", "labels": ["wren", "owl"]},
    {"key": "marks", "type": "multichoice", "labels": ["red", "blue"], "required": False},
    {"key": "length", "type": "number", "minimum": 0, "maximum": 50, "required": False},
]


class Service:
    """A running service with some work in it, and who calls it."""

    def __init__(self, data: Path) -> None:
        port = free_port()
        self.up = Up(data, port=port)
        self.up.read_until("Ctrl-C stops it.")
        self.url = f"http://127.0.0.1:{port}/api/v1"
        lines = (data / "first-keys.env").read_text().splitlines()
        keys = dict(line.partition("=")[::2] for line in lines if "=" in line)
        self.manager = keys["CONCORD_MANAGER_KEY"]
        self.worker = self._filled()

    def post(self, path, body, key=None):
        reply = requests.post(
            self.url + path,
            json=body,
            headers={"Authorization": f"Bearer {key or self.manager}"},
            timeout=30,
        )
        assert reply.status_code in {200, 201}, reply.text
        return reply.json()

    def _filled(self) -> str:
        wanted = {"slug": "birds", "name": "Birds", "form": FORM, "access": "open"}
        self.post("/projects/", wanted)
        self.post("/projects/birds/open/", {})
        items = [{"external_id": f"a{n}", "payload": {"text": "hoo"}} for n in range(12)]
        self.post("/projects/birds/items/", items)
        answers = [
            {"external_id": f"a{n}", "worker": f"w{w}", "answer": {"kind": "owl"}}
            for n in range(6)
            for w in range(3)
        ]
        self.post("/projects/birds/answers/", answers)
        worker = self.post("/workers/", {"username": "wim"})
        key = self.post(f"/workers/{worker['id']}/keys/", {})["key"]
        (lease,) = self.post("/projects/birds/claim/", {"count": 1}, key)["assignments"]
        self.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}}, key)
        self.post("/projects/birds/claim/", {"count": 2}, key)
        settled = requests.get(
            f"{self.url}/projects/birds/changes/?after=0&wait=30",
            headers={"Authorization": f"Bearer {self.manager}"},
            timeout=60,
        )
        assert settled.json()["results"], settled.text
        return key


@pytest.fixture(scope="module")
def service():
    # pytest's own directory is closed to the account that PostgreSQL is lent when root tests.
    data = Path(tempfile.mkdtemp(prefix="concord-"))
    running = Service(data)
    yield running
    running.up.end(signal.SIGTERM)
    shutil.rmtree(data, ignore_errors=True)


# The worker comes first: among the manager's deeds is to revoke the worker's key.
@pytest.mark.parametrize("role", ["worker", "manager"])
def test_the_service_keeps_to_its_document(service, role, tmp_path):
    key = getattr(service, role)
    config = tmp_path / "schemathesis.toml"
    # Most calls are to meet the project that has rows; others find out what is missing.
    config.write_text((ROOT / config.name).read_text() + '[parameters]\n"path.slug" = "birds"\n')
    command = [
        *(str(Path(sys.executable).with_name("schemathesis")), "--config-file"),
        *(str(config), "run", f"{service.url}/schema/"),
        *("--checks", "all", "--phases", "examples,coverage,fuzzing,stateful"),
        *("--max-examples", "5", "--seed", "1", "--workers", "1"),
        *("--no-shrink", "--generation-database", "none", "--header"),
        f"Authorization: Bearer {key}",
    ]

    ended = subprocess.run(  # noqa: S603 -- argv is our own
        command,
        cwd=tmp_path,
        env={**os.environ, "COLUMNS": "100"},
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )

    assert ended.returncode == 0, ended.stdout[-20_000:] + ended.stderr
