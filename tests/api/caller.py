"""A caller of the API, as clients are: JSON in, JSON out, a key in the header."""

import json
from dataclasses import dataclass
from typing import Any

from django.test import Client


@dataclass
class Reply:
    """What came back."""

    status: int
    body: Any
    headers: Any
    raw: bytes

    def __getitem__(self, name):
        return self.body[name]


@dataclass
class Caller:
    """Somebody with a key, or nobody."""

    key: str | None = None

    def send(self, method: str, path: str, data: Any = None, **headers: str) -> Reply:
        content_type = headers.pop("content_type", "application/json")
        body = data if isinstance(data, bytes) else b"" if data is None else json.dumps(data)
        if self.key:
            headers["Authorization"] = f"Bearer {self.key}"
        url = (
            path
            if path.startswith(("/api", "/healthz", "/readyz", "/metrics"))
            else f"/api/v1{path}"
        )
        response = Client(raise_request_exception=False, headers=headers).generic(
            method, url, body, content_type=content_type
        )
        raw = b"".join(response.streaming_content) if response.streaming else response.content
        kind = response.headers.get("Content-Type", "")
        parsed = None
        if kind.endswith("json") and "ndjson" not in kind:
            parsed = json.loads(raw)
        elif "ndjson" in kind:
            parsed = [json.loads(line) for line in raw.splitlines()]
        return Reply(response.status_code, parsed, response.headers, raw)

    def get(self, path: str, **headers: str) -> Reply:
        return self.send("GET", path, **headers)

    def post(self, path: str, data: Any = None, **headers: str) -> Reply:
        return self.send("POST", path, data, **headers)

    def patch(self, path: str, data: Any = None, **headers: str) -> Reply:
        return self.send("PATCH", path, data, **headers)

    def delete(self, path: str, **headers: str) -> Reply:
        return self.send("DELETE", path, **headers)
