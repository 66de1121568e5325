"""The processes of a service are found by who started them, and only those."""

import os
import signal
import subprocess
import sys

import pytest

from chaos.faults import targets
from chaos.faults.plan import HORSE, QUEUE, SWEEPER
from tests.embedded.processes import eventually

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
# A supervisor with a sweeper, and a queue that has a horse; each says what it is by its words.
SUPERVISOR = """
import subprocess, sys, time
sleep = "import time; time.sleep(60)"
horse = f"import subprocess, sys; subprocess.run([sys.executable, '-c', '{sleep}'])"
subprocess.Popen([sys.executable, "-c", sleep, "manage.py", "sweep"])
subprocess.Popen([sys.executable, "-c", horse, "manage.py", "queue", "settle"])
time.sleep(60)
"""


@pytest.fixture
def supervisor():
    process = subprocess.Popen(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", SUPERVISOR, "manage.py", "queue"], process_group=0
    )
    assert eventually(lambda: targets.found(process.pid).get(HORSE))
    yield process.pid
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def test_each_kind_is_found_under_its_supervisor(supervisor):
    found = targets.found(supervisor)

    assert {kind: len(those) for kind, those in found.items() if those} == {
        SWEEPER: 1,
        QUEUE: 1,
        HORSE: 1,
    }
    assert not any(targets.found(found[HORSE][0].pid).values())


def test_a_process_that_ended_is_not_signalled_again(supervisor):
    (sweeper,) = targets.found(supervisor)[SWEEPER]

    assert sweeper.signal(signal.SIGKILL)
    assert eventually(lambda: not sweeper.signal(signal.SIGKILL))
    assert not targets.found(supervisor)[SWEEPER]


def test_a_number_given_to_another_process_is_left_alone(supervisor):
    (sweeper,) = targets.found(supervisor)[SWEEPER]
    another = targets.Process(sweeper.pid, sweeper.parent, sweeper.started + 1, sweeper.words)

    assert not another.signal(signal.SIGKILL)
    assert targets.found(supervisor)[SWEEPER] == [sweeper]
