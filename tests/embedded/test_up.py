import signal
import stat

import pytest

from tests.embedded.processes import Up, alive, descendants, eventually, free_port

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
READY = "Ctrl-C stops it."


@pytest.fixture
def up(data):
    running = []

    def start(**environment):
        running.append(Up(data, port=free_port(), **environment))
        return running[-1]

    yield start
    for each in running:
        if each.process.poll() is None:
            each.end(signal.SIGTERM)


def test_it_runs_alone_on_its_data_and_stops_in_order_when_interrupted(up, data):
    first = up()
    first.read_until(READY)
    everything = descendants(first.process.pid)
    second = up()
    second.process.wait(timeout=30)

    assert second.process.returncode == 1
    assert second.process.stdout.read().startswith(f"Concord already runs on {data}")
    assert first.end(signal.SIGINT) == 0
    assert not alive(everything)
    assert "database system is shut down" in (data / "log/postgres.log").read_text()
    # Whoever needs the database was stopped before it.
    assert "OperationalError" not in (data / "log/sweep.log").read_text()


def test_the_first_keys_are_shown_once_and_kept_for_their_owner_only(up, data):
    first = up()
    first.read_until(READY)
    first.end(signal.SIGTERM)
    second = up(REDIS_URL="")
    second.read_until(READY)
    keys = data / "first-keys.env"

    assert "CONCORD_MANAGER_KEY=" in first.says
    assert "CONCORD_MANAGER_KEY=" not in second.says
    assert "no Redis" in second.says
    assert stat.S_IMODE(keys.stat().st_mode) == 0o600
    assert f"CONCORD_URL=http://127.0.0.1:{second.process.args[-1]}" in keys.read_text()


def test_killing_the_supervisor_leaves_nothing_behind_and_it_starts_again(up, data):
    killed = up()
    killed.read_until(READY)
    everything = descendants(killed.process.pid)
    killed.process.kill()
    again = up()
    again.read_until(READY)

    assert eventually(lambda: not alive(everything))
    assert again.end(signal.SIGTERM) == 0
    assert "not properly shut down" not in (data / "log/postgres.log").read_text()
