"""Start programs in order, keep them running, stop them in order, leave none behind."""

import contextlib
import os
import select
import signal
import subprocess
import sys
import time
from collections.abc import Callable
from itertools import groupby
from pathlib import Path
from types import FrameType, TracebackType
from typing import Self

from marketplace.embedded import guardian
from marketplace.embedded.accounts import Refused
from marketplace.embedded.places import Hold
from marketplace.embedded.processes import Child, Program

STOP_SIGNALS = (signal.SIGINT, signal.SIGTERM, signal.SIGHUP)
BACKOFF_S = (0.2, 0.5, 1.0, 2.0, 5.0, 10.0, 30.0)
HEALTHY_AFTER_S = 30.0
LOG_MAX_BYTES = 20_000_000
INSIST_AFTER_S = 2.0

Say = Callable[[str], None]


class StopAsked(Exception):
    """Somebody wants everything to end."""


class Supervisor:
    """Use it as a context: on the way out everything it started is stopped."""

    def __init__(self, *, log_dir: Path, hold: Hold, say: Say) -> None:
        self._log_dir = log_dir
        self._hold = hold
        self._say = say
        self._children: list[Child] = []
        self._failures: dict[str, int] = {}
        self._due: dict[str, tuple[float, Program]] = {}
        self._is_stopping = False

    def __enter__(self) -> Self:
        # Before the first child: a signal in between would leave it behind.
        self._wake, write_end = os.pipe2(os.O_NONBLOCK | os.O_CLOEXEC)
        signal.set_wakeup_fd(write_end, warn_on_full_buffer=False)
        self._previous = {signum: signal.signal(signum, self._note) for signum in STOP_SIGNALS}
        self._previous[signal.SIGCHLD] = signal.signal(signal.SIGCHLD, lambda *_: None)
        self._start_guardian()
        return self

    def __exit__(
        self,
        kind: type[BaseException] | None,
        error: BaseException | None,
        trace: TracebackType | None,
    ) -> bool:
        self._stop_all()
        self._close_pipe_to_guardian()  # nothing is left for it
        self._guardian.wait()
        for signum, handler in self._previous.items():
            signal.signal(signum, handler)
        os.close(signal.set_wakeup_fd(-1))
        os.close(self._wake)
        return kind is StopAsked

    def run(self, program: Program, *, timeout_s: float) -> None:
        """Run to the end. Raises Refused with its last words if it fails."""
        child = self._start(program)
        deadline = time.monotonic() + timeout_s
        while child.exit_code is None and time.monotonic() < deadline:
            self.wait(0.5)
        code = child.exit_code
        self._forget(child)
        if code != 0:
            raise Refused(f"{program.name} failed ({code}): {self._last_words(program)}")

    def start(self, program: Program) -> None:
        """Start it, and again whenever it ends."""
        self._start(program)

    def await_ready(
        self, program: Program, is_ready: Callable[[], bool], *, timeout_s: float
    ) -> None:
        """Raises Refused with the program's last words if it ends or takes longer than that."""
        deadline = time.monotonic() + timeout_s
        while not is_ready():
            ended = all(child.program is not program for child in self._running())
            if ended or time.monotonic() > deadline:
                raise Refused(f"{program.name} did not start: {self._last_words(program)}")
            self.wait(0.05)

    def watch(self) -> None:
        """Keep everything running until somebody asks to stop, which raises StopAsked."""
        while True:
            self._revive()
            self._trim_logs()
            next_due = min((at for at, _ in self._due.values()), default=float("inf"))
            self.wait(max(0.05, min(next_due - time.monotonic(), 5.0)))

    def wait(self, seconds: float) -> None:
        """Until a child ends or the time is over. Raises StopAsked when a signal came."""
        if not self._is_stopping:
            select.select([self._wake], [], [], seconds)
            with contextlib.suppress(BlockingIOError):
                os.read(self._wake, 512)
        if self._is_stopping:
            raise StopAsked

    def _note(self, _signum: int, _frame: FrameType | None) -> None:
        self._is_stopping = True

    def _running(self) -> list[Child]:
        return [child for child in self._children if child.exit_code is None]

    def _start(self, program: Program) -> Child:
        child = Child(program, self._log_dir / f"{program.name}.log")
        self._children.append(child)
        self._tell_guardian(f"add {child.pgid} {int(program.orphan_signal)}")
        return child

    def _forget(self, child: Child) -> None:
        child.end_group()
        self._children.remove(child)
        self._tell_guardian(f"del {child.pgid}")

    def _revive(self) -> None:
        if self._guardian.poll() is not None:
            self._close_pipe_to_guardian()
            self._start_guardian()
        for child in [child for child in self._children if child.exit_code is not None]:
            self._note_death(child)
        now = time.monotonic()
        for name in [name for name, (at, _) in self._due.items() if at <= now]:
            self._start(self._due.pop(name)[1])

    def _note_death(self, child: Child) -> None:
        name = child.program.name
        self._forget(child)
        lived_s = time.monotonic() - child.started_at
        failures = 0 if lived_s > HEALTHY_AFTER_S else self._failures.get(name, 0)
        pause_s = BACKOFF_S[min(failures, len(BACKOFF_S) - 1)]
        self._failures[name] = failures + 1
        self._due[name] = (time.monotonic() + pause_s, child.program)
        self._say(f"{name} ended ({child.exit_code}); again in {pause_s:g} s.")

    def _stop_all(self) -> None:
        self._is_stopping = True
        by_stage = sorted(self._children, key=lambda child: -child.program.stage)
        for _, stage in groupby(by_stage, key=lambda child: child.program.stage):
            self._stop_stage(list(stage))

    def _stop_stage(self, children: list[Child]) -> None:
        for child in children:
            child.signal(child.program.stop_signal)
        longest_s = max(child.program.grace_s for child in children)
        self._await_end(children, seconds=min(INSIST_AFTER_S, longest_s))
        for child in children:
            child.insist()
        self._await_end(children, seconds=longest_s - INSIST_AFTER_S)
        for child in children:
            self._forget(child)

    def _await_end(self, children: list[Child], *, seconds: float) -> None:
        deadline = time.monotonic() + seconds
        while time.monotonic() < deadline and any(child.exit_code is None for child in children):
            time.sleep(0.02)

    def _start_guardian(self) -> None:
        # It holds the lock too: nobody may start here before it has cleaned up.
        self._guardian = subprocess.Popen(  # noqa: S603 -- argv is our own
            [sys.executable, "-I", "-S", guardian.__file__],
            stdin=subprocess.PIPE,
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
            cwd="/",
            pass_fds=[self._hold.guardian],
            start_new_session=True,
            text=True,
        )
        for child in self._children:
            self._tell_guardian(f"add {child.pgid} {int(child.program.orphan_signal)}")

    def _tell_guardian(self, line: str) -> None:
        assert self._guardian.stdin is not None  # noqa: S101 -- it was made with a pipe
        with contextlib.suppress(BrokenPipeError):  # _revive starts another and tells it all
            self._guardian.stdin.write(line + "\n")
            self._guardian.stdin.flush()

    def _close_pipe_to_guardian(self) -> None:
        assert self._guardian.stdin is not None  # noqa: S101 -- it was made with a pipe
        with contextlib.suppress(BrokenPipeError):
            self._guardian.stdin.close()

    def _last_words(self, program: Program) -> str:
        log = self._log_dir / f"{program.name}.log"
        lines = log.read_text(errors="replace").strip().splitlines()[-3:]
        return " / ".join(lines) + f" (see {log})"

    def _trim_logs(self) -> None:
        """Every process appends, so what was copied away can be cut off under its feet."""
        for log in self._log_dir.glob("*.log"):
            if log.stat().st_size > LOG_MAX_BYTES:
                older = log.with_suffix(".log.1")
                try:
                    older.write_bytes(log.read_bytes())
                except OSError:  # a full disk gets the room of both
                    older.unlink(missing_ok=True)
                os.truncate(log, 0)
