"""Concord over HTTP, as any client would call it."""

import json
from collections.abc import Iterable
from typing import Any
from urllib.parse import urlencode

import urllib3

JSON, NDJSON, CSV = "application/json", "application/x-ndjson", "text/csv"
# A long poll answers within 30 s, and an upload may take longer than a request.
TIMEOUT = urllib3.Timeout(connect=5, read=120)

Reply = dict[str, Any]


class Refused(Exception):
    """The service said no; `code` says why."""

    def __init__(self, call: str, status: int, body: bytes) -> None:
        try:
            problem = json.loads(body)
        except ValueError:
            problem = {}
        self.status, self.code = status, str(problem.get("code", ""))
        told = problem.get("errors") or problem.get("detail") or repr(body[:200])
        super().__init__(f"{call}: {status} {self.code}: {told}")


class Client:
    """One key's view of a service; views of other keys share its connections."""

    def __init__(
        self, url: str, key: str, *, pool: urllib3.PoolManager | None = None, n_connections: int = 4
    ) -> None:
        self.url, self.key = url.rstrip("/"), key
        self._pool = pool or urllib3.PoolManager(
            maxsize=n_connections, timeout=TIMEOUT, retries=urllib3.Retry(connect=2, read=0)
        )

    def of(self, key: str) -> "Client":
        """The same service with another key."""
        return Client(self.url, key, pool=self._pool)

    def read(self, path: str, **params: object) -> Reply:
        """GET one object. Raises Refused."""
        found: Reply = json.loads(self._call("GET", path, params=params))
        return found

    def rows(self, path: str, **params: object) -> list[Reply]:
        """GET a list whole. Raises Refused."""
        body = self._call("GET", path, params=params, accept=NDJSON)
        return [json.loads(line) for line in body.splitlines() if line]

    def post(self, path: str, body: object = None) -> Reply:
        """POST, and what it replied. Raises Refused."""
        sent = b"" if body is None else json.dumps(body).encode()
        made: Reply = json.loads(self._call("POST", path, body=sent))
        return made

    def upload(self, path: str, body: bytes, *, media_type: str) -> Reply:
        """POST many records; all or none are taken. Raises Refused."""
        made: Reply = json.loads(self._call("POST", path, body=body, media_type=media_type))
        return made

    def delete(self, path: str) -> None:
        """DELETE. Raises Refused."""
        self._call("DELETE", path)

    def _call(
        self,
        method: str,
        path: str,
        *,
        params: dict[str, object] | None = None,
        body: bytes | None = None,
        media_type: str = JSON,
        accept: str = JSON,
    ) -> bytes:
        query = f"?{urlencode(params)}" if params else ""
        headers = {"Authorization": f"Bearer {self.key}", "Accept": accept}
        if body:
            headers["Content-Type"] = media_type
        url = f"{self.url}/api/v1/{path}{query}"
        reply = self._pool.request(method, url, body=body, headers=headers, redirect=False)
        if not 200 <= reply.status < 300:
            raise Refused(f"{method} {path}", reply.status, reply.data)
        return reply.data


def ndjson(records: Iterable[object]) -> bytes:
    """Records as an upload, one on each line."""
    return b"".join(json.dumps(record).encode() + b"\n" for record in records)
