"""The service that is put to the test: a throw-away one, or one that runs already."""

import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

import urllib3

from chaos.faults import clock, disk
from chaos.faults.clock import Clock
from chaos.faults.disk import Disk
from chaos.faults.skipping import Skipped
from marketplace.embedded import first_keys, places, postgres
from marketplace.embedded.processes import follow_parent

ROOT = Path(__file__).parents[1]
READY_WITHIN_S = 120
ANSWERS_WITHIN_S = 20
STOPPED_WITHIN_S = 90
# What would lead the service to somebody's real database.
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CONCORD_DATA", "PROMETHEUS_MULTIPROC_DIR")
UNLIKE_OTHERS = {
    # Short, so that a receiver that hangs is given up within the run.
    "WEBHOOK_TIMEOUT_S": "2",
    # Not watched, so that it is PostgreSQL that finds the disk full, in the midst of its work.
    "DATABASE_DISK": "",
}


class NotRunning(Exception):
    """There is no service to test."""


@dataclass
class Service:
    """Where it is, a manager's key, and what may be done to it."""

    url: str
    key: str
    database_url: str
    supervisor: int | None = None
    disk: Disk | None = None
    clock: Clock | None = None
    logs: Path | None = None
    skipped: list[str] = field(default_factory=list)

    def is_ready(self) -> bool:
        """Whether it would take a request."""
        return _is_ready(self.url)


def given(url: str | None, key: str | None, database_url: str | None) -> Service:
    """One that runs already. Raises NotRunning."""
    if not (url and key and database_url):
        raise NotRunning("URL=, KEY= (a manager's) and DATABASE_URL= go together.")
    until = time.monotonic() + ANSWERS_WITHIN_S
    while not _is_ready(url):
        if time.monotonic() > until:
            raise NotRunning(f"{url}/readyz does not answer 200.")
    skipped = ["kills, pauses, outage, full disk, clock step: the service is not ours to harm"]
    return Service(url, key, database_url, skipped=skipped)


@contextmanager
def throw_away(keep_logs: Path) -> Iterator[Service]:
    """One of its own, on a directory of its own. Raises NotRunning."""
    data = Path(tempfile.mkdtemp(prefix="concord-chaos-"))
    service = Service(f"http://127.0.0.1:{_free_port()}", "", "", logs=data / "log")
    try:
        where = places.prepare(data)
        postgres.program(where)  # makes the cluster, which then moves to a disk of its own
        service.database_url = postgres.url(where)
        _arm(service, data)
        process = _start(service, data)
        service.supervisor = process.pid
        try:
            _await_ready(process, service, data)
            service.key = first_keys.read(where.first_keys)["CONCORD_MANAGER_KEY"]
            yield service
        finally:
            _stop(process)
            shutil.copytree(data / "log", keep_logs, dirs_exist_ok=True)
    finally:
        if service.disk:
            service.disk.leave()
        _forget_shared_memory(service.supervisor)
        shutil.rmtree(data, ignore_errors=True)


def _arm(service: Service, data: Path) -> None:
    try:
        service.disk = disk.under(data / "pg")
    except Skipped as skipped:
        service.skipped.append(str(skipped))
    try:
        service.clock = clock.in_file(data / "clock")
    except Skipped as skipped:
        service.skipped.append(str(skipped))


def _start(service: Service, data: Path) -> "subprocess.Popen[bytes]":
    clean = {
        name: value
        for name, value in os.environ.items()
        if name.removesuffix("_FILE") not in ELSEWHERE
    }
    faked = service.clock.environment if service.clock else {}
    port = service.url.rpartition(":")[2]
    with (data / "log" / "up.log").open("wb") as said:
        return subprocess.Popen(  # noqa: S603 -- argv is our own
            [sys.executable, "manage.py", "up", "--data", str(data), "--port", port],
            cwd=ROOT,
            env={**clean, **UNLIKE_OTHERS, **faked},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
            preexec_fn=follow_parent(signal.SIGTERM),
        )


def _await_ready(process: "subprocess.Popen[bytes]", service: Service, data: Path) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not service.is_ready():
        if process.poll() is not None or time.monotonic() > until:
            said = (data / "log" / "up.log").read_text(errors="replace")
            raise NotRunning(f"The service did not start:\n{said}")
        time.sleep(0.2)


def _is_ready(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/readyz", retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _stop(process: "subprocess.Popen[bytes]") -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()  # its guardian ends the rest
        process.wait()


def _forget_shared_memory(pid: int | None) -> None:
    """Libfaketime leaves it behind where a process is killed."""
    for name in (f"sem.faketime_sem_{pid}", f"faketime_shm_{pid}"):
        (Path("/dev/shm") / name).unlink(missing_ok=True)  # noqa: S108 -- named by our own pid


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
