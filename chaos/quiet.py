"""Wait until the service has nothing left to do."""

import time
from datetime import UTC, datetime, timedelta

import psycopg

from chaos.audit import counted, leftovers
from chaos.audit.finding import Scene
from chaos.clients.caller import Caller
from chaos.clients.stage import Stage
from chaos.history import Story
from chaos.service import Service

WITHIN_S = 120.0
LOOKS_EVERY_S = 0.5
# A delivery that failed twice is due in minutes: a client may ask for it sooner.
ASKS_EVERY_S = 6.0
PATIENCE = timedelta(seconds=8)


def awaited(service: Service, at: Stage, caller: Caller) -> dict[str, int]:
    """What is left when nothing is, or when the time is over."""
    until = time.monotonic() + WITHIN_S
    asks_at = time.monotonic() + ASKS_EVERY_S
    waiting = {"not ready": 1}
    while waiting and time.monotonic() < until:
        time.sleep(LOOKS_EVERY_S)
        waiting = _waiting(service, at)
        if at.webhook and waiting.get("undelivered") and time.monotonic() > asks_at:
            asks_at = time.monotonic() + ASKS_EVERY_S
            _ask_for_deliveries(at, caller)
    return waiting


def _waiting(service: Service, at: Stage) -> dict[str, int]:
    try:
        with psycopg.connect(service.database_url, connect_timeout=5) as connection:
            found = connection.execute(
                "SELECT id FROM tasks_app_project WHERE slug = %s", [at.slug]
            )
            (project_id,) = found.fetchone() or (0,)
            scene = Scene(connection.cursor(), project_id, Story(), datetime.now(UTC))
            n_leased = scene.figure(counted.N_LEASED)
            waiting = leftovers.left(scene) | ({"leases": n_leased} if n_leased else {})
    except (psycopg.OperationalError, psycopg.InterfaceError):
        return {"database away": 1}
    return waiting if service.is_ready() else waiting | {"not ready": 1}


def _ask_for_deliveries(at: Stage, caller: Caller) -> None:
    soon = datetime.now(UTC) + PATIENCE
    path: str | None = f"webhooks/{at.webhook}/deliveries/?limit=200"
    while path is not None:
        page = caller.get(path, at.key).body
        for delivery in page["results"]:
            is_late = delivery["due_at"] and datetime.fromisoformat(delivery["due_at"]) > soon
            if delivery["state"] == "failed" or (delivery["state"] == "pending" and is_late):
                caller.post(f"deliveries/{delivery['id']}/redeliver/", at.key, is_repeatable=True)
        cursor = page["next"]
        path = f"webhooks/{at.webhook}/deliveries/?limit=200&cursor={cursor}" if cursor else None
