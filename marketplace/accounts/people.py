"""Tenants, and the people they know."""

import secrets
from collections.abc import Collection, Iterator, Sequence
from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction
from django.db.models import F, Func, QuerySet, Value

from marketplace.accounts.models import Tenant, TenantWorker, User


class UsernameTaken(Exception):
    """The tenant has an account of this name."""


class TenantSlugTaken(Exception):
    """There is a tenant of this slug."""


@transaction.atomic
def make_tenant(*, slug: str, name: str, now: datetime) -> Tenant:
    """Raises TenantSlugTaken."""
    try:
        with transaction.atomic():
            return Tenant.objects.create(slug=slug, name=name, created_at=now)
    except IntegrityError:
        raise TenantSlugTaken from None


@transaction.atomic
def make_user(
    *, tenant: Tenant | None, role: str, username: str, now: datetime, email: str = ""
) -> User:
    """Raises UsernameTaken."""
    user = User(tenant=tenant, role=role, username=username, email=email, created_at=now)
    user.set_unusable_password()
    try:
        with transaction.atomic():
            user.save(force_insert=True)
    except IntegrityError:
        raise UsernameTaken from None
    return user


def acquaint(*, tenant: Tenant, worker_ids: Collection[int], invited: bool, now: datetime) -> None:
    """Give the tenant a pseudonym for each of these workers that it does not know yet."""
    TenantWorker.objects.bulk_create(
        (
            TenantWorker(
                tenant=tenant,
                worker_id=worker_id,
                pseudonym=f"w_{secrets.token_hex(8)}",
                invited=invited,
                since=now,
            )
            for worker_id in sorted(worker_ids)
        ),
        ignore_conflicts=True,
    )


def hold_invitations(tenant_id: int) -> None:
    """Let no worker be invited, and no project be drawn up, beside this transaction.

    Each admits by what the other has written: side by side both would miss it.
    """
    Tenant.objects.select_for_update(no_key=True).get(pk=tenant_id)


def invited_worker_ids(tenant_id: int) -> list[int]:
    """The workers this tenant invited."""
    return list(
        TenantWorker.objects.filter(tenant_id=tenant_id, invited=True)
        .order_by("worker_id")
        .values_list("worker_id", flat=True)
    )


def inviting_tenants(worker_id: int) -> QuerySet[TenantWorker]:
    """The tenants that invited this worker; to filter by their tenant_id."""
    return TenantWorker.objects.filter(worker_id=worker_id, invited=True)


@transaction.atomic
def recorded(*, tenant: Tenant, names: set[str], now: datetime) -> dict[str, int]:
    """An account without login for each name; the same one each time. Name to user id."""
    wanted = sorted(names)
    User.objects.bulk_create(
        (
            User(
                tenant=tenant,
                role=User.Role.WORKER,
                username=name,
                recorded=True,
                created_at=now,
                password="!",  # noqa: S106 -- Django's mark of an account without a password
            )
            for name in wanted
        ),
        ignore_conflicts=True,
    )
    by_name = dict(
        User.objects.filter(tenant=tenant, recorded=True, username__in=wanted).values_list(
            "username", "pk"
        )
    )
    acquaint(tenant=tenant, worker_ids=by_name.values(), invited=False, now=now)
    return by_name


def known(*, tenant: Tenant, worker_ids: Collection[int], now: datetime) -> dict[int, str]:
    """The tenant's pseudonym of each worker, made where it had none."""
    wanted = set(worker_ids)
    acquaint(
        tenant=tenant,
        worker_ids=wanted - _pseudonyms(tenant, wanted).keys(),
        invited=False,
        now=now,
    )
    return _pseudonyms(tenant, wanted)


def _pseudonyms(tenant: Tenant, worker_ids: Collection[int]) -> dict[int, str]:
    return dict(
        TenantWorker.objects.filter(tenant=tenant, worker_id__in=worker_ids).values_list(
            "worker_id", "pseudonym"
        )
    )


def disguised(*, tenant: Tenant, documents: Sequence[Any], now: datetime) -> list[Any]:
    """JSON documents with every `partner_id`, a worker's, as `partner`, the tenant's pseudonym."""
    ids = {worker_id for document in documents for worker_id in _partners(document)}
    names = known(tenant=tenant, worker_ids=ids, now=now) if ids else {}
    return [_disguised(document, names) for document in documents]


def _partners(document: Any) -> Iterator[int]:
    if isinstance(document, list):
        for part in document:
            yield from _partners(part)
    elif isinstance(document, dict):
        for name, part in document.items():
            if name == "partner_id":
                yield part
            else:
                yield from _partners(part)


def _disguised(document: Any, names: dict[int, str]) -> Any:
    if isinstance(document, list):
        return [_disguised(part, names) for part in document]
    if not isinstance(document, dict):
        return document
    return {
        "partner" if name == "partner_id" else name: (
            names[part] if name == "partner_id" else _disguised(part, names)
        )
        for name, part in document.items()
    }


def keep_attributes(*, tenant: Tenant, worker_id: int, attributes: dict[str, Any]) -> None:
    """Change some of what the tenant keeps about a worker; None takes an attribute away."""
    row = TenantWorker.objects.select_for_update(no_key=True).get(tenant=tenant, worker=worker_id)
    kept = row.attributes | attributes
    row.attributes = {name: value for name, value in kept.items() if value is not None}
    row.save(update_fields=["attributes"])


def put_on_list(*, tenant: Tenant, name: str, worker_ids: Collection[int]) -> list[int]:
    """Put workers on a list; who was not on it before."""
    fresh = TenantWorker.objects.filter(tenant=tenant, worker__in=worker_ids).exclude(
        lists__contains=[name]
    )
    ids = _held(fresh)
    TenantWorker.objects.filter(tenant=tenant, worker__in=ids).update(
        lists=Func(F("lists"), Value(name), function="array_append")
    )
    return ids


def take_off_list(*, tenant: Tenant, name: str, worker_ids: Collection[int]) -> list[int]:
    """Take workers off a list; who was on it."""
    listed = TenantWorker.objects.filter(
        tenant=tenant, worker__in=worker_ids, lists__contains=[name]
    )
    ids = _held(listed)
    TenantWorker.objects.filter(tenant=tenant, worker__in=ids).update(
        lists=Func(F("lists"), Value(name), function="array_remove")
    )
    return ids


def _held(rows: QuerySet[TenantWorker]) -> list[int]:
    return [row.worker_id for row in rows.select_for_update(no_key=True).order_by("worker_id")]
