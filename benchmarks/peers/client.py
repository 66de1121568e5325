"""Ask the peers' environment: a process that answers one request a line."""

import json
import os
import selectors
import subprocess
from pathlib import Path
from typing import Any, Self

ROOT = Path(__file__).parents[2]
PYTHON = ROOT / ".venv-peers" / "bin" / "python"
# One thread each, so that a second of one is a second of another.
ONE_THREAD = dict.fromkeys(("OMP_NUM_THREADS", "OPENBLAS_NUM_THREADS", "MKL_NUM_THREADS"), "1")
# The limit is on processor time; on a busy machine it may last this many times longer.
PATIENCE, GRACE_S = 5, 60


class Failed(Exception):
    """Why a peer has no outcome."""


class Peers:
    """One process of the peers' environment, started when needed and again when it died."""

    def __init__(self, limit_s: float) -> None:
        self.limit_s = limit_s
        self._process: subprocess.Popen[str] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self._end()

    def versions(self) -> dict[str, str]:
        return self._ask({"peer": "versions"})

    def run(self, peer: str, data: Path, out: Path) -> float:
        """Seconds of processor time; what came out is in `out`. Raises Failed."""
        reply = self._ask({"peer": peer, "data": str(data), "out": str(out), "limit": self.limit_s})
        if reply["fault"]:
            raise Failed(reply["fault"])
        return reply["seconds"]

    def _ask(self, request: dict[str, Any]) -> dict[str, Any]:
        process = self._process or self._started()
        process.stdin.write(json.dumps(request) + "\n")
        process.stdin.flush()
        with selectors.DefaultSelector() as selector:
            selector.register(process.stdout, selectors.EVENT_READ)
            heard = selector.select(PATIENCE * self.limit_s + GRACE_S)
        line = process.stdout.readline() if heard else ""
        if not line:
            self._end()
            raise Failed("its process died" if heard else "its process hung")
        return json.loads(line)

    def _started(self) -> subprocess.Popen[str]:
        if not PYTHON.exists():
            raise Failed("the peers' environment is missing: run it through make")
        self._process = subprocess.Popen(  # noqa: S603 -- argv is our own
            [str(PYTHON), "-W", "ignore", "-m", "benchmarks.peers"],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            stdin=subprocess.PIPE,
            stdout=subprocess.PIPE,
            text=True,
        )
        return self._process

    def _end(self) -> None:
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process.stdin.close()
            self._process.stdout.close()
            self._process = None
