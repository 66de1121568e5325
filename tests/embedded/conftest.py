import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from marketplace.embedded import places
from marketplace.embedded.supervisor import Supervisor
from tests.embedded.crowd import Crowd
from tests.embedded.processes import Up, free_port, without_servers


@pytest.fixture
def data():
    # pytest's own directory is closed to the account that PostgreSQL is lent when root tests.
    path = Path(tempfile.mkdtemp(prefix="concord-"))
    yield path
    shutil.rmtree(path, ignore_errors=True)


@pytest.fixture
def where(data):
    return places.prepare(data)


@pytest.fixture
def up(data):
    """The whole service, ready, on a data directory of its own."""
    running = Up(data, port=free_port())
    running.read_until("Ctrl-C stops it.")
    yield running
    running.end(signal.SIGTERM)


@pytest.fixture
def crowd(up, data):
    """Clients at work on it."""
    crowd = Crowd(up, data)
    with crowd.at_work():
        yield crowd


@pytest.fixture
def said():
    return []


@pytest.fixture
def supervisor(where, said, monkeypatch):
    for name in without_servers():
        monkeypatch.delenv(name)
    hold = places.Hold(where)
    with Supervisor(log_dir=where.log, hold=hold, say=said.append) as supervisor:
        yield supervisor
    hold.release()
