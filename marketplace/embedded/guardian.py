"""Outlive the supervisor just long enough to end what it started (run as a script)."""

import contextlib
import os
import signal
import sys
import time

PATIENCE_S = 20.0


def main() -> None:
    """Read "add PGID SIGNAL" and "del PGID" lines; when they end, so do the groups left."""
    for name in ("SIGINT", "SIGTERM", "SIGHUP", "SIGQUIT"):
        signal.signal(getattr(signal, name), signal.SIG_IGN)
    groups: dict[int, int] = {}
    for line in sys.stdin:
        verb, pgid, *rest = line.split()
        if verb == "add":
            groups[int(pgid)] = int(rest[0])
        else:
            groups.pop(int(pgid), None)
    end(groups)


def end(groups: dict[int, int]) -> None:
    """Send each group its signal, the last started first, and SIGKILL to those that stay."""
    for pgid, signum in reversed(groups.items()):
        _kill(pgid, signum)
    patient_until = time.monotonic() + PATIENCE_S
    while any(_is_alive(pgid) for pgid in groups) and time.monotonic() < patient_until:
        time.sleep(0.05)
    for pgid in groups:
        _kill(pgid, signal.SIGKILL)


def _kill(pgid: int, signum: int) -> None:
    with contextlib.suppress(ProcessLookupError, PermissionError):
        os.killpg(pgid, signum)


def _is_alive(pgid: int) -> bool:
    try:
        os.killpg(pgid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        return True
    return True


if __name__ == "__main__":
    main()
