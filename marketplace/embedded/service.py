"""Everything of Concord on one machine, in one terminal."""

import http.client
import ipaddress
import os
import shutil
import socket
import sys
from collections.abc import Mapping
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded import first_keys, places, postgres, redis
from marketplace.embedded.accounts import Refused
from marketplace.embedded.places import Places
from marketplace.embedded.processes import Program
from marketplace.embedded.supervisor import Say, Supervisor

QUEUES = ("settle", "webhooks", "training")
WEB_WORKERS = 2
MIGRATION_TIMEOUT_S = 3600
READY_TIMEOUT_S = 120
LOOPBACK = "127.0.0.0/8,::1/128"


@dataclass(frozen=True, kw_only=True)
class Wanted:
    """What the command line asked for."""

    root: Path
    data: Path
    host: str
    port: int
    web_threads: int

    @property
    def url(self) -> str:
        """Where a client on this machine finds it."""
        host = _reachable_host(self.host)
        return f"http://{f'[{host}]' if ':' in host else host}:{self.port}"


def run(wanted: Wanted, *, say: Say) -> None:
    """Run until a signal comes. Raises Refused with one sentence if it cannot."""
    where = places.prepare(wanted.data)
    hold = places.Hold(where)
    _require_free(wanted.host, wanted.port)
    with Supervisor(log_dir=where.log, hold=hold, say=say) as supervisor:
        environment = {**os.environ, **start_databases(supervisor, where)}
        environment |= _environment(wanted, where)
        _prepare(supervisor, wanted, where, environment, say)
        _start_processes(supervisor, wanted, environment)
        for line in _banner(wanted, where, environment):
            say(line)
        supervisor.watch()
    hold.release()


def start_databases(supervisor: Supervisor, where: Places) -> dict[str, str]:
    """Start those the environment does not name, and return how to reach them."""
    found: dict[str, str] = {}
    if not _is_set("DATABASE_URL"):
        server = postgres.program(where)
        supervisor.start(server)
        found["DATABASE_URL"] = postgres.url(where)
    doorbell = None if _is_set("REDIS_URL") else redis.program(where)
    if doorbell:
        supervisor.start(doorbell)
    if not _is_set("REDIS_URL"):
        found["REDIS_URL"] = redis.url(where) if doorbell else ""
    if "DATABASE_URL" in found:
        supervisor.await_ready(
            server, lambda: postgres.is_ready(where), timeout_s=postgres.READY_TIMEOUT_S
        )
    if doorbell:
        supervisor.await_ready(
            doorbell, lambda: redis.is_ready(where), timeout_s=redis.READY_TIMEOUT_S
        )
    return found


def _environment(wanted: Wanted, where: Places) -> dict[str, str]:
    counters = where.data / "run" / "metrics"
    shutil.rmtree(counters, ignore_errors=True)
    counters.mkdir(mode=0o700, parents=True)
    added = {
        "CONCORD_DATA": str(where.data),
        "PROMETHEUS_MULTIPROC_DIR": str(counters),
        "PYTHONUNBUFFERED": "1",
        # One thread for linear algebra: what the others would gain, those who wait would lose.
        "OMP_NUM_THREADS": "1",
        "OPENBLAS_NUM_THREADS": "1",
    }
    if not _is_set("DATABASE_URL") and not _is_set("DATABASE_DISK"):
        added["DATABASE_DISK"] = str(where.data / "pg")
    if not _is_set("SECRET_KEY"):
        added["SECRET_KEY"] = places.secret_key(where)
    if not _is_set("WEBHOOK_ALLOW") and _is_loopback(wanted.host):
        added["WEBHOOK_ALLOW"] = LOOPBACK
    if not _is_set("ALLOWED_HOSTS") and not _is_loopback(wanted.host):
        added["ALLOWED_HOSTS"] = f"localhost,127.0.0.1,[::1],{wanted.host}"
    return added


