"""Clients that claim and answer: wrk over HTTP, pgbench on the bare statements."""

import http.client
import json
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from pathlib import Path

import numpy as np

from benchmarks import processes
from benchmarks.claims import bare

SCRIPT = Path(__file__).with_name("clients.lua")
WARM_S = 1
# Connections on which each worker calls once: enough to meet both web processes.
GREETINGS = 4
NO_WRK = "install Debian's package `wrk` (apt-get install wrk)."
_TPS = re.compile(r"tps = ([0-9.]+)")
_FAILED = re.compile(r"number of failed transactions: ([0-9]+)")


@dataclass(frozen=True)
class Target:
    """Whom to call: the service, the bare views, or a rival, and on which project."""

    kind: str
    url: str
    project: str = "bench"


@dataclass(frozen=True)
class Workers:
    """Who calls: planted workers by number, both ends included, or a token for each client."""

    first: int = 0
    last: int = 0
    tokens: tuple[str, ...] = ()


@dataclass(frozen=True)
class Load:
    """What some clients saw in some seconds."""

    # Of the time in which requests were counted; pairs are all, those before it too.
    seconds: float
    n_pairs: int
    claims_us: list[int]
    submits_us: list[int]
    faults: dict[str, int] = field(default_factory=dict)
    # Of paced clients: a task and the time of the clock at which its answer was acknowledged.
    acknowledged: list[str] = field(default_factory=list)

    @property
    def pairs_per_s(self) -> float:
        """Tasks claimed and answered, a second."""
        return len(self.submits_us) / self.seconds

    def claim_ms(self, percent: float) -> float:
        """A percentile of the claims' latency."""
        return percentile(self.claims_us, percent) / 1000

    def submit_ms(self, percent: float) -> float:
        """A percentile of the submits' latency."""
        return percentile(self.submits_us, percent) / 1000


def over_http(
    target: Target,
    *,
    clients: int,
    seconds: float,
    workers: Workers,
    seed: int,
    pairs_per_s: float = 0,
) -> Load:
    """Clients one after the other's reply, or so many pairs a second. Raises Missing."""
    argv = [
        *(processes.required("wrk", NO_WRK), "-t", str(clients), "-c", str(clients)),
        *("-d", f"{seconds + WARM_S:.0f}s", "--timeout", "30s"),
        *("-s", str(SCRIPT), target.url, "--"),
        *(target.kind, target.project, f"{pairs_per_s:.3f}", str(clients), str(WARM_S)),
        *(str(seed), str(workers.first), str(workers.last), *workers.tokens),
    ]
    return parsed(_output(argv))


def parsed(output: str) -> Load:
    """What the script wrote below wrk's own report."""
    line = next(line for line in reversed(output.splitlines()) if line.startswith("{"))
    return Load(**json.loads(line))


def by_pgbench(
    socket_directory: Path, *, clients: int, seconds: float, workers: Workers, script: Path
) -> float:
    """Pairs a second of the bare statements, prepared, without any web server."""
    script.write_text(bare.PGBENCH)
    argv = [
        *(str(processes.tool("pgbench")), "--no-vacuum", "--protocol=prepared"),
        *("--client", str(clients), "--jobs", "2", "--time", f"{seconds:.0f}"),
        *("--define", f"first={workers.first}", "--define", f"clients={clients}"),
        *("--define", f"mine={(workers.last - workers.first + 1) // clients}"),
        *("--file", str(script), "-h", str(socket_directory), "-U", "concord", "concord"),
    ]
    return pairs_of_pgbench(_output(argv))


def pairs_of_pgbench(output: str) -> float:
    """Its transactions a second, each a pair. Raises RuntimeError if some failed."""
    rate, failed = _TPS.search(output), _FAILED.search(output)
    if rate is None or (failed and int(failed[1])):
        raise RuntimeError(f"pgbench: {output[-1000:]}")
    return float(rate[1])


def greet(target: Target, n_workers: int) -> None:
    """Let every worker call on a few connections, so that each web process has met them all."""

    def call(_: int) -> None:
        connection = http.client.HTTPConnection(target.url.removeprefix("http://"))
        for number in range(n_workers):
            headers = {"Authorization": f"Bearer cc_bench-{number}"}
            connection.request("GET", "/api/v1/me/", headers=headers)
            connection.getresponse().read()
        connection.close()

    with ThreadPoolExecutor(GREETINGS) as pool:
        list(pool.map(call, range(GREETINGS)))


def percentile(values: list[int], percent: float) -> float:
    """Of none it is nan."""
    return float(np.percentile(values, percent)) if values else float("nan")


def _output(argv: list[str]) -> str:
    done = subprocess.run(argv, capture_output=True, text=True, check=False)  # noqa: S603 -- our own argv
    if done.returncode:
        raise RuntimeError(f"{argv[0]}: {done.stdout[-500:]} {done.stderr[-1000:]}")
    return done.stdout
