import contextlib
import os
import signal
import subprocess
import sys
import time
from pathlib import Path

import pytest

from marketplace.embedded import places
from marketplace.embedded.accounts import Refused
from marketplace.embedded.supervisor import LOG_MAX_BYTES, StopAsked, Supervisor
from tests import full
from tests.embedded.processes import ROOT, a_program, alive, descendants, eventually

STAY = "import time; time.sleep(60)"
# A server whose worker outlives it and ignores requests to stop.
WITH_WORKER = """
import os, signal, time
signal.signal(signal.SIGTERM, signal.SIG_IGN)
if os.fork() == 0: time.sleep(60)
print("up"); time.sleep({seconds})
"""
SUPERVISE = """
import sys
from pathlib import Path
from marketplace.embedded import places
from marketplace.embedded.supervisor import Supervisor
from tests.embedded.processes import a_program
where = places.prepare(Path(sys.argv[1]))
with Supervisor(log_dir=where.log, hold=places.Hold(where), say=print) as supervisor:
    supervisor.start(a_program(sys.argv[2], name="server"))
    print("started", flush=True)
    supervisor.watch()
"""


def watch(supervisor, *, seconds):
    """Let it do its work for a while."""
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGTERM))
    signal.setitimer(signal.ITIMER_REAL, seconds)
    with contextlib.suppress(StopAsked):
        supervisor.watch()


def test_a_program_that_ends_is_started_again_and_its_workers_do_not_stay(supervisor, where, said):
    supervisor.start(a_program(WITH_WORKER.format(seconds=0.1), name="server"))

    watch(supervisor, seconds=1.2)

    assert (where.log / "server.log").read_text().count("up") >= 2
    assert said[0] == "server ended (0); again in 0.2 s."
    assert eventually(lambda: len(descendants(os.getpid())) <= 3)


def test_programs_are_stopped_from_the_last_stage_to_the_first(supervisor, where):
    tell = (
        "import signal, sys, time\n"
        "def leave(*_): time.sleep(.2); print(time.time()); sys.exit(0)\n"
        "signal.signal(signal.SIGTERM, leave); print('up'); time.sleep(60)"
    )
    for stage, name in enumerate(("database", "sweeper", "web")):
        supervisor.start(a_program(tell, name=name, stage=stage))
    logs = {name: where.log / f"{name}.log" for name in ("web", "sweeper", "database")}
    assert eventually(lambda: all("up" in log.read_text() for log in logs.values()))

    supervisor.__exit__(None, None, None)

    times = [float(log.read_text().split()[-1]) for log in logs.values()]
    assert times == sorted(times)
    supervisor.__enter__()  # the fixture leaves it once more


def test_a_program_that_fails_is_reported_with_its_last_words(supervisor):
    with pytest.raises(Refused, match=r"migrate failed \(3\): no such table"):
        supervisor.run(
            a_program("import sys; print('no such table'); sys.exit(3)", name="migrate"),
            timeout_s=10,
        )


def test_a_server_that_dies_while_starting_is_not_waited_for(supervisor):
    server = a_program("raise SystemExit('port taken')", name="web")
    supervisor.start(server)
    started = time.monotonic()

    with pytest.raises(Refused, match="web did not start: port taken"):
        supervisor.await_ready(server, lambda: False, timeout_s=60)
    assert time.monotonic() - started < 10


def test_a_signal_while_starting_stops_what_was_started(supervisor):
    slow = a_program(STAY, name="migrate")
    signal.signal(signal.SIGALRM, lambda *_: os.kill(os.getpid(), signal.SIGINT))
    signal.setitimer(signal.ITIMER_REAL, 0.3)

    with pytest.raises(StopAsked):
        supervisor.run(slow, timeout_s=60)


def test_a_killed_guardian_is_replaced(supervisor, where):
    supervisor.start(a_program(STAY))
    guardian = supervisor._guardian.pid
    os.kill(guardian, signal.SIGKILL)

    watch(supervisor, seconds=0.5)

    assert supervisor._guardian.pid != guardian
    assert supervisor._guardian.poll() is None


@pytest.mark.parametrize("with_guardian", [False, True])
def test_a_killed_supervisor_takes_everything_with_it(data, with_guardian):
    victim = subprocess.Popen(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", SUPERVISE, str(data), WITH_WORKER.format(seconds=60)],
        cwd=ROOT,
        stdout=subprocess.PIPE,
        text=True,
    )
    with victim:
        victim.stdout.readline()
        assert eventually(lambda: len(descendants(victim.pid)) == 3)
        family = descendants(victim.pid)
        if not with_guardian:  # the kernel alone still ends the programs themselves
            family -= {_guardian_of(victim.pid)} | _grandchildren(victim.pid)
            os.kill(_guardian_of(victim.pid), signal.SIGSTOP)
        stopped = _guardian_of(victim.pid)
        victim.kill()

        assert eventually(lambda: not alive(family))
        if not with_guardian:
            os.kill(stopped, signal.SIGCONT)
            assert eventually(lambda: not alive({stopped}))


def _guardian_of(pid):
    return next(
        child
        for child in descendants(pid)
        if "guardian.py" in Path(f"/proc/{child}/cmdline").read_text()
    )


def _grandchildren(pid):
    return {each for child in descendants(pid) for each in descendants(child)}


def test_a_supervisor_restores_the_signal_handlers_it_found(where):
    before = signal.getsignal(signal.SIGTERM)
    hold = places.Hold(where)

    with Supervisor(log_dir=where.log, hold=hold, say=print):
        pass

    assert signal.getsignal(signal.SIGTERM) is before
    hold.release()


def test_a_worker_that_missed_the_signal_while_loading_hears_it_once_more(supervisor, where):
    # Like the web server: the parent passes the signal on once and waits for its worker.
    deaf_at_first = (
        "import os, signal, time\n"
        "if os.fork() == 0:\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_IGN); time.sleep(1)\n"
        "    signal.signal(signal.SIGTERM, signal.SIG_DFL); print('up'); time.sleep(60)\n"
        "signal.signal(signal.SIGTERM, lambda *_: None); print('up'); os.wait()"
    )
    supervisor.start(a_program(deaf_at_first, name="web", is_insisted=True, grace_s=30))
    assert eventually(lambda: "up" in (where.log / "web.log").read_text())
    started = time.monotonic()

    supervisor.__exit__(None, None, None)

    assert time.monotonic() - started < 10
    supervisor.__enter__()  # the fixture leaves it once more


def test_a_log_that_a_full_disk_cannot_keep_makes_room_and_ends_nobody(data):
    with full.a_disk(data) as disk:
        where = places.prepare(data)
        hold = places.Hold(where)
        long = where.log / "web.log"
        with Supervisor(log_dir=where.log, hold=hold, say=print) as supervisor:
            long.write_bytes(bytes(LOG_MAX_BYTES + 1))
            full.fill_up(disk)

            supervisor._trim_logs()

        assert long.stat().st_size == 0
        assert list(where.log.glob("*.1")) == []
        hold.release()