def _prepare(
    supervisor: Supervisor,
    wanted: Wanted,
    where: Places,
    environment: Mapping[str, str],
    say: Say,
) -> None:
    # The checks that look at every door take seconds and need no repeating: a configuration that
    # is dangerous is refused by the command after this one.
    migrate = _command(wanted, environment, "migrate", "--no-input", "--skip-checks", stage=4)
    supervisor.run(migrate, timeout_s=MIGRATION_TIMEOUT_S)
    known = first_keys.read(where.first_keys)
    arguments = ("--file", str(where.first_keys), "--url", wanted.url)
    supervisor.run(
        _command(wanted, environment, "first_keys", *arguments, stage=4),
        timeout_s=READY_TIMEOUT_S,
    )
    made = first_keys.read(where.first_keys)
    fresh = {name: key for name, key in made.items() if known.get(name) != key}
    fresh.pop("CONCORD_URL", None)
    if fresh:
        say(f"First keys, shown once and kept in {where.first_keys}:")
    for name, key in fresh.items():
        say(f"  {name}={key}")


def _start_processes(
    supervisor: Supervisor, wanted: Wanted, environment: Mapping[str, str]
) -> None:
    # Alone at first: on few cores the others would only make it late.
    web = _web(wanted, environment)
    supervisor.start(web)
    supervisor.await_ready(web, lambda: _is_ready(wanted), timeout_s=READY_TIMEOUT_S)
    supervisor.start(_command(wanted, environment, "sweep", stage=2))
    for name in QUEUES if environment.get("REDIS_URL") else ():
        supervisor.start(_command(wanted, environment, "queue", name, stage=3))


def _command(wanted: Wanted, environment: Mapping[str, str], *words: str, stage: int) -> Program:
    return Program(
        name="-".join(words[:2]) if words[0] == "queue" else words[0],
        argv=[sys.executable, str(wanted.root / "manage.py"), *words],
        env=environment,
        cwd=wanted.root,
        stage=stage,
    )


def _web(wanted: Wanted, environment: Mapping[str, str]) -> Program:
    return Program(
        name="web",
        argv=[
            *(sys.executable, "-m", "granian", "marketplace.wsgi:application"),
            *("--interface", "wsgi", "--no-ws"),
            *("--host", wanted.host, "--port", str(wanted.port)),
            *("--workers", str(WEB_WORKERS)),
            *("--blocking-threads", str(wanted.web_threads)),
            # Counts connections, idle ones too, so it is far above the number of threads.
            *("--backlog", "1024", "--backpressure", "512"),
            # A thread that ends leaves its session of PostgreSQL behind, so none ends for rest.
            *("--blocking-threads-idle-timeout", "600"),
            *("--http1-header-read-timeout", "10000"),
            *("--respawn-failed-workers", "--respawn-interval", "0.5"),
            *("--workers-kill-timeout", "10"),
            *("--no-access-log", "--log-level", "warning"),
        ],
        env=environment,
        cwd=wanted.root,
        stage=5,
        grace_s=15,
        is_insisted=True,  # a worker still loading misses the first; a third would jam it
    )


def _banner(wanted: Wanted, where: Places, environment: Mapping[str, str]) -> list[str]:
    lines = [f"Concord is ready at {wanted.url}", f"  data {where.data}, logs {where.log}"]
    if where.first_keys.exists():
        lines.append(f"  keys {where.first_keys}")
    if not environment.get("REDIS_URL"):
        lines.append("  no Redis: the sweeper does the queue's work, a second later")
    if environment.get("WEBHOOK_ALLOW") == LOOPBACK:
        lines.append(f"  webhooks may reach this machine (WEBHOOK_ALLOW={LOOPBACK})")
    if not _is_loopback(wanted.host) and not _is_set("ALLOWED_HOSTS"):
        lines.append("  set ALLOWED_HOSTS to the names clients use")
    return [*lines, "Ctrl-C stops it."]


def _is_ready(wanted: Wanted) -> bool:
    connection = http.client.HTTPConnection(_reachable_host(wanted.host), wanted.port, timeout=5)
    try:
        connection.request("GET", "/readyz", headers={"Host": "localhost"})
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()


def _require_free(host: str, port: int) -> None:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            reason = (error.strerror or str(error)).lower()
            raise Refused(f"Port {port} of {host}: {reason}; choose with --port.") from None


def _reachable_host(host: str) -> str:
    return {"0.0.0.0": "127.0.0.1", "::": "::1"}.get(host, host)  # noqa: S104 -- compared, not bound


def _is_loopback(host: str) -> bool:
    try:
        return ipaddress.ip_address(host).is_loopback
    except ValueError:
        return host == "localhost"


def _is_set(name: str) -> bool:
    return name in os.environ or f"{name}_FILE" in os.environ
