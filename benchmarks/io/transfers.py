"""Rows over HTTP and rows by psql, timed."""

import http.client
import json
import subprocess
import time
from dataclasses import dataclass
from pathlib import Path

from benchmarks import processes
from benchmarks.processes import Service

BLOCK = 1 << 20
LONGEST_S = 3600


@dataclass(frozen=True)
class Transfer:
    """So many rows in so many seconds."""

    rows: int
    seconds: float
    mb: float

    @property
    def per_s(self) -> float:
        """Rows a second."""
        return self.rows / self.seconds


def upload(service: Service, path: str, file: Path) -> Transfer:
    """Items into a project. Raises RuntimeError unless all are accepted."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=LONGEST_S)
    with file.open("rb") as body:
        size = str(file.stat().st_size)
        headers = {"Content-Type": "application/x-ndjson", "Content-Length": size}
        connection.request("POST", path, body=body, headers=headers | _key(service))
        reply = connection.getresponse()
        said = reply.read()
    connection.close()
    if reply.status != http.client.CREATED:
        raise RuntimeError(f"{path}: {reply.status} {said[:500]!r}")
    return Transfer(json.loads(said)["accepted"], time.monotonic() - began, int(size) / 1e6)


def download(service: Service, path: str) -> Transfer:
    """All rows of a list as NDJSON, counted and dropped. Raises RuntimeError for a refusal."""
    began = time.monotonic()
    connection = http.client.HTTPConnection("127.0.0.1", service.port, timeout=LONGEST_S)
    headers = {"Accept": "application/x-ndjson"}
    connection.request("GET", path, headers=headers | _key(service))
    reply = connection.getresponse()
    if reply.status != http.client.OK:
        raise RuntimeError(f"{path}: {reply.status} {reply.read()[:500]!r}")
    rows = size = 0
    while block := reply.read(BLOCK):
        rows += block.count(b"\n")
        size += len(block)
    connection.close()
    return Transfer(rows, time.monotonic() - began, size / 1e6)


def copy_in(service: Service, table: str, file: Path, rows: int) -> Transfer:
    """A file in the text format of COPY into a table."""
    seconds = _psql(service, f"\\copy {table} FROM '{file}'")
    return Transfer(rows, seconds, file.stat().st_size / 1e6)


def copy_out(service: Service, statement: str, rows: int, into: Path) -> Transfer:
    """The rows of a COPY TO STDOUT."""
    seconds = _psql(service, " ".join(statement.split()), "--output", str(into))
    return Transfer(rows, seconds, into.stat().st_size / 1e6)


def _psql(service: Service, command: str, *options: str) -> float:
    argv = [
        *(str(processes.tool("psql")), "-X", "--quiet", "-v", "ON_ERROR_STOP=1"),
        *("-h", str(service.socket_directory), "-U", "concord", *options),
        *("-c", command, "concord"),
    ]
    began = time.monotonic()
    subprocess.run(argv, check=True)  # noqa: S603 -- our own argv
    return time.monotonic() - began


def _key(service: Service) -> dict[str, str]:
    return {"Authorization": f"Bearer {service.keys['CONCORD_CLIENT_KEY']}"}
