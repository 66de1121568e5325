"""Which fault comes when: one seed, one plan."""

import random
from collections.abc import Collection, Iterator
from dataclasses import dataclass
from enum import StrEnum


class Deed(StrEnum):
    """What is done to a target."""

    KILL = "kill"
    PAUSE = "pause"
    REDIS_OUTAGE = "redis outage"
    FULL_DISK = "full disk"
    CLOCK_STEP = "clock step"


WEB, WEB_WORKER, QUEUE, HORSE = "web", "web_worker", "queue", "horse"
SWEEPER, REDIS, BACKEND, POSTMASTER = "sweeper", "redis", "pg_backend", "postmaster"
TARGETS = (WEB, WEB_WORKER, QUEUE, HORSE, SWEEPER, REDIS, BACKEND, POSTMASTER)

# The supervisor waits longer before each next start of what dies again and again, and a web
# server on a busy machine takes a while to load.
MOST_KILLS = {WEB: 2, WEB_WORKER: 3, POSTMASTER: 3, REDIS: 3, SWEEPER: 4}
# A pause that outlasts leases: of the settling (8 s) and of the workers (10 s).
PAST_LEASE_S = 11.0
LONGEST_PAUSE_S = {REDIS: 5.0, BACKEND: 3.0, POSTMASTER: 3.0, WEB: 4.0}
OUTAGE_S = 30.0
EVERY_S = 2.5
FIRST_AT_S = 2.0


@dataclass(frozen=True, slots=True, order=True)
class Fault:
    """One thing that goes wrong; `amount` is how long it lasts, of a clock step how far it goes."""

    at_s: float
    deed: Deed
    target: str = ""
    amount: float = 0.0

    def __str__(self) -> str:
        amount = f" {self.amount:+.1f} s" if self.amount else ""
        return f"{self.at_s:5.1f} {self.deed} {self.target}{amount}"


def plan(*, seed: int, seconds: float, can: Collection[Deed]) -> list[Fault]:
    """The faults of a run in their order; every target is killed at least once."""
    chance = random.Random(seed)
    last_at_s = max(FIRST_AT_S + 1, seconds - 4)
    specials = list(_specials(chance, seconds, can))
    outage = next((one for one in specials if one.deed == Deed.REDIS_OUTAGE), None)
    n_slots = max(len(TARGETS) + 2, int((last_at_s - FIRST_AT_S) / EVERY_S))
    step_s = (last_at_s - FIRST_AT_S) / n_slots
    times = [FIRST_AT_S + step_s * (n + chance.uniform(0, 0.8)) for n in range(n_slots)]
    placed = _certain(chance, times, outage)
    kills = dict.fromkeys(TARGETS, 1)
    weights = [chance.uniform(0.3, 1) for _ in TARGETS]
    for at_s in times:
        if at_s not in placed:
            placed[at_s] = _drawn(chance, at_s, weights, kills, outage)
    return sorted([*placed.values(), *specials])


def _specials(chance: random.Random, seconds: float, can: Collection[Deed]) -> Iterator[Fault]:
    # Every draw is made whether it is used or not, so that a seed means the same everywhere.
    outage_s = min(OUTAGE_S, seconds / 2)
    outage_at_s = chance.uniform(0.2, 0.4) * seconds
    full_at_s, full_s = chance.uniform(0.1, 0.85) * seconds, chance.uniform(2, 5)
    step_at_s, step_s = chance.uniform(0.15, 0.5) * seconds, chance.uniform(5, 20)
    back_at_s, is_ahead = chance.uniform(0.6, 0.9) * seconds, chance.random() < 0.6
    if Deed.REDIS_OUTAGE in can:
        target = chance.choice(["paused", "killed again and again"])
        yield Fault(outage_at_s, Deed.REDIS_OUTAGE, target, outage_s)
    if Deed.FULL_DISK in can:
        yield Fault(full_at_s, Deed.FULL_DISK, "postgres", full_s)
    if Deed.CLOCK_STEP in can:
        yield Fault(step_at_s, Deed.CLOCK_STEP, "forth", step_s if is_ahead else -step_s)
        yield Fault(back_at_s, Deed.CLOCK_STEP, "back", 0.0)


def _certain(chance: random.Random, times: list[float], outage: Fault | None) -> dict[float, Fault]:
    """One kill of each target; without Redis there is neither a horse nor a Redis to kill."""
    placed: dict[float, Fault] = {}
    before = [at_s for at_s in times if outage is None or at_s < outage.at_s]
    for target in (HORSE, REDIS, *chance.sample(TARGETS, len(TARGETS))):
        if any(fault.target == target for fault in placed.values()):
            continue
        needs_redis = target in (HORSE, REDIS)
        free = [at_s for at_s in (before if needs_redis else times) if at_s not in placed]
        at_s = chance.choice(free or [at_s for at_s in times if at_s not in placed])
        placed[at_s] = Fault(at_s, Deed.KILL, target)
    # One that sleeps past its lease must not write when it wakes: somebody else has by then.
    if free := [at_s for at_s in before if at_s not in placed]:
        at_s = chance.choice(free)
        placed[at_s] = Fault(at_s, Deed.PAUSE, HORSE, PAST_LEASE_S)
    return placed


def _drawn(
    chance: random.Random,
    at_s: float,
    weights: list[float],
    kills: dict[str, int],
    outage: Fault | None,
) -> Fault:
    is_without_redis = outage is not None and outage.at_s <= at_s < outage.at_s + outage.amount
    target = chance.choices(TARGETS, weights)[0]
    if is_without_redis and target in (HORSE, REDIS):
        target = BACKEND
    if chance.random() < 0.65 and kills[target] < MOST_KILLS.get(target, 99):
        kills[target] += 1
        return Fault(at_s, Deed.KILL, target)
    longest_s = LONGEST_PAUSE_S.get(target, PAST_LEASE_S)
    is_long = chance.random() < 0.4
    return Fault(at_s, Deed.PAUSE, target, longest_s if is_long else chance.uniform(0.3, 3))
