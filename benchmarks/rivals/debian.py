"""A throw-away PostgreSQL of Debian's packages, for programs that need its extensions."""

import os
import shutil
import subprocess
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg

from benchmarks import processes
from marketplace.embedded import postgres
from marketplace.embedded.accounts import Account, service_account

PACKAGES, SHARED = Path("/usr/lib/postgresql"), Path("/usr/share/postgresql")
NOT_THERE = (
    "PostgreSQL with pg_trgm is not on this machine: install Debian's package `postgresql` "
    "(apt-get install postgresql)."
)
ROLE = "rival"


def binaries() -> Path:
    """The programs of the newest one. Raises processes.Missing."""
    found = [
        path
        for path in PACKAGES.glob("*/bin")
        if (path / "initdb").exists()
        and (SHARED / path.parent.name / "extension" / "pg_trgm.control").exists()
    ]
    if not found:
        raise processes.Missing(NOT_THERE)
    return max(found, key=lambda path: int(path.parent.name))


@contextmanager
def a_database() -> Iterator[Path]:
    """The directory of its socket; it has the settings of the service's own PostgreSQL."""
    programs = binaries()
    folder = Path(tempfile.mkdtemp(prefix="concord-rival-"))
    try:
        account = service_account(folder / "none")
        if account:
            os.chown(folder, account.uid, account.gid)
        cluster = folder / "pg"
        _make(programs / "initdb", cluster, account)
        settings = {**postgres.SETTINGS, "unix_socket_directories": str(folder)}
        argv = [str(programs / "postgres"), "-D", str(cluster)]
        argv += [word for name, text in settings.items() for word in ("-c", f"{name}={text}")]
        log = folder / "log"
        log.touch()
        with processes.started(
            argv, _plain(), log, is_ready=lambda: _answers(folder), cwd=folder, account=account
        ):
            yield folder
    finally:
        shutil.rmtree(folder, ignore_errors=True)


def _make(initdb: Path, cluster: Path, account: Account | None) -> None:
    subprocess.run(  # noqa: S603 -- argv is our own
        [
            *(str(initdb), "--pgdata", str(cluster), "--username", ROLE, "--auth", "trust"),
            *("--encoding", "UTF8", "--locale", "C.UTF-8"),
        ],
        env=_plain(),
        cwd=cluster.parent,
        stdout=subprocess.DEVNULL,
        check=True,
        user=account.uid if account else None,
        group=account.gid if account else None,
        extra_groups=[] if account else None,
    )


def _answers(folder: Path) -> bool:
    try:
        psycopg.connect(host=str(folder), user=ROLE, dbname="postgres").close()
    except psycopg.OperationalError:
        return False
    return True


def _plain() -> dict[str, str]:
    """PG* variables of the caller would lead the server astray."""
    return {"PATH": os.environ.get("PATH", os.defpath), "LC_ALL": "C.UTF-8", "TZ": "UTC"}
