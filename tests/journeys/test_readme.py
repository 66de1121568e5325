"""What the README promises for the first five minutes, typed in as it stands there."""

import os
import re
import shutil
import signal
import subprocess
import tempfile
from pathlib import Path

import pytest

from tests.embedded.processes import ROOT, SERVERS, Up, free_port

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
SECTION = "The first five minutes"
READY = "Ctrl-C stops it."
MARK = "---- the next block ----"


@pytest.fixture
def data():
    # Directly under the shared directory: an account lent to PostgreSQL must get there.
    path = Path(tempfile.mkdtemp(prefix="concord-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def service(data):
    up = Up(data, port=free_port())
    try:
        up.read_until(READY)
        yield up
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGTERM)


def blocks(text: str) -> list[str]:
    section = re.search(rf"^## {SECTION}\n(.*?)(?=^## |\Z)", text, re.DOTALL | re.MULTILINE)
    assert section
    return re.findall(r"^```bash\n(.*?)^```$", section[1], re.DOTALL | re.MULTILINE)


def type_in(script: str, **environment: str) -> subprocess.CompletedProcess:
    clean = {name: value for name, value in os.environ.items() if name not in SERVERS}
    return subprocess.run(  # noqa: S603 -- the script is our own
        ["bash", "-euo", "pipefail", "-c", script],  # noqa: S607 -- as a reader would
        env={**clean, **environment},
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=120,
        check=False,
    )


@pytest.mark.usefixtures("service")
def test_the_first_five_minutes_end_in_a_consensus(data):
    script = f"echo '{MARK}'\n".join(blocks((ROOT / "README.md").read_text()))

    typed = type_in(script, CONCORD_DATA=str(data))

    assert typed.returncode == 0, typed.stdout + typed.stderr
    seen, feed = typed.stdout.rpartition(MARK)[2].strip().splitlines()
    for shown in (seen, feed):
        for external_id, value in (("a1", "owl"), ("a2", "wren")):
            assert re.search(
                rf'"external_id":"{external_id}"[^}}]*"state":"resolved","value":"{value}"', shown
            ), shown
