"""One run: set the stage, let clients work and things go wrong, wait for quiet, audit."""

import json
import os
import random
import secrets
import subprocess
import sys
import threading
import time
from collections import Counter
from collections.abc import Callable
from typing import Any

from chaos import quiet
from chaos.clients import crowd, stage
from chaos.clients.caller import Caller
from chaos.clients.crowd import Crowd
from chaos.clients.feeder import Feeder
from chaos.clients.follower import Follower
from chaos.clients.receiver import Receiver
from chaos.clients.stage import Stage
from chaos.faults.killer import Killer
from chaos.faults.plan import Deed, plan
from chaos.faults.skipping import Skipped
from chaos.history import History
from chaos.service import ROOT, Service

# Nothing goes wrong yet, but a busy machine is slow.
SETS_UP_S = 60.0
LOADED_WITHIN_S = 30.0

Say = Callable[[str], None]


def run(
    tested: Service, history: History, *, seed: int, seconds: float, say: Say
) -> dict[str, Any]:
    """What was killed, acknowledged and found. Raises NotSetUp."""
    say(f"Seed {seed}, {seconds:g} s, {tested.url}")
    caller = Caller(tested.url, history, chance=random.Random(f"stage {seed}"), read_s=SETS_UP_S)
    with Receiver(history, seed=seed) as receiver:
        at = _stage(tested, caller, receiver, seed)
        for reason in tested.skipped:
            say(f"skipped {reason}")
        with Follower(at, history):
            killer = _work(tested, history, at, seconds, say)
            receiver.calm()
            say(f"noted: {_in_words(history.counts)}")
            began = time.monotonic()
            waiting = quiet.awaited(tested, at, caller)
            state = f"not quiet: {_in_words(waiting)}" if waiting else "quiet"
            say(f"{state} after {time.monotonic() - began:.1f} s")
        found = _audit(tested, history, at, say)
        if tested.supervisor is None:
            stage.leave(caller, at)
    kills, pauses = (killer.kills, killer.pauses) if killer else (Counter(), Counter())
    return {
        "seed": seed,
        "seconds": seconds,
        "kills": kills.total(),
        "kills_by_target": dict(sorted(kills.items())),
        "pauses_by_target": dict(sorted(pauses.items())),
        **found,
        "skipped": tested.skipped,
    }


def _stage(tested: Service, caller: Caller, receiver: Receiver, seed: int) -> Stage:
    at = stage.built(
        caller,
        url=tested.url,
        key=tested.key,
        slug=f"chaos-{secrets.token_hex(4)}",
        seed=seed,
        n_workers=crowd.N_LANES * crowd.SEATS_PER_LANE,
    )
    try:
        return stage.listen(caller, at, receiver)
    except Skipped as skipped:
        tested.skipped.append(str(skipped))
        return at


def _work(tested: Service, history: History, at: Stage, seconds: float, say: Say) -> Killer | None:
    """Let the clients work, and things go wrong meanwhile."""
    hungry = threading.Event()
    feeder = Feeder(at, history, hungry)
    workers = Crowd(at, history, hungry)
    try:
        if tested.supervisor is None:
            time.sleep(seconds)
            return None
        can = {Deed.REDIS_OUTAGE}
        can |= {Deed.FULL_DISK} if tested.disk else set()
        can |= {Deed.CLOCK_STEP} if tested.clock else set()
        killer = Killer(
            plan(seed=at.seed, seconds=seconds, can=can),
            supervisor=tested.supervisor,
            seed=at.seed,
            disk=tested.disk,
            clock=tested.clock,
            say=say,
        )
        killer.await_targets(LOADED_WITHIN_S)
        killer.run()
        return killer
    finally:
        workers.stop()
        feeder.stop()


def _audit(tested: Service, history: History, at: Stage, say: Say) -> dict[str, Any]:
    """The checks, in a process of their own: it reads the settings of this database."""
    done = subprocess.run(  # noqa: S603 -- argv is our own
        [sys.executable, "-m", "chaos.audit", str(history.path), at.slug],
        cwd=ROOT,
        env={**os.environ, "DATABASE_URL": tested.database_url, "LOG_LEVEL": "WARNING"},
        stdin=subprocess.DEVNULL,
        stdout=subprocess.PIPE,
        text=True,
        check=False,
    )
    *lines, last = done.stdout.strip().splitlines() or [""]
    for line in lines:
        say(line)
    if not last.startswith("{"):
        return {"acked": 0, "checks": 0, "failed": ["the audit itself"]}
    found: dict[str, Any] = json.loads(last)
    return found


def _in_words(counts: dict[str, int]) -> str:
    return ", ".join(f"{n} {name}" for name, n in sorted(counts.items()))
