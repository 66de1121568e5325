"""`python -m chaos`: kill everything for a while, then check that nothing was lost."""

import argparse
import json
import os
import shutil
import signal
import sys
import tempfile
from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from types import FrameType

from chaos import run, service
from chaos.clients.stage import NotSetUp
from chaos.history import History
from chaos.service import NotRunning, Service


def main() -> int:
    """Exit 1 if a check failed or nothing was acknowledged."""
    asked = _arguments()
    signal.signal(signal.SIGTERM, _leave)
    place = Path(tempfile.mkdtemp(prefix="concord-chaos-run-"))
    history = History(place / "history.jsonl")
    try:
        with _service(asked, place) as tested:
            outcome = run.run(tested, history, seed=asked.seed, seconds=asked.seconds, say=_say)
    except (NotRunning, NotSetUp) as fault:
        _say(str(fault))
        return 1
    finally:
        history.close()
    is_good = not outcome["failed"] and outcome["acked"] > 0
    if is_good and not asked.keep:
        shutil.rmtree(place)
    else:
        _say(f"The clients' log and the service's own are in {place}")
    _say(json.dumps(outcome))
    return 0 if is_good else 1


def _service(asked: argparse.Namespace, place: Path) -> AbstractContextManager[Service]:
    if asked.url or asked.key:
        return nullcontext(service.given(asked.url, asked.key, os.environ.get("DATABASE_URL")))
    return service.throw_away(place / "log")


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m chaos", description=__doc__)
    parser.add_argument("--seed", type=int, default=1, help="Fixes which fault comes when.")
    parser.add_argument("--seconds", type=float, default=60, help="For how long things go wrong.")
    parser.add_argument("--url", help="A running service; without it, one is started.")
    parser.add_argument("--key", help="A manager's key of it; DATABASE_URL names its database.")
    parser.add_argument("--keep", action="store_true", help="Keep the logs of a good run too.")
    return parser.parse_args()


def _leave(_signum: int, _frame: FrameType | None) -> None:
    """By way of every `finally`: nothing stays stopped, mounted or running."""
    sys.exit(128 + signal.SIGTERM)


def _say(line: str) -> None:
    print(line, flush=True)  # noqa: T201 -- this is a command


if __name__ == "__main__":
    sys.exit(main())
