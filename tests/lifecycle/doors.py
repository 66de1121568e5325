"""The doors as a history knocks at them: every reply is what is documented, and keys repeat it."""

import json
import re
from dataclasses import dataclass
from functools import cache
from itertools import count
from pathlib import Path
from typing import Any

import yaml

from tests.api.caller import Caller, Reply

OPENAPI = Path(__file__).parents[2] / "docs" / "openapi.yaml"
MISMATCH = (422, "idempotency_mismatch")
_serial = count(1)


@dataclass(frozen=True)
class Person:
    """Somebody who calls."""

    pk: int
    caller: Caller


@dataclass(frozen=True)
class Kept:
    """A POST that was done under a key, and its reply."""

    person: Person
    path: str
    body: Any
    key: str
    reply: Reply

    def send_again(self) -> None:
        again = knock(self.person, "POST", self.path, self.body, key=self.key)
        assert (again.status, again.raw) == (self.reply.status, self.reply.raw)
        assert again.headers["Idempotent-Replayed"] == "true"

    def send_another(self) -> None:
        """Another body under the same key: one space more."""
        another = _text(self.body) + b" "
        refused = knock(self.person, "POST", self.path, another, key=self.key)
        assert outcome(refused) == MISMATCH


class Doors:
    """POSTs of one history, and what was kept of them."""

    def __init__(self) -> None:
        self.kept: list[Kept] = []

    def post(self, person: Person, path: str, body: Any = None, *, way: str = "plain") -> Reply:
        """One POST: plain, or under a key of its own and then perhaps repeated or changed."""
        if way == "plain":
            return knock(person, "POST", path, body)
        key = f"key-{next(_serial)}"
        reply = knock(person, "POST", path, body, key=key)
        if reply.status >= 300:
            # A refusal leaves the key free, and is the same when nothing happened since.
            assert outcome(knock(person, "POST", path, body, key=key)) == outcome(reply)
            return reply
        kept = Kept(person, path, body, key, reply)
        self.kept.append(kept)
        if way == "repeated":
            kept.send_again()
        elif way == "changed":
            kept.send_another()
        return reply


def knock(person: Person, method: str, path: str, body: Any = None, *, key: str = "") -> Reply:
    """One request, whose reply must be JSON or a problem, of a status that is documented."""
    headers = {"idempotency_key": key} if key else {}
    sent = body if isinstance(body, bytes) else _text(body)
    reply = person.caller.send(method, path, sent or None, **headers)
    kind = reply.headers["Content-Type"]
    wanted = "application/json" if reply.status < 400 else "application/problem+json"
    assert kind.startswith(wanted), (path, reply.status, reply.raw)
    assert str(reply.status) in documented(method, path.partition("?")[0]), (path, reply.raw)
    return reply


def outcome(reply: Reply) -> tuple[int, str | None]:
    """The status, and the code of a refusal."""
    return reply.status, reply["code"] if reply.status >= 400 else None


def documented(method: str, path: str) -> frozenset[str]:
    """The statuses that the OpenAPI document names for an operation."""
    (found,) = [
        statuses
        for (verb, pattern), statuses in _operations().items()
        if verb == method and pattern.fullmatch(f"/api/v1{path}")
    ]
    return found


@cache
def _operations() -> dict[tuple[str, re.Pattern[str]], frozenset[str]]:
    document = yaml.safe_load(OPENAPI.read_text())
    return {
        (verb.upper(), re.compile(re.sub(r"\{\w+\}", "[^/]+", path))): frozenset(told["responses"])
        for path, operations in document["paths"].items()
        for verb, told in operations.items()
        if "responses" in told
    }


def _text(body: Any) -> bytes:
    return b"" if body is None else json.dumps(body).encode()
