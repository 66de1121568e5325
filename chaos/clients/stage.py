"""The project of a run: its workers, their keys, and who is told of it."""

import random
from dataclasses import dataclass
from typing import Any

from chaos.clients.caller import Caller, Reply
from chaos.clients.receiver import Receiver
from chaos.faults.skipping import Skipped

LABELS = ("wren", "owl", "other")
FIELD = "kind"
LEASE_S = 10
MOST_ANSWERS = 5
RETRAIN_AFTER = 300


class NotSetUp(Exception):
    """The service refused what a run begins with."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A worker and the key they work with."""

    name: str
    key: str


@dataclass(frozen=True)
class Stage:
    """What the clients work on."""

    url: str
    key: str
    slug: str
    seed: int
    seats: list[Seat]
    webhook: str | None


def truth(text: str) -> str:
    """What is right to say of an item."""
    return LABELS[sum(text.encode()) % len(LABELS)]


def answer(text: str, chance: random.Random) -> str:
    """What a worker says, who is right most of the time."""
    return truth(text) if chance.random() < 0.85 else chance.choice(LABELS)


def built(caller: Caller, *, url: str, key: str, slug: str, seed: int, n_workers: int) -> Stage:
    """Draw the project up, open it, and invite its workers. Raises NotSetUp."""
    _made(caller.post("projects/", key, _project(slug)))
    _made(caller.post(f"projects/{slug}/open/", key, is_repeatable=True))
    seats = []
    for number in range(n_workers):
        name = f"{slug}-{number:02}"
        worker = _made(caller.post("workers/", key, {"username": name}))
        made = _made(caller.post(f"workers/{worker['id']}/keys/", key, {}))
        seats.append(Seat(name, made["key"]))
    return Stage(url, key, slug, seed, seats, None)


def listen(caller: Caller, stage: Stage, receiver: Receiver) -> Stage:
    """Have the receiver told. Raises Skipped where the service refuses this machine's address."""
    wanted = {"url": receiver.url, "events": ["consensus.changed"], "projects": [stage.slug]}
    reply = caller.post("webhooks/", stage.key, wanted)
    if reply.status == 422:
        raise Skipped("webhooks: the service does not tell this machine (see WEBHOOK_ALLOW)")
    made = _made(reply)
    receiver.open(made["secret"])
    return Stage(stage.url, stage.key, stage.slug, stage.seed, stage.seats, made["id"])


def leave(caller: Caller, at: Stage) -> None:
    """Close the project and take the webhook away: the service is somebody's."""
    caller.post(f"projects/{at.slug}/close/", at.key, is_repeatable=True)
    if at.webhook:
        caller.delete(f"webhooks/{at.webhook}/", at.key)


def _project(slug: str) -> dict[str, Any]:
    form = {
        "key": FIELD,
        "type": "choice",
        "prompt": "Which bird is it?",
        "labels": list(LABELS),
        "required": True,
    }
    return {
        "slug": slug,
        "name": "The crash test",
        "guidelines": "Say which bird it is.",
        "form": [form],
        "redundancy": {"min": 3, "max": MOST_ANSWERS, "target_confidence": 0.9},
        "lease_s": LEASE_S,
        "retraining": {"after": RETRAIN_AFTER, "sink": "builtin", "field": FIELD, "text": "/text"},
    }


def _made(reply: Reply) -> dict[str, Any]:
    if reply.status >= 300:
        raise NotSetUp(f"{reply.status} {reply.code}: {reply.body.get('detail')}")
    return reply.body
