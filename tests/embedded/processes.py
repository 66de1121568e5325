"""Programs to run in tests, and a look at what runs."""

import contextlib
import os
import socket
import subprocess
import sys
import time
from collections.abc import Callable
from pathlib import Path

from marketplace.embedded.processes import Program

ROOT = Path(__file__).parents[2]
SERVERS = ("DATABASE_URL", "REDIS_URL", "SECRET_KEY", "CONCORD_DATA", "PROMETHEUS_MULTIPROC_DIR")


def without_servers() -> list[str]:
    """The variables by which the tests' own servers would be used."""
    return [name for name in SERVERS if name in os.environ]


def a_program(code: str, *, name: str = "child", **overrides: object) -> Program:
    argv = [sys.executable, "-I", "-S", "-u", "-c", code]
    env = {"PATH": os.environ["PATH"]}
    return Program(name=name, argv=argv, env=env, cwd=Path("/"), **overrides)


def descendants(pid: int) -> set[int]:
    parents = {child: _parent(child) for child in _all()}
    found = {pid}
    while more := {child for child, parent in parents.items() if parent in found} - found:
        found |= more
    return found - {pid}


def alive(pids: set[int]) -> set[int]:
    return {pid for pid in pids if _parent(pid) is not None}


def eventually(is_true: Callable[[], object], *, within_s: float = 10) -> bool:
    deadline = time.monotonic() + within_s
    while not is_true():
        if time.monotonic() > deadline:
            return False
        time.sleep(0.02)
    return True


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return probe.getsockname()[1]


def _all() -> list[int]:
    return [int(name) for name in os.listdir("/proc") if name.isdigit()]


def _parent(pid: int) -> int | None:
    """None when it has ended, reaped or not."""
    with contextlib.suppress(OSError):
        _, _, rest = Path(f"/proc/{pid}/stat").read_text().rpartition(")")
        state, parent, *_ = rest.split()
        return None if state == "Z" else int(parent)
    return None


class Up:
    """A running `manage.py up`."""

    def __init__(self, data: Path, *, port: int, **environment: str) -> None:
        clean = {name: value for name, value in os.environ.items() if name not in SERVERS}
        self.process = subprocess.Popen(  # noqa: S603 -- argv is our own
            [sys.executable, "manage.py", "up", "--data", str(data), "--port", str(port)],
            cwd=ROOT,
            env={**clean, **environment},
            stdin=subprocess.DEVNULL,
            stdout=subprocess.PIPE,
            stderr=subprocess.STDOUT,
            text=True,
        )
        self.says = ""

    def read_until(self, words: str) -> None:
        assert self.process.stdout is not None
        while words not in self.says:
            line = self.process.stdout.readline()
            assert line, f"it ended and said: {self.says}"
            self.says += line

    def end(self, signum: int) -> int:
        self.process.send_signal(signum)
        self.says += self.process.communicate(timeout=60)[0]
        return self.process.returncode
