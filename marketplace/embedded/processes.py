"""Start one program as the leader of its own process group, and end the whole group."""

import contextlib
import ctypes
import os
import signal
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from marketplace.embedded.accounts import Account

PR_SET_PDEATHSIG = 1
_libc = ctypes.CDLL(None, use_errno=True) if sys.platform == "linux" else None


@dataclass(frozen=True, kw_only=True)
class Program:
    """What to run, as whom, and how it ends."""

    name: str
    argv: Sequence[str]
    env: Mapping[str, str]
    cwd: Path
    account: Account | None = None
    # Programs of one stage are stopped together; the highest stage goes first.
    stage: int = 0
    stop_signal: signal.Signals = signal.SIGTERM
    grace_s: float = 10
    # Whether its workers may miss the signal, and bear to hear it once more.
    is_insisted: bool = False
    # What it gets when the supervisor is gone.
    orphan_signal: signal.Signals = signal.SIGKILL


class Child:
    """A program that was started."""

    def __init__(self, program: Program, log_file: Path) -> None:
        self.program = program
        self.started_at = time.monotonic()
        account = program.account
        with log_file.open("ab") as log:
            self._process = subprocess.Popen(  # noqa: S603 -- every argv is our own
                program.argv,
                stdin=subprocess.DEVNULL,
                stdout=log,
                stderr=subprocess.STDOUT,
                cwd=program.cwd,
                env=program.env,
                process_group=0,
                user=account.uid if account else None,
                group=account.gid if account else None,
                extra_groups=[] if account else None,
                # Runs after the change of user, which would clear the death signal.
                preexec_fn=follow_parent(program.orphan_signal),
            )
        self.pgid = self._process.pid

    @property
    def exit_code(self) -> int | None:
        """None while it runs."""
        return self._process.poll()

    def signal(self, signum: signal.Signals) -> None:
        """Signal the program alone; it passes on to its children what it sees fit."""
        if self.exit_code is None:
            self._process.send_signal(signum)

    def insist(self) -> None:
        """Tell the whole group once more, where a program asks for that."""
        if self.program.is_insisted and self.exit_code is None:
            os.killpg(self.pgid, self.program.stop_signal)

    def end_group(self) -> None:
        """Kill what is left of the group: a web server's workers outlive their master."""
        with contextlib.suppress(ProcessLookupError):
            os.killpg(self.pgid, signal.SIGKILL)
        self._process.wait()


def follow_parent(signum: signal.Signals) -> Callable[[], None]:
    """A hook for the child: ask the kernel for this signal when the parent dies."""
    parent_pid = os.getpid()

    def follow() -> None:
        if _libc is not None:
            _libc.prctl(PR_SET_PDEATHSIG, int(signum))
            if os.getppid() != parent_pid:  # it died before the kernel knew
                os._exit(1)

    return follow
