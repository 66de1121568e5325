"""`python -m benchmarks.peers`: answer one request a line, in the peers' environment.

A request names a peer, a file to read, a file to write and a limit; the reply holds the seconds of
processor time it took, or why it failed.
"""

import json
import os
import signal
import sys
import time
import warnings
from importlib.metadata import version
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from benchmarks.peers import catalogue


class TookTooLong(BaseException):
    """Not an Exception, so that no peer takes it for an error of its own."""


def main() -> None:
    # What a peer prints must not get between the replies.
    replies = os.fdopen(os.dup(sys.stdout.fileno()), "w", buffering=1)
    sys.stdout = sys.stderr
    warnings.simplefilter("ignore")
    signal.signal(signal.SIGPROF, _stop)
    for line in sys.stdin:
        replies.write(json.dumps(_reply(json.loads(line))) + "\n")


def _reply(request: dict[str, Any]) -> dict[str, Any]:
    if request["peer"] == "versions":
        return {name: version(name) for name in ("crowd-kit", "scikit-learn", "pandas")}
    try:
        return {"seconds": _run(request), "fault": None}
    except TookTooLong:
        return {"seconds": None, "fault": f"took more than {request['limit']:g} s"}
    except Exception as fault:  # Whatever a peer may raise: it is reported, not ours to mend.
        return {"seconds": None, "fault": f"{type(fault).__name__}: {fault}"[:160]}


def _run(request: dict[str, Any]) -> float:
    run = _text if request["peer"] in TEXT_PEERS else _categorical
    run = _skills if request["peer"] in catalogue.SKILLS else run
    signal.setitimer(signal.ITIMER_PROF, request["limit"])
    try:
        return run(request["peer"], Path(request["data"]), Path(request["out"]))
    finally:
        signal.setitimer(signal.ITIMER_PROF, 0)


def _categorical(peer: str, data: Path, out: Path) -> float:
    with np.load(data) as arrays:
        frame = pd.DataFrame({name: arrays[name] for name in ("task", "worker", "label")})
        n_tasks, n_labels = int(arrays["n_tasks"]), int(arrays["n_labels"])
    began = time.process_time()
    outcome = catalogue.categorical(peer, frame, n_tasks, n_labels)
    seconds = time.process_time() - began
    np.save(out, outcome.astype(np.float64))
    return seconds


def _skills(peer: str, data: Path, out: Path) -> float:
    with np.load(data) as arrays:
        frame = pd.DataFrame({name: arrays[name] for name in ("task", "worker", "label")})
        n_workers = int(arrays["n_workers"])
    began = time.process_time()
    outcome = catalogue.skills(peer, frame, n_workers)
    seconds = time.process_time() - began
    np.save(out, outcome.astype(np.float64))
    return seconds


def _text(peer: str, data: Path, out: Path) -> float:
    frame = pd.DataFrame(json.loads(data.read_text()))
    began = time.process_time()
    outcome = catalogue.rover(frame)
    seconds = time.process_time() - began
    out.write_text(json.dumps(outcome))
    return seconds


TEXT_PEERS = (catalogue.ROVER, catalogue.ROVER_ON_NORMALISED)


def _stop(*_: object) -> None:
    raise TookTooLong


if __name__ == "__main__":
    main()
