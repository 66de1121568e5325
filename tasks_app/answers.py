"""Take answers in from leases."""

from datetime import datetime
from typing import Any

import orjson
from django.db import connection

from tasks_app import claims, forms, leases
from tasks_app.leases import Lease
from tasks_app.models import Assignment

_SUBMIT = """
SELECT outcome, is_late FROM concord_submit(%(id)s, %(values)s::jsonb, %(elapsed_s)s, %(now)s)
"""


def submit(*, lease: Lease, values: Any, elapsed_s: float | None, now: datetime) -> bool:
    """Record the answer to a lease; True, or False if an equal one is there already.

    A live lease is always honoured. A dead one is a claim and an answer in one, taken while a
    slot is open. The lease is brought up to date. Raises Invalid, claims.LeaseLost or
    claims.AlreadyAnswered; nothing is recorded then. See sql/submit.sql.
    """
    kept = _checked(lease, values)
    text = orjson.dumps(kept).decode()
    with connection.cursor() as cursor:
        cursor.execute(
            _SUBMIT, {"id": lease.id, "values": text, "elapsed_s": elapsed_s, "now": now}
        )
        outcome, is_late = cursor.fetchone()
    if outcome == "lost":
        raise claims.LeaseLost
    if outcome == "answered":
        _require_equal(lease, kept)
        return False
    lease.state, lease.answer = Assignment.State.ANSWERED, text
    lease.answered_at, lease.late = now, is_late
    return True


def _checked(lease: Lease, values: Any) -> forms.Values:
    """The values as they are kept. Raises Invalid."""
    form = orjson.loads(lease.form)
    kept = forms.normalised(form, values)
    if forms.reads_payload(form):
        forms.check_fit(form, kept, lease.part_payload())
    return kept


def _require_equal(lease: Lease, values: forms.Values) -> None:
    """Raises claims.AlreadyAnswered unless the answer that is there is this one."""
    (now_there,) = leases.of([lease.id])
    if orjson.loads(now_there.answer or "null") != values:
        raise claims.AlreadyAnswered
    lease.state, lease.answer = now_there.state, now_there.answer
    lease.answered_at, lease.late = now_there.answered_at, now_there.late
