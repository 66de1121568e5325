"""Find the processes of a service: those that its supervisor started, and theirs."""

import contextlib
import os
from collections import defaultdict
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path

from chaos.faults.plan import (
    BACKEND,
    HORSE,
    POSTMASTER,
    QUEUE,
    REDIS,
    SWEEPER,
    WEB,
    WEB_WORKER,
)


@dataclass(frozen=True, slots=True)
class Process:
    """A process as /proc shows it; `started` tells it from a later one of the same number."""

    pid: int
    parent: int
    started: int
    words: str

    def signal(self, signum: int) -> bool:
        """True if it was still there to get the signal."""
        now = _read(self.pid)
        if now is None or now.started != self.started:
            return False
        with contextlib.suppress(ProcessLookupError):
            os.kill(self.pid, signum)
            return True
        return False


def found(supervisor: int) -> dict[str, list[Process]]:
    """The processes of each kind that run now."""
    by_parent: dict[int, list[Process]] = defaultdict(list)
    for process in _all():
        by_parent[process.parent].append(process)
    kinds: dict[str, list[Process]] = defaultdict(list)
    for process in by_parent[supervisor]:
        kind = _kind(process.words)
        if kind is None:
            continue
        kinds[kind].append(process)
        kinds[_kind_of_child(kind)] += [
            child for child in by_parent[process.pid] if _counts(kind, child.words)
        ]
    kinds.pop("", None)
    return kinds


def _kind(words: str) -> str | None:
    if "granian" in words:
        return WEB
    if "manage.py queue" in words:
        return QUEUE
    if words.endswith("manage.py sweep"):
        return SWEEPER
    if "redis-server" in words or "valkey-server" in words:
        return REDIS
    if "/postgres -D" in words:
        return POSTMASTER
    return None


def _kind_of_child(kind: str) -> str:
    return {WEB: WEB_WORKER, QUEUE: HORSE, POSTMASTER: BACKEND}.get(kind, "")


def _counts(kind: str, words: str) -> bool:
    if kind == POSTMASTER:  # not its own helpers, the checkpointer and the like
        return words.startswith("postgres: concord concord")
    return "resource_tracker" not in words


def _all() -> Iterator[Process]:
    for name in os.listdir("/proc"):
        if name.isdigit() and (process := _read(int(name))) is not None:
            yield process


def _read(pid: int) -> Process | None:
    """None when it has ended, reaped or not."""
    with contextlib.suppress(OSError):
        place = Path(f"/proc/{pid}")
        state, parent, *rest = (place / "stat").read_text().rpartition(")")[2].split()
        if state == "Z":
            return None
        words = (place / "cmdline").read_bytes().replace(b"\0", b" ").decode(errors="replace")
        return Process(pid, int(parent), int(rest[17]), words.strip())
    return None
