"""The service the demo talks to: one that runs already, or one of its own."""

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
from pathlib import Path
from typing import IO

import urllib3

from examples.demo.client import Client

ROOT = Path(__file__).parents[2]
READY_WITHIN_S = 90
STOPPED_WITHIN_S = 60
# What would lead the service to somebody's real database.
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CONCORD_DATA", "PROMETHEUS_MULTIPROC_DIR")


class NotRunning(Exception):
    """There is no service to talk to."""


@contextmanager
def reached(url: str | None, key: str | None) -> Iterator[Client]:
    """A manager's view of the service at `url`, else of a throw-away one. Raises NotRunning."""
    if url and key:
        yield Client(url, key)
    elif url or key:
        raise NotRunning("URL= and KEY= (a manager's) go together; without both, one is started.")
    else:
        with _throw_away() as (own_url, own_key):
            yield Client(own_url, own_key)


@contextmanager
def _throw_away() -> Iterator[tuple[str, str]]:
    data = Path(tempfile.mkdtemp(prefix="concord-demo-"))
    url = f"http://127.0.0.1:{(port := _free_port())}"
    with tempfile.TemporaryFile() as said:
        process = subprocess.Popen(  # noqa: S603 -- argv is our own
            [sys.executable, "manage.py", "up", "--data", str(data), "--port", str(port)],
            cwd=ROOT,
            env={name: value for name, value in os.environ.items() if not _leads_away(name)},
            stdin=subprocess.DEVNULL,
            stdout=said,
            stderr=subprocess.STDOUT,
        )
        try:
            _await_ready(process, said, url)
            yield url, _manager_key(data / "first-keys.env")
        finally:
            _stop(process)
            shutil.rmtree(data, ignore_errors=True)


def _await_ready(process: subprocess.Popen[bytes], said: IO[bytes], url: str) -> None:
    until = time.monotonic() + READY_WITHIN_S
    while not _is_ready(url):
        if process.poll() is not None or time.monotonic() > until:
            said.seek(0)
            raise NotRunning(f"The service did not start:\n{said.read().decode()}")
        time.sleep(0.2)


def _is_ready(url: str) -> bool:
    try:
        return urllib3.request("GET", f"{url}/readyz", retries=False, timeout=5).status == 200
    except urllib3.exceptions.HTTPError:
        return False


def _manager_key(keys: Path) -> str:
    pairs = (line.partition("=") for line in keys.read_text().splitlines())
    return {name: value for name, _, value in pairs}["CONCORD_MANAGER_KEY"]


def _stop(process: subprocess.Popen[bytes]) -> None:
    process.send_signal(signal.SIGTERM)
    try:
        process.wait(STOPPED_WITHIN_S)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()


def _leads_away(name: str) -> bool:
    return name.removesuffix("_FILE") in ELSEWHERE


def _free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
