"""Label Studio of its own environment, on a database of its own, served by gunicorn."""

import http.client
import json
import os
import subprocess
import tempfile
import time
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from benchmarks import processes, tables
from benchmarks.claims.load import Target
from benchmarks.rivals import debian

PYTHON = processes.ROOT / ".venv-rivals" / "bin" / "python"
SETTINGS = "core.settings.label_studio"
WORKERS, THREADS = 2, 4
READY_S = 600
CONFIG = """
<View>
  <Text name="text" value="$text"/>
  <Choices name="kind" toName="text">
    <Choice value="wren"/><Choice value="owl"/><Choice value="other"/>
  </Choices>
</View>
"""


@dataclass(frozen=True)
class Studio:
    """Where it listens, and the tokens of those who work there."""

    port: int
    tokens: tuple[str, ...]

    def call(self, method: str, path: str, body: Any = None) -> Any:
        """What it replies to the first of them. Raises RuntimeError for a refusal."""
        connection = http.client.HTTPConnection("127.0.0.1", self.port, timeout=READY_S)
        headers = {
            "Authorization": f"Token {self.tokens[0]}",
            "Content-Type": "application/json",
        }
        text = None if body is None else json.dumps(body)
        connection.request(method, path, body=text, headers=headers)
        reply = connection.getresponse()
        said = reply.read()
        connection.close()
        if reply.status >= http.client.BAD_REQUEST:
            raise RuntimeError(f"{method} {path}: {reply.status} {said[:500]!r}")
        return json.loads(said)

    def project(self, overlap: int) -> str:
        """A new project whose tasks ask so many people; its id."""
        wanted = {"title": "Birds", "label_config": CONFIG, "maximum_annotations": overlap}
        return str(self.call("POST", "/api/projects/", wanted)["id"])

    def add(self, project: str, texts: list[str]) -> float:
        """Seconds of an upload."""
        body = [{"text": text} for text in texts]
        began = time.monotonic()
        told = self.call("POST", f"/api/projects/{project}/import", body)
        seconds = time.monotonic() - began
        if told.get("task_count") != len(texts):
            raise RuntimeError(f"Label Studio took {told}")
        return seconds

    def target(self, project: str) -> Target:
        """Whom clients call."""
        return Target("studio", f"http://127.0.0.1:{self.port}", project)


def require() -> None:
    """Raises processes.Missing with what is to be installed."""
    debian.binaries()
    if not PYTHON.exists():
        raise processes.Missing("Label Studio is not there: run `make bench-rivals`.")


@contextmanager
def a_studio(n_people: int) -> Iterator[Studio]:
    """Migrated, with so many people who each have a token."""
    with debian.a_database() as socket, tempfile.TemporaryDirectory() as folder:
        package = _package()
        environment = _environment(socket, Path(folder), package)
        tables.progress("Label Studio migrates its database")
        _run(environment, str(package / "manage.py"), "migrate", "--no-input")
        told = _run(environment, "-m", "benchmarks.rivals.seats", str(n_people))
        tokens = tuple(json.loads(told.strip().splitlines()[-1]))
        port = processes.free_port()
        argv = [
            *(str(PYTHON), "-m", "gunicorn", "core.wsgi:application"),
            *("--workers", str(WORKERS), "--threads", str(THREADS)),
            *("--bind", f"127.0.0.1:{port}", "--timeout", "300"),
        ]
        with processes.started(
            argv,
            environment,
            Path(folder) / "log",
            is_ready=lambda: _is_ready(port),
            cwd=package,
            ready_s=READY_S,
        ):
            yield Studio(port, tokens)


def version() -> str:
    """Which one it is."""
    script = "from importlib.metadata import version; print(version('label-studio'))"
    return _run(dict(os.environ), "-c", script).strip()


def _package() -> Path:
    script = "from importlib.util import find_spec; print(find_spec('label_studio').origin)"
    return Path(_run(dict(os.environ), "-c", script).strip()).parent


def _environment(socket: Path, folder: Path, package: Path) -> dict[str, str]:
    return {
        "PATH": os.environ.get("PATH", os.defpath),
        "HOME": str(folder),
        "PYTHONPATH": f"{package}{os.pathsep}{processes.ROOT}",
        "DJANGO_SETTINGS_MODULE": SETTINGS,
        "DJANGO_DB": "default",
        "POSTGRE_HOST": str(socket),
        "POSTGRE_PORT": "5432",
        "POSTGRE_NAME": "postgres",
        "POSTGRE_USER": debian.ROLE,
        "LABEL_STUDIO_BASE_DATA_DIR": str(folder),
        "LABEL_STUDIO_ENABLE_LEGACY_API_TOKEN": "true",
        "DEBUG": "false",
        "LOG_LEVEL": "ERROR",
        # It tells nobody that it runs.
        "COLLECT_ANALYTICS": "false",
        "LATEST_VERSION_CHECK": "false",
        "SENTRY_DSN": "",
        "FRONTEND_SENTRY_DSN": "",
    }


def _run(environment: dict[str, str], *words: str) -> str:
    done = subprocess.run(  # noqa: S603 -- argv is our own
        [str(PYTHON), *words],
        env=environment,
        cwd=processes.ROOT,
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"{words[:3]}: {done.stdout[-500:]} {done.stderr[-1500:]}")
    return done.stdout


def _is_ready(port: int) -> bool:
    connection = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
    try:
        connection.request("GET", "/health")
        return connection.getresponse().status == http.client.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
