"""What people are asked about."""

from django.db import models

from tasks_app.models.project import Project


class Batch(models.Model):
    """Items that came together."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="batches", db_index=False)
    name = models.CharField(max_length=200)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "name"], name="batch_name_unique")
        ]

    def __str__(self) -> str:
        return self.name


class Item(models.Model):
    """One datum with its external id and payload."""

    # Its batch says the same, and is held to it.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="items", db_index=False, db_constraint=False
    )
    batch = models.ForeignKey(Batch, models.CASCADE, related_name="items")
    external_id = models.CharField(max_length=200)
    payload = models.JSONField()
    # SHA-256 of the canonical payload: tells a repeated upload from a changed one.
    digest = models.BinaryField(max_length=32)
    gold = models.JSONField(null=True)
    hint = models.TextField(blank=True)
    priority = models.IntegerField(default=0)
    created_at = models.DateTimeField()
    withdrawn_at = models.DateTimeField(null=True)
    withdrawn_because = models.TextField(blank=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "external_id"], name="item_once_per_project")
        ]

    def __str__(self) -> str:
        return self.external_id
