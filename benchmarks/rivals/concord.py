"""The service as a client of it sees it: a project, its workers, an upload."""

import json
import time
from typing import Any

from benchmarks.claims.load import Target
from benchmarks.claims.state import FORM
from benchmarks.processes import Service


def invited(service: Service, n_people: int) -> tuple[str, ...]:
    """The keys of so many workers."""
    keys = []
    for number in range(n_people):
        worker = service.call("POST", "/workers/", {"username": f"p{number}"})
        keys.append(service.call("POST", f"/workers/{worker['id']}/keys/", {})["key"])
    return tuple(keys)


def project(service: Service, slug: str, overlap: int) -> str:
    """A new open project whose tasks ask so many workers; its slug."""
    wanted: dict[str, Any] = {
        "slug": slug,
        "name": "Birds",
        "guidelines": "Look well.",
        "form": [FORM],
        "redundancy": {"min": overlap, "max": overlap},
    }
    service.call("POST", "/projects/", wanted)
    service.call("POST", f"/projects/{slug}/open/")
    return slug


def add(service: Service, slug: str, texts: list[str]) -> float:
    """Seconds of an upload."""
    body = [
        {"external_id": f"i{number}", "payload": {"text": text}}
        for number, text in enumerate(texts)
    ]
    began = time.monotonic()
    told = service.call("POST", f"/projects/{slug}/items/", body, role="CLIENT")
    seconds = time.monotonic() - began
    if told["accepted"] != len(texts):
        raise RuntimeError(f"Concord took {json.dumps(told)[:300]}")
    return seconds


def target(service: Service, slug: str) -> Target:
    """Whom clients call."""
    return Target("concord", service.url, slug)
