"""Pushes to retraining, the models that come of them, and what they predict."""

import uuid

from django.db import models
from django.db.models import Q

from tasks_app.models import Project, Task


class Push(models.Model):
    """One delivery to retraining, and the frozen training set it names.

    The snapshot is (project, up to seq, sha256) over immutable revisions: nothing is copied.
    """

    class State(models.TextChoices):
        PENDING = "pending"
        RUNNING = "running"
        DELIVERED = "delivered"
        DONE = "done"
        FAILED = "failed"

    class Trigger(models.TextChoices):
        COUNT = "count"
        MANUAL = "manual"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    snapshot = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="pushes")
    trigger = models.CharField(max_length=6, choices=Trigger.choices)
    up_to_seq = models.BigIntegerField()
    sha256 = models.CharField(max_length=64)
    n_labels = models.PositiveIntegerField()
    # The retraining rule as it stood: sink, field, text or numeric.
    rule = models.JSONField()
    state = models.CharField(max_length=9, choices=State.choices, default=State.PENDING)
    attempts = models.PositiveSmallIntegerField(default=0)
    error = models.TextField(blank=True)
    due_at = models.DateTimeField(null=True)
    # A run may write its result only under the fence it started with.
    fence = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    # Null until the subscribers' deliveries of retraining.requested were made.
    announced_at = models.DateTimeField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project"],
                condition=Q(state__in=["pending", "running"]),
                name="one_push_under_way",
            ),
        ]

    def __str__(self) -> str:
        return f"push {self.uid}"


class ModelVersion(models.Model):
    """A trained model; its bytes become visible in the transaction that makes the version."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="model_versions", db_index=False
    )
    version = models.CharField(max_length=100)
    # Null for a model trained elsewhere, known by its predictions only.
    push = models.OneToOneField(Push, models.CASCADE, null=True, related_name="model")
    previous = models.ForeignKey("self", models.SET_NULL, null=True, related_name="+")
    n_train = models.PositiveIntegerField(null=True)
    metrics = models.JSONField(null=True)
    # skops format, which loads without running code.
    bytes = models.BinaryField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "version"], name="model_version_unique")
        ]

    def __str__(self) -> str:
        return f"{self.project_id} model {self.version}"


class Prediction(models.Model):
    """A model's answer to one field of one task."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="predictions", db_index=False)
    task = models.ForeignKey(Task, models.CASCADE, related_name="predictions", db_index=False)
    field = models.CharField(max_length=63)
    model_version = models.CharField(max_length=100)
    value = models.JSONField()
    score = models.FloatField(null=True)
    distribution = models.JSONField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["task", "field", "model_version"], name="prediction_once"
            ),
        ]
        indexes = [models.Index(fields=["project", "id"], name="prediction_of_project")]

    def __str__(self) -> str:
        return f"prediction {self.pk}"
