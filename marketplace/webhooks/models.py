"""Endpoints, their cursors on the feed, and the deliveries made from it."""

import uuid

from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import Q

from marketplace.accounts.models import Tenant
from quality.models import Push
from tasks_app.models import Project


class Endpoint(models.Model):
    """An address of a tenant that is told of events."""

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(Tenant, models.CASCADE, related_name="endpoints")
    url = models.URLField(max_length=2000)
    events = ArrayField(models.CharField(max_length=40))
    # Slugs it listens to; null means every project of the tenant.
    projects = ArrayField(models.CharField(max_length=63), null=True)
    secret = models.CharField(max_length=100)
    # The one before, which signs too until its time is over.
    old_secret = models.CharField(max_length=100, blank=True)
    old_secret_until = models.DateTimeField(null=True)
    created_at = models.DateTimeField()
    disabled_at = models.DateTimeField(null=True)

    def __str__(self) -> str:
        return f"endpoint {self.uid}"


class Cursor(models.Model):
    """How far deliveries to an endpoint were made from a project's feed."""

    endpoint = models.ForeignKey(Endpoint, models.CASCADE, related_name="cursors", db_index=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+")
    seq = models.BigIntegerField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["endpoint", "project"], name="one_cursor_per_feed")
        ]

    def __str__(self) -> str:
        return f"cursor {self.pk} at {self.seq}"


class Delivery(models.Model):
    """One event for one endpoint; body and id stay the same over all attempts.

    The table has a part for each month, and so has that of the attempts: see months.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        DELIVERED = "delivered"
        FAILED = "failed"

    uid = models.UUIDField(default=uuid.uuid4, editable=False)
    endpoint = models.ForeignKey(
        Endpoint, models.CASCADE, related_name="deliveries", db_index=False
    )
    push = models.ForeignKey(Push, models.CASCADE, null=True, related_name="+", db_index=False)
    type = models.CharField(max_length=40)
    body = models.TextField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    due_at = models.DateTimeField()
    created_at = models.DateTimeField()
    delivered_at = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["endpoint", "due_at"], condition=Q(state="pending"), name="delivery_due"
            ),
            models.Index(fields=["endpoint", "id"], name="delivery_of_endpoint"),
            models.Index(fields=["uid"], name="delivery_by_uid"),
            models.Index(fields=["push"], name="delivery_of_push"),
        ]

    def __str__(self) -> str:
        return f"delivery {self.uid}"


class Attempt(models.Model):
    """What happened when a delivery was tried."""

    # The delivery may lie in another month, so no constraint can hold this to it.
    delivery = models.ForeignKey(
        Delivery, models.CASCADE, related_name="log", db_index=False, db_constraint=False
    )
    at = models.DateTimeField()
    status = models.PositiveSmallIntegerField(null=True)
    error = models.TextField(blank=True)
    response = models.TextField(blank=True)
    took_ms = models.PositiveIntegerField()

    class Meta:
        indexes = [models.Index(fields=["delivery", "id"], name="attempt_of_delivery")]

    def __str__(self) -> str:
        return f"attempt {self.pk}"
