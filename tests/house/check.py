"""`make check`: every static check, each with its time; one that fails does not hide the next."""

import os
import subprocess
import sys
import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass
from pathlib import Path

from tests.house import locks, suppressions

ROOT = Path(__file__).parents[2]
BIN = Path(sys.executable).parent
PACKAGES = ("marketplace", "quality", "tasks_app", "chaos")
SCHEMA = ROOT / "docs" / "openapi.yaml"
# No check needs a database; one that happens to run here must not change the outcome.
ENVIRONMENT = {
    **os.environ,
    "DATABASE_URL": "postgres://concord@/concord?host=/nonexistent",
    "REDIS_URL": "",
    "LOG_LEVEL": "WARNING",
}


@dataclass(frozen=True)
class Outcome:
    """What a check had to say, and whether it passed."""

    name: str
    is_good: bool
    says: str
    seconds: float


def main() -> int:
    started = time.monotonic()
    with ThreadPoolExecutor(max_workers=2) as pool:
        # The longest first, so that the others run beside it.
        outcomes = pool.map(_timed, CHECKS, CHECKS.values())
        failed = [outcome.name for outcome in outcomes if not _report(outcome)]
    seconds = time.monotonic() - started
    verdict = f"FAILED: {', '.join(failed)}" if failed else "All checks passed"
    _say(f"{verdict} ({seconds:.1f} s; {suppressions.count(ROOT)} suppressions)")
    return 1 if failed else 0


def _run(*command: str | Path) -> tuple[bool, str]:
    done = subprocess.run(  # noqa: S603 -- argv is our own
        [str(BIN / command[0]), *map(str, command[1:])],
        cwd=ROOT,
        env=ENVIRONMENT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        check=False,
    )
    return done.returncode == 0, (done.stdout + done.stderr).strip()


def _migrations() -> tuple[bool, str]:
    # It would compare with the database's history, and warns that there is no database.
    quiet = ("-W", "ignore::RuntimeWarning")
    return _run("python", *quiet, "manage.py", "makemigrations", "--check", "--dry-run")


def _schema() -> tuple[bool, str]:
    draft = SCHEMA.with_name(f".{SCHEMA.name}.check")
    try:
        is_good, says = _run(
            *("python", "manage.py", "spectacular"),
            *("--fail-on-warn", "--validate", "--file", draft),
        )
        if not is_good:
            return False, says
        is_same = SCHEMA.exists() and SCHEMA.read_bytes() == draft.read_bytes()
        return is_same, "" if is_same else f"{SCHEMA.name} is out of step: run `make schema`"
    finally:
        draft.unlink(missing_ok=True)


def _locks() -> tuple[bool, str]:
    faults = locks.faults(ROOT)
    return not faults, "\n".join(faults)


def _suppressions() -> tuple[bool, str]:
    faults = suppressions.unnamed(ROOT)
    return not faults, "\n".join(faults)


CHECKS: dict[str, Callable[[], tuple[bool, str]]] = {
    "mypy --strict": lambda: _run("mypy", "--strict", *PACKAGES),
    "ruff format": lambda: _run("ruff", "format", "--check", "."),
    "ruff check": lambda: _run("ruff", "check", "."),
    "lint-imports": lambda: _run("lint-imports"),
    "migrations": _migrations,
    "openapi.yaml": _schema,
    "locks": _locks,
    "suppressions": _suppressions,
}


def _timed(name: str, check: Callable[[], tuple[bool, str]]) -> Outcome:
    started = time.monotonic()
    is_good, says = check()
    return Outcome(name, is_good, says, time.monotonic() - started)


def _report(outcome: Outcome) -> bool:
    mark = "ok  " if outcome.is_good else "FAIL"
    _say(f"{mark} {outcome.name:<14} {outcome.seconds:5.1f} s")
    if not outcome.is_good:
        _say(outcome.says)
    return outcome.is_good


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- this is a command


if __name__ == "__main__":
    sys.exit(main())
