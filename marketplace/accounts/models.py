"""Tenants, people and the keys they call with."""

import uuid
from typing import ClassVar

from django.contrib.auth.base_user import AbstractBaseUser
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q


class Tenant(models.Model):
    """An organization that asks for work and pays."""

    slug = models.CharField(max_length=63)
    name = models.CharField(max_length=200, blank=True)
    created_at = models.DateTimeField()

    class Meta:
        swappable = "TENANT_MODEL"
        constraints = [models.UniqueConstraint(fields=["slug"], name="tenant_slug_unique")]

    def __str__(self) -> str:
        return self.slug


class User(AbstractBaseUser):
    """A person or a machine that may hold keys, or a worker known only by recorded answers."""

    class Role(models.TextChoices):
        WORKER = "worker"
        REVIEWER = "reviewer"
        MANAGER = "manager"
        CLIENT = "client"
        OPERATOR = "operator"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(
        Tenant, models.CASCADE, null=True, related_name="users", db_index=False
    )
    role = models.CharField(max_length=10, choices=Role.choices)
    username = models.CharField(max_length=150)
    email = models.EmailField(blank=True)
    # Somebody whose answers were collected elsewhere; has no keys and no login.
    recorded = models.BooleanField(default=False)
    created_at = models.DateTimeField()

    # Usernames are unique per tenant only, so the uid is what names an account.
    USERNAME_FIELD = "uid"
    REQUIRED_FIELDS: ClassVar[list[str]] = ["username"]

    objects: ClassVar[models.Manager["User"]] = models.Manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "recorded", "username"],
                name="username_unique_per_tenant",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(role="operator") | Q(tenant__isnull=False),
                name="only_operators_stand_alone",
            ),
            models.CheckConstraint(
                condition=Q(recorded=False) | Q(role="worker"), name="only_workers_are_recorded"
            ),
        ]

    def __str__(self) -> str:
        return f"{self.role} {self.username}"


class Key(models.Model):
    """What a caller shows to be let in; only its digest is kept."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    user = models.ForeignKey(User, models.CASCADE, related_name="keys")
    # The tenant whose rows this key sees; null sees all its user may.
    tenant = models.ForeignKey(Tenant, models.CASCADE, null=True, related_name="keys")
    digest = models.BinaryField(max_length=32)
    scopes = ArrayField(models.CharField(max_length=32))
    created_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)
    revoked_at = models.DateTimeField(null=True)
    last_used_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [models.UniqueConstraint(fields=["digest"], name="key_digest_unique")]
        indexes = [
            models.Index(
                fields=["revoked_at"], condition=Q(revoked_at__isnull=False), name="key_revoked"
            )
        ]

    def __str__(self) -> str:
        return f"key {self.uid}"


class TenantWorker(models.Model):
    """A worker as one tenant knows them: by a pseudonym of its own."""

    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="workers", db_index=False)
    worker = models.ForeignKey(User, models.CASCADE, related_name="known_to")
    pseudonym = models.CharField(max_length=32)
    # Invited workers may take the tenant's invited projects.
    invited = models.BooleanField(default=False)
    # What the tenant keeps about its worker, and the lists it put them on.
    attributes = models.JSONField(default=dict, db_default={})
    lists = ArrayField(models.CharField(max_length=63), default=list, db_default=[])
    since = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["tenant", "worker"], name="one_pseudonym_per_tenant"),
            models.UniqueConstraint(
                fields=["tenant", "pseudonym"], name="pseudonym_unique_per_tenant"
            ),
        ]

    def __str__(self) -> str:
        return self.pseudonym
