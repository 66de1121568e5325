"""Tenants, their people, and the keys they call with."""

import secrets
from collections.abc import Callable
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.keys import make_key
from marketplace.accounts.models import Key, Tenant, TenantWorker, User
from marketplace.flows import admitting
from tasks_app.models import Project

FirstKeys = list[tuple[str, str]]


@transaction.atomic
def make_tenant(*, slug: str, name: str, manager: str) -> tuple[Tenant, User, str]:
    """A tenant, its manager and the manager's key."""
    now = timezone.now()
    tenant = people.make_tenant(slug=slug, name=name, now=now)
    user = people.make_user(tenant=tenant, role=User.Role.MANAGER, username=manager, now=now)
    _, text = make_key(user=user, tenant=tenant, now=now)
    return tenant, user, text


@transaction.atomic
def invite(*, tenant: Tenant, username: str, email: str) -> tuple[User, str]:
    """A worker invited by a tenant, admitted to its projects; and the pseudonym there."""
    now = timezone.now()
    people.hold_invitations(tenant.pk)
    worker = people.make_user(
        tenant=tenant, role=User.Role.WORKER, username=username, email=email, now=now
    )
    people.acquaint(tenant=tenant, worker_ids=[worker.pk], invited=True, now=now)
    projects = Project.objects.filter(tenant_id=tenant.pk)
    admitting.welcome(worker_id=worker.pk, projects=projects, now=now)
    return worker, TenantWorker.objects.get(tenant=tenant, worker=worker).pseudonym


@transaction.atomic
def key_for_worker(
    *, tenant: Tenant, worker: User, scopes: list[str] | None, expires_at: datetime | None
) -> tuple[Key, str]:
    """A worker's key that sees this tenant's work only."""
    return make_key(
        user=worker, tenant=tenant, now=timezone.now(), scopes=scopes, expires_at=expires_at
    )


@transaction.atomic
def key_for_role(
    *, tenant: Tenant | None, role: str, scopes: list[str] | None, expires_at: datetime | None
) -> tuple[Key, str]:
    """A new account of the role, and its key."""
    now = timezone.now()
    user = people.make_user(
        tenant=tenant, role=role, username=f"{role}-{secrets.token_hex(4)}", now=now
    )
    return make_key(user=user, tenant=tenant, now=now, scopes=scopes, expires_at=expires_at)


@transaction.atomic(durable=True)
def first_keys(*, keep: Callable[[FirstKeys], None]) -> FirstKeys:
    """The first time: an operator, a tenant `demo`, and their keys; later nothing.

    `keep` stores them before they are committed, for they cannot be shown again.
    """
    if User.objects.exists():
        return []
    now = timezone.now()
    operator = people.make_user(tenant=None, role=User.Role.OPERATOR, username="operator", now=now)
    _, operator_key = make_key(user=operator, tenant=None, now=now)
    tenant, _, manager_key = make_tenant(slug="demo", name="Demo", manager="manager")
    _, client_key = key_for_role(tenant=tenant, role=User.Role.CLIENT, scopes=None, expires_at=None)
    made = [
        ("CONCORD_OPERATOR_KEY", operator_key),
        ("CONCORD_MANAGER_KEY", manager_key),
        ("CONCORD_CLIENT_KEY", client_key),
    ]
    keep(made)
    return made
