"""Do what the plan says, and undo it in the end."""

import random
import signal
import time
from collections import Counter
from collections.abc import Callable, Sequence

from chaos.faults import targets
from chaos.faults.clock import Clock
from chaos.faults.disk import Disk
from chaos.faults.plan import HORSE, REDIS, TARGETS, Deed, Fault
from chaos.faults.skipping import Skipped
from chaos.faults.targets import Process

# A horse lives for a moment, and what was killed is away for a while.
LOOKS_FOR_S = {HORSE: 4.0}
LOOKS_S = 1.0
LOOKS_EVERY_S = 0.01
# So long after the plan's end what could not be found in its turn is looked for again.
MOST_LATE_S = 20.0

Say = Callable[[str], None]


class Killer:
    """Works through a plan against the processes under one supervisor."""

    def __init__(
        self,
        faults: Sequence[Fault],
        *,
        supervisor: int,
        seed: int,
        disk: Disk | None,
        clock: Clock | None,
        say: Say,
    ) -> None:
        self.kills: Counter[str] = Counter()
        self.pauses: Counter[str] = Counter()
        self._faults = list(faults)
        self._supervisor = supervisor
        self._chance = random.Random(f"killer {seed}")
        self._disk, self._clock, self._say = disk, clock, say
        self._paused: list[tuple[float, Process]] = []
        self._missed: list[Fault] = []
        self._outage_until = self._full_until = 0.0
        self._outage_kills = False

    def await_targets(self, within_s: float) -> None:
        """Until each kind of target was there once: after a start some are still loading."""
        until = time.monotonic() + within_s
        unseen = set(TARGETS)
        while unseen and time.monotonic() < until:
            found = targets.found(self._supervisor)
            unseen -= {kind for kind, those in found.items() if those}
            time.sleep(LOOKS_EVERY_S)

    def run(self) -> None:
        """Until the plan is through and everything it paused runs again."""
        began = time.monotonic()
        try:
            for fault in self._faults:
                self._rest_until(began + fault.at_s)
                self._do(fault)
                self._again()
            late_until = time.monotonic() + MOST_LATE_S
            while self._missed and time.monotonic() < late_until:
                self._again()
                self._rest_until(time.monotonic() + LOOKS_S)
            self._rest_until(max(self._outage_until, self._full_until))
        finally:
            self._undo()

    def _do(self, fault: Fault) -> None:
        self._say(str(fault))
        if fault.deed == Deed.KILL:
            if not self._kill(fault.target):
                self._missed.append(fault)
        elif fault.deed == Deed.PAUSE:
            self._pause(fault.target, fault.amount)
        elif fault.deed == Deed.REDIS_OUTAGE:
            self._outage_kills = fault.target != "paused"
            self._outage_until = time.monotonic() + fault.amount
            if not self._outage_kills:
                self._pause(REDIS, fault.amount)
        elif fault.deed == Deed.FULL_DISK and self._disk:
            self._fill(self._disk, fault.amount)
        elif fault.deed == Deed.CLOCK_STEP and self._clock:
            self._clock.step(fault.amount)

    def _fill(self, disk: Disk, seconds: float) -> None:
        try:
            disk.fill()
        except Skipped as skipped:  # it grew in the very moment
            self._say(str(skipped))
            return
        self._full_until = time.monotonic() + seconds

    def _again(self) -> None:
        missed, self._missed = self._missed, []
        for fault in missed:
            if not self._kill(fault.target):
                self._missed.append(fault)

    def _kill(self, target: str) -> bool:
        victim = self._chosen(target)
        if victim is None or not victim.signal(signal.SIGKILL):
            return False
        self.kills[target] += 1
        return True

    def _pause(self, target: str, seconds: float) -> None:
        victim = self._chosen(target)
        if victim is not None and victim.signal(signal.SIGSTOP):
            self.pauses[target] += 1
            self._paused.append((time.monotonic() + seconds, victim))

    def _chosen(self, target: str) -> Process | None:
        """One of the kind, drawn; None if there is none for a while."""
        until = time.monotonic() + LOOKS_FOR_S.get(target, LOOKS_S)
        while True:
            there = targets.found(self._supervisor).get(target, [])
            if there:
                return self._chance.choice(there)
            if time.monotonic() > until:
                return None
            time.sleep(LOOKS_EVERY_S)
            self._look_after()

    def _rest_until(self, at: float) -> None:
        while (left := at - time.monotonic()) > 0:
            time.sleep(min(left, 0.1))
            self._look_after()

    def _look_after(self) -> None:
        """Let go on what was paused long enough; keep down what is to be away."""
        now = time.monotonic()
        for paused in [one for one in self._paused if one[0] <= now]:
            self._paused.remove(paused)
            paused[1].signal(signal.SIGCONT)
        if self._full_until and self._full_until <= now and self._disk:
            self._full_until = 0.0
            self._disk.free()
        if self._outage_kills and now < self._outage_until:
            for process in targets.found(self._supervisor).get(REDIS, []):
                self.kills[REDIS] += process.signal(signal.SIGKILL)

    def _undo(self) -> None:
        for _, process in self._paused:
            process.signal(signal.SIGCONT)
        if self._full_until and self._disk:
            self._disk.free()
        if self._clock:
            self._clock.step(0)
