"""Tenants, the workers they invite, and keys."""

from typing import Any
from uuid import UUID

from django.db.models import QuerySet
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from marketplace.accounts import keys
from marketplace.accounts.models import Key, TenantWorker
from marketplace.api import paging, parsing, schemas
from marketplace.api.door import MANAGER, OPERATOR, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import tenants
from tasks_app.errors import Missing, Refusal, invalid

KEY = schemas.ref("Key")


class OwnKey(Refusal):
    """A key does not revoke itself, lest nobody be left inside: do it with another one."""

    code = "own_key"


class TenantsDoor(Door):
    """The tenants of the deployment."""

    tag = "people"

    @operation(
        "create_tenant",
        roles=[OPERATOR],
        body=schemas.TENANT_IN,
        replies={201: schemas.ref("Tenant")},
        conflicts=True,
        shown_once="slug",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Make a tenant, its manager, and the manager's key, which is shown once."""
        body = self.body()
        tenant, manager, key = tenants.make_tenant(
            slug=body["slug"], name=body.get("name", ""), manager=body["manager"]
        )
        told = {"id": manager.uid, "username": manager.username}
        return reply({"slug": tenant.slug, "manager": told, "key": key}, 201)


class WorkersDoor(Door):
    """The tenant's workers."""

    tag = "people"

    @operation(
        "invite_worker",
        roles=[MANAGER],
        scope="workers",
        body=schemas.WORKER_IN,
        replies={201: schemas.ref("Invited")},
        conflicts=True,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Invite a worker, who may then take the tenant's invited projects."""
        body = self.body()
        worker, pseudonym = tenants.invite(
            tenant=self.tenant, username=body["username"], email=body.get("email", "")
        )
        told = {"id": worker.uid, "username": worker.username, "pseudonym": pseudonym}
        return reply(told, 201)


class WorkerKeysDoor(Door):
    """The keys of an invited worker."""

    tag = "people"

    @operation(
        "create_worker_key",
        roles=[MANAGER],
        scope="workers",
        body=schemas.WORKER_KEY_IN,
        replies={201: schemas.ref("NewKey")},
        conflicts=True,
        shown_once="id",
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Make a key of a worker, which sees this tenant's work only and is shown once."""
        known = (
            TenantWorker.objects.select_related("worker")
            .filter(tenant=self.tenant, worker__uid=id, invited=True)
            .first()
        )
        if known is None:
            raise Missing
        body = self.body()
        return _new(
            tenants.key_for_worker(
                tenant=self.tenant,
                worker=known.worker,
                scopes=body.get("scopes"),
                expires_at=parsing.future(body, "expires_at"),
            )
        )


class KeysDoor(Door):
    """The tenant's keys; for an operator, the operators'."""

    tag = "people"

    @operation(
        "list_keys",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        params=paging.PARAMETERS,
        replies={200: paging.schema(KEY)},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The keys that are not revoked; never their text."""
        return paging.page(
            _keys(self).select_related("user"),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=shown,
        )

    @operation(
        "create_key",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        body=schemas.KEY_IN,
        replies={201: schemas.ref("NewKey")},
        conflicts=True,
        shown_once="id",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Make an account of a role and its key, which is shown once."""
        body = self.body()
        is_operator = self.caller.role == OPERATOR
        if is_operator != (body["role"] == OPERATOR):
            raise invalid(
                "/role", "role_not_yours", f"a {self.caller.role} makes no key of this role"
            )
        wanted = body.get("scopes", keys.ROLE_SCOPES[body["role"]])
        if not is_operator and not all(keys.covers(self.key.scopes, scope) for scope in wanted):
            raise invalid("/scopes", "scope_not_yours", "no key makes one that may do more than it")
        return _new(
            tenants.key_for_role(
                tenant=None if is_operator else self.tenant,
                role=body["role"],
                scopes=body.get("scopes"),
                expires_at=parsing.future(body, "expires_at"),
            )
        )


class KeyDoor(Door):
    """One key."""

    tag = "people"

    @operation(
        "revoke_key",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        replies={204: None},
        conflicts=True,
    )
    def delete(self, request: Request, id: UUID) -> HttpResponseBase:
        """Revoke a key, at once and everywhere."""
        key = _keys(self).filter(uid=id).first()
        if key is None:
            raise Missing
        if key == self.key:
            raise OwnKey
        keys.revoke(key=key)
        return HttpResponse(status=204)


def shown(found: list[Key]) -> list[dict[str, Any]]:
    """Keys as managers read them."""
    return [
        {
            "id": key.uid,
            "username": key.user.username,
            "role": key.user.role,
            "scopes": key.scopes,
            "created_at": key.created_at,
            "expires_at": key.expires_at,
            "last_used_at": key.last_used_at,
        }
        for key in found
    ]


def _keys(door: Door) -> QuerySet[Key]:
    live = Key.objects.filter(revoked_at=None)
    if door.caller.role == OPERATOR:
        return live.filter(user__role=OPERATOR)
    return live.filter(tenant=door.tenant)


def _new(made: tuple[Key, str]) -> HttpResponse:
    key, text = made
    told = {"id": key.uid, "key": text, "scopes": key.scopes, "expires_at": key.expires_at}
    return reply(told, 201)
