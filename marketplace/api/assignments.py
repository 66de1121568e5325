"""An assignment as its worker reads it: nothing in it tells gold from other work."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

import orjson

from marketplace.api import money
from quality import predictions
from tasks_app.leases import Lease
from tasks_app.models import Assignment


def shown(found: Sequence[Lease], *, now: datetime) -> list[dict[str, Any]]:
    """Assignments; documents go out as the database wrote them."""
    shows = [lease.task_id for lease in found if lease.show_predictions]
    predicted = predictions.newest(task_ids=shows) if shows else {}
    return [_shown(lease, predicted.get(lease.task_id), now) | _answered(lease) for lease in found]


def _shown(lease: Lease, predicted: dict[str, Any] | None, now: datetime) -> dict[str, Any]:
    version = lease.guideline_version
    is_leased = lease.state == Assignment.State.LEASED
    left = (lease.leased_until - now).total_seconds() if is_leased else 0.0
    return {
        "id": lease.uid,
        "task": lease.task_uid,
        "project": lease.slug,
        "part": _part(lease),
        "payload": (
            orjson.Fragment(lease.payload) if lease.part_index is None else lease.part_payload()
        ),
        "form": orjson.Fragment(lease.form),
        "guidelines_url": f"/api/v1/projects/{lease.slug}/guidelines/?version={version}",
        "guideline_version": version,
        "leased_until": lease.leased_until,
        "remaining_s": max(0.0, round(left, 3)),
        "reward": money.shown(lease.reward_micros, lease.reward_currency),
        "prediction": predicted,
        "state": lease.state,
    }


def _part(lease: Lease) -> dict[str, int | None] | None:
    if lease.part_index is None:
        return None
    part: dict[str, int | None] = {"index": lease.part_index, "of": lease.part_of}
    if lease.part_start is not None:
        part |= {"start": lease.part_start, "end": lease.part_end}
    return part


def _answered(lease: Lease) -> dict[str, Any]:
    if lease.answer is None:
        return {}
    return {
        "answer": orjson.Fragment(lease.answer),
        "answered_at": lease.answered_at,
        "late": lease.late,
    }
