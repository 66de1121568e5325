"""Make keys, find their owners, revoke them."""

import hashlib
import secrets
from datetime import datetime

from django.db.models.functions import Now

from marketplace.accounts import keyring
from marketplace.accounts.models import Key, Tenant, User

PREFIX = "cc_"
SCOPES = (
    "work",
    "items",
    "answers",
    "predictions",
    "consensus",
    "quality",
    "projects",
    "workers",
    "webhooks",
)
# What the keys of a role may be good for; a scope `x` includes `x:read`.
ROLE_SCOPES: dict[str, tuple[str, ...]] = {
    User.Role.WORKER: ("work",),
    User.Role.REVIEWER: ("items:read", "consensus:read", "quality", "workers:read"),
    User.Role.MANAGER: SCOPES,
    User.Role.CLIENT: (
        "items",
        "answers",
        "predictions",
        "consensus",
        "quality:read",
        "projects:read",
        "webhooks",
    ),
    User.Role.OPERATOR: (),
}


class ScopeNotForRole(Exception):
    """A key cannot be good for more than its role is."""

    def __init__(self, scope: str, role: str) -> None:
        super().__init__(f"a key of a {role} cannot have the scope {scope!r}")


def make_key(
    *,
    user: User,
    tenant: Tenant | None,
    now: datetime,
    scopes: list[str] | None = None,
    expires_at: datetime | None = None,
) -> tuple[Key, str]:
    """A new key and its text, which is shown once. Raises ScopeNotForRole."""
    granted = ROLE_SCOPES[user.role]
    wanted = list(granted) if scopes is None else [scope.removesuffix(":write") for scope in scopes]
    for scope in wanted:
        if not covers(granted, scope):
            raise ScopeNotForRole(scope, user.role)
    text = PREFIX + secrets.token_urlsafe(32)
    key = Key.objects.create(
        user=user,
        tenant=tenant,
        digest=_digest(text),
        scopes=wanted,
        created_at=now,
        expires_at=expires_at,
    )
    return key, text


def covers(granted: list[str] | tuple[str, ...], scope: str) -> bool:
    """True if the granted scopes include this one; a write scope includes reading."""
    scope = scope.removesuffix(":write")
    return scope in granted or scope.removesuffix(":read") in granted


def find_key(*, text: str, now: datetime) -> Key | None:
    """The live key with this text, with its user and tenant; None if there is none.

    Most calls ask no database: see keyring.
    """
    key = keyring.find(_digest(text), now=now)
    if key is None or (key.expires_at is not None and key.expires_at <= now):
        return None
    keyring.note_use(key, now=now)
    return key


def revoke(*, key: Key) -> None:
    """End a key; repeated, the first time stays. Other processes notice within a second."""
    # By the clock of the database, as they look for it.
    Key.objects.filter(pk=key.pk, revoked_at=None).update(revoked_at=Now())
    keyring.forget([bytes(key.digest)])


def _digest(text: str) -> bytes:
    return hashlib.sha256(text.encode()).digest()
