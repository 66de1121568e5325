"""The killer does what the plan says, counts it, and leaves nothing stopped behind."""

import os
import signal
import subprocess
import sys
from pathlib import Path

import pytest

from chaos.faults import clock, disk, targets
from chaos.faults.killer import Killer
from chaos.faults.plan import QUEUE, SWEEPER, Deed, Fault
from chaos.faults.skipping import Skipped
from tests.embedded.processes import eventually

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")
SUPERVISOR = """
import subprocess, sys, time
sleep = "import time; time.sleep(60)"
subprocess.Popen([sys.executable, "-c", sleep, "manage.py", "sweep"])
subprocess.Popen([sys.executable, "-c", sleep, "manage.py", "queue", "settle"])
time.sleep(60)
"""


@pytest.fixture
def supervisor():
    process = subprocess.Popen(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", SUPERVISOR], process_group=0
    )
    assert eventually(lambda: targets.found(process.pid).get(QUEUE))
    yield process.pid
    os.killpg(process.pid, signal.SIGKILL)
    process.wait()


def is_stopped(process):
    stat = Path(f"/proc/{process.pid}/stat").read_text()
    return stat.rpartition(")")[2].split()[0] == "T"


def a_killer(faults, supervisor, clock=None):
    return Killer(
        faults, supervisor=supervisor, seed=1, disk=None, clock=clock, say=lambda line: None
    )


def test_what_is_killed_is_counted(supervisor):
    killer = a_killer([Fault(0, Deed.KILL, SWEEPER)], supervisor)

    killer.run()

    assert killer.kills == {SWEEPER: 1}
    assert not targets.found(supervisor)[SWEEPER]


def test_what_is_stopped_runs_again_in_the_end(supervisor):
    (queue,) = targets.found(supervisor)[QUEUE]
    killer = a_killer([Fault(0, Deed.PAUSE, QUEUE, 60)], supervisor)

    killer.run()

    assert killer.pauses == {QUEUE: 1}
    assert eventually(lambda: not is_stopped(queue))


def test_the_clock_is_right_in_the_end(supervisor, tmp_path):
    stepped = clock.Clock(tmp_path / "clock", Path("library"))
    seen = []
    steps = [Fault(0, Deed.CLOCK_STEP, "forth", -7.5), Fault(0.1, Deed.KILL, SWEEPER)]
    killer = Killer(
        steps,
        supervisor=supervisor,
        seed=1,
        disk=None,
        clock=stepped,
        say=lambda _: seen.append(stepped.file.exists() and stepped.file.read_text()),
    )

    killer.run()

    assert seen == [False, "-7.500\n"]
    assert stepped.file.read_text() == "+0.000\n"


def test_only_root_gets_a_disk_to_fill(monkeypatch, tmp_path):
    monkeypatch.setattr(os, "geteuid", lambda: 1000)

    with pytest.raises(Skipped, match="only root"):
        disk.under(tmp_path)


def test_a_machine_without_libfaketime_keeps_its_clock(monkeypatch, tmp_path):
    monkeypatch.setattr(clock, "LIBRARIES", ("/nonexistent/*.so",))

    with pytest.raises(Skipped, match="libfaketime"):
        clock.in_file(tmp_path / "clock")
