"""One request, asked again until the answer is certain."""

import json
import random
import secrets
import time
from dataclasses import dataclass
from typing import Any

import urllib3

from chaos.history import History

CONNECT_S, READ_S = 2, 8
JSON, NDJSON = "application/json", "application/x-ndjson"
PAUSE_S = (0.1, 0.5)
PATIENCE_S = 60.0
PROBLEM = "application/problem+json"
NO_KEYS = "idempotency_not_supported"
# The service may be asked again later.
NOT_NOW = {429, 503}
IN_FLIGHT = "idempotency_in_flight"


class GaveUp(Exception):
    """Nobody knows whether it was done."""


@dataclass(frozen=True, slots=True)
class Reply:
    """A status and what came with it."""

    status: int
    body: dict[str, Any]

    @property
    def code(self) -> str:
        """Why not, in a word."""
        return str(self.body.get("code", ""))


class Caller:
    """One thread's way to the service."""

    def __init__(
        self, url: str, history: History, *, chance: random.Random, read_s: float = READ_S
    ) -> None:
        self._base = f"{url.rstrip('/')}/api/v1/"
        self._history, self._chance = history, chance
        self._pool = urllib3.PoolManager(
            maxsize=4, timeout=urllib3.Timeout(connect=CONNECT_S, read=read_s), retries=False
        )
        # Until the service says that it does not know them.
        self.sends_keys = True

    def get(self, path: str, key: str, *, patience_s: float = PATIENCE_S) -> Reply:
        """Raises GaveUp."""
        return self._certain("GET", path, self._headers(key), b"", patience_s)

    def delete(self, path: str, key: str) -> Reply:
        """Raises GaveUp."""
        return self._certain("DELETE", path, self._headers(key), b"", PATIENCE_S)

    def post(
        self,
        path: str,
        key: str,
        body: object = None,
        *,
        is_repeatable: bool = False,
        patience_s: float = PATIENCE_S,
    ) -> Reply:
        """A POST that is repeatable by itself carries no Idempotency-Key. Raises GaveUp."""
        sent = b"" if body is None else json.dumps(body).encode()
        headers = self._headers(key, JSON if body is not None else "")
        return self._once(path, headers, sent, is_repeatable, patience_s)

    def upload(self, path: str, key: str, records: list[Any]) -> Reply:
        """Many records at once, all or none. Raises GaveUp."""
        sent = b"".join(json.dumps(record).encode() + b"\n" for record in records)
        return self._once(path, self._headers(key, NDJSON), sent, False, PATIENCE_S)

    def _once(
        self,
        path: str,
        headers: dict[str, str],
        sent: bytes,
        is_repeatable: bool,
        patience_s: float,
    ) -> Reply:
        if self.sends_keys and not is_repeatable:
            keyed = {**headers, "Idempotency-Key": secrets.token_hex(16)}
            reply = self._certain("POST", path, keyed, sent, patience_s)
            if reply.code != NO_KEYS:
                return reply
            self.sends_keys = False
        return self._certain("POST", path, headers, sent, patience_s)

    def _headers(self, key: str, media_type: str = "") -> dict[str, str]:
        headers = {"Authorization": f"Bearer {key}", "Accept": JSON}
        return headers | ({"Content-Type": media_type} if media_type else {})

    def _certain(
        self, method: str, path: str, headers: dict[str, str], sent: bytes, patience_s: float
    ) -> Reply:
        until = time.monotonic() + patience_s
        while time.monotonic() < until:
            reply = self._tried(method, path, headers, sent)
            if reply is not None:
                return reply
            time.sleep(self._chance.uniform(*PAUSE_S))
        raise GaveUp(f"{method} {path}")

    def _tried(self, method: str, path: str, headers: dict[str, str], sent: bytes) -> Reply | None:
        began = time.monotonic()
        try:
            got = self._pool.request(
                method, self._base + path, body=sent, headers=headers, redirect=False
            )
        except urllib3.exceptions.HTTPError as error:
            self._retry(f"{type(error).__name__} after {time.monotonic() - began:.0f} s", path)
            return None
        return self._understood(method, path, got)

    def _understood(self, method: str, path: str, got: urllib3.BaseHTTPResponse) -> Reply | None:
        """None for what says nothing certain, or says to come again."""
        is_known = got.status < 500 or (got.status == 503 and "Retry-After" in got.headers)
        is_problem = got.headers.get("Content-Type", "").startswith(PROBLEM)
        if not is_known or (got.status >= 400 and not is_problem):
            said = got.data[:200].decode(errors="replace")
            self._history.note("strange", call=f"{method} {path}", status=got.status, said=said)
            return None
        reply = Reply(got.status, json.loads(got.data) if got.data else {})
        if reply.status in NOT_NOW or reply.code == IN_FLIGHT:
            self._retry(reply.code, path)
            return None
        return reply

    def _retry(self, why: str, path: str) -> None:
        self._history.note("retry", why=why, call=path)
