"""Take answers in from leases."""

from dataclasses import dataclass
from datetime import datetime
from typing import Any
from uuid import UUID

import orjson
from django.db import connection

from tasks_app import claims, forms, known, leases
from tasks_app.errors import Invalid
from tasks_app.leases import Lease

_LEASE = ", ".join(f"(told.lease).{name}" for name in leases.NAMES)
_SUBMIT = f"""
SELECT told.outcome, {_LEASE}
  FROM concord_submit(
       %(uid)s, %(worker_id)s, %(project_id)s, %(values)s::jsonb, %(elapsed_s)s, %(now)s) AS told
"""  # noqa: S608 -- our own names


@dataclass(frozen=True, slots=True)
class Answered:
    """A lease with its answer; new, unless an equal one was there already."""

    lease: Lease
    is_new: bool


def submit(
    *,
    uid: UUID,
    worker_id: int,
    values: Any,
    elapsed_s: float | None,
    now: datetime,
    tenant_id: int | None = None,
) -> Answered | None:
    """Record the answer to the worker's lease of this uid; None if they have no such lease.

    With a tenant, only on its projects. A live lease is always honoured. A dead one is a claim
    and an answer in one, taken while a slot is open. Raises Invalid, claims.LeaseLost or
    claims.AlreadyAnswered; nothing is recorded then. See sql/submit.sql.
    """
    answered = _submitted_unasked(uid, worker_id, tenant_id, values, elapsed_s, now)
    if answered is not None:
        return answered
    lease = leases.find(uid=uid, worker_id=worker_id, tenant_id=tenant_id)
    if lease is None:
        return None
    known.meet(lease)
    kept = _checked(lease, values)
    return _submitted(uid, worker_id, lease.project_id, kept, elapsed_s, now)


def _submitted_unasked(
    uid: UUID,
    worker_id: int,
    tenant_id: int | None,
    values: Any,
    elapsed_s: float | None,
    now: datetime,
) -> Answered | None:
    """The same by what is known of the project; None where the lease is to be looked up first."""
    project = known.project_of(uid)
    if project is None or tenant_id not in {None, project.tenant_id}:
        return None
    try:
        kept = forms.normalised(project.form, values)
    except Invalid:
        # Whether there is such a lease at all is told first.
        return None
    return _submitted(uid, worker_id, project.id, kept, elapsed_s, now)


def _submitted(
    uid: UUID,
    worker_id: int,
    project_id: int,
    kept: forms.Values,
    elapsed_s: float | None,
    now: datetime,
) -> Answered | None:
    with connection.cursor() as cursor:
        cursor.execute(
            _SUBMIT,
            {
                "uid": uid,
                "worker_id": worker_id,
                "project_id": project_id,
                "values": orjson.dumps(kept).decode(),
                "elapsed_s": elapsed_s,
                "now": now,
            },
        )
        told = cursor.fetchone()
    if told is None:
        return None
    outcome, lease = told[0], Lease(*told[1:])
    if outcome == "lost":
        raise claims.LeaseLost
    if outcome == "answered" and orjson.loads(lease.answer or "null") != kept:
        raise claims.AlreadyAnswered
    return Answered(lease, outcome == "new")


def _checked(lease: Lease, values: Any) -> forms.Values:
    """The values as they are kept. Raises Invalid."""
    form = orjson.loads(lease.form)
    kept = forms.normalised(form, values)
    if forms.reads_payload(form):
        forms.check_fit(form, kept, lease.part_payload())
    return kept
