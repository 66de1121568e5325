"""`python -m tests.run [pytest arguments]`: the tests on a PostgreSQL and a Redis of their own."""

import os
import shutil
import signal
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

from marketplace.embedded import places, service
from marketplace.embedded.accounts import Refused
from marketplace.embedded.supervisor import StopAsked, Supervisor
from tests import pooled

DEFAULTS = ("-n", "2", "--dist", "loadfile", "-q")
# With any of these the caller decides himself how the tests are spread.
SPREADING = ("-n", "--numprocesses", "--dist", "-p", "--pdb", "-s", "--lf", "--sw")

Environment = dict[str, str]


def main() -> int:
    try:
        with databases() as (supervisor, environment):
            return _pytest(supervisor, environment, sys.argv[1:])
    except Refused as refused:
        print(refused, file=sys.stderr)  # noqa: T201 -- this is a command
        return 1
    return 128 + signal.SIGINT


@contextmanager
def databases() -> Iterator[tuple[Supervisor, Environment]]:
    """PostgreSQL and Redis on a throw-away directory, and the environment that names them."""
    # Directly under the shared directory: an account lent to PostgreSQL must get there.
    data = Path(tempfile.mkdtemp(prefix="concord-test-", dir=_fast_directory()))
    try:
        where = places.prepare(data)
        hold = places.Hold(where)
        with Supervisor(log_dir=where.log, hold=hold, say=sys.stderr.write) as supervisor:
            environment = {**os.environ, **service.start_databases(supervisor, where)}
            if os.environ.get("POOLED") == "1":
                environment["DATABASE_URL"] = pooled.start(supervisor, where)
            # An answer to "which settings" that a developer's shell must not change.
            environment.update(SECRET_KEY="only-for-tests-" * 4, PRODUCTION="0", DEBUG="0")
            yield supervisor, environment
    finally:
        shutil.rmtree(data, ignore_errors=True)


def _pytest(supervisor: Supervisor, environment: Environment, arguments: list[str]) -> int:
    command = [sys.executable, "-m", "pytest", *_spread(arguments), *arguments]
    if environment.get("POOLED") == "1":
        # pgbouncer keeps sessions of a database, which then cannot be dropped; all goes anyway.
        command.append("--reuse-db")
    process = subprocess.Popen(command, env=environment)  # noqa: S603 -- argv is our own
    try:
        while process.poll() is None:
            supervisor.wait(5)
    except StopAsked:
        process.send_signal(signal.SIGINT)  # a terminal has told it too; one more is harmless
        process.wait()
        raise
    return process.returncode


def _spread(arguments: list[str]) -> tuple[str, ...]:
    chosen = any(argument.startswith(SPREADING) for argument in arguments)
    return () if chosen else DEFAULTS


def _fast_directory() -> str | None:
    memory = Path("/dev/shm")  # noqa: S108 -- mkdtemp makes a private directory in it
    return str(memory) if os.access(memory, os.W_OK) else None


if __name__ == "__main__":
    sys.exit(main())
