"""The forms of the projects that this process has met, so that an answer is checked unasked.

A form stands for good once there are items, so what is known here never goes out of date. Which
project a lease is of stands in its uid (see sql/claim_from.sql); where that cannot be told, or the
form asks for more than the answer to check it, the lease is looked up first.
"""

from dataclasses import dataclass
from uuid import UUID

import orjson

from tasks_app import forms
from tasks_app.leases import Lease

MOST = 1000


@dataclass(frozen=True, slots=True)
class Known:
    """What an answer is checked against."""

    id: int
    tenant_id: int
    form: list[forms.Field]


# None where the form asks for more than the answer.
_known: dict[int, Known | None] = {}


def project_of(uid: UUID) -> Known | None:
    """The project of the lease of this uid, if it was met."""
    return _known.get(_named(uid))


def meet(lease: Lease) -> None:
    """Remember the project of this lease."""
    named = _named(lease.uid)
    if named in _known or named != lease.project_id & 0xFFFFFFFF:
        return
    if len(_known) >= MOST:
        _known.clear()
    form = orjson.loads(lease.form)
    is_enough = not forms.reads_payload(form)
    _known[named] = Known(lease.project_id, lease.tenant_id, form) if is_enough else None


def _named(uid: UUID) -> int:
    return uid.int >> 96
