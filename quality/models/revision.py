"""Consensus revisions: they are the change feed."""

import uuid

from django.db import models
from django.db.models import Q

from quality.models.settling import Cause
from tasks_app.models import Batch, Item, Project, Task


class Feed(models.Model):
    """The identity of this database's feeds; (feed, seq) names a change for ever."""

    uid = models.UUIDField(default=uuid.uuid4, editable=False)

    class Meta:
        constraints = [models.CheckConstraint(condition=Q(pk=1), name="one_feed_identity")]

    def __str__(self) -> str:
        return str(self.uid)


class Revision(models.Model):
    """What Concord believed about a field of a task, or of a whole split item, from a seq on."""

    class State(models.TextChoices):
        PROVISIONAL = "provisional"
        RESOLVED = "resolved"
        UNRESOLVABLE = "unresolvable"
        WITHDRAWN = "withdrawn"

    project = models.ForeignKey(Project, models.CASCADE, related_name="revisions", db_index=False)
    seq = models.BigIntegerField()
    item = models.ForeignKey(Item, models.CASCADE, related_name="revisions", db_index=False)
    # Null for the row that stitches the parts of a split item together.
    task = models.ForeignKey(Task, models.CASCADE, null=True, related_name="revisions")
    field = models.CharField(max_length=63)
    revision = models.PositiveIntegerField()
    is_latest = models.BooleanField(default=True)
    state = models.CharField(max_length=12, choices=State.choices)
    cause = models.CharField(max_length=10, choices=Cause.choices)
    value = models.JSONField(null=True)
    distribution = models.JSONField(null=True)
    interval = models.JSONField(null=True)
    confidence = models.FloatField(null=True)
    stop_posterior = models.FloatField(null=True)
    share = models.FloatField(null=True)
    n_answers = models.PositiveIntegerField()
    n_set_aside = models.PositiveIntegerField(default=0)
    aggregator = models.CharField(max_length=40)
    aggregator_version = models.CharField(max_length=20)
    aggregator_parameters = models.JSONField(default=dict)
    guideline_version = models.PositiveIntegerField(null=True)
    resolved_at = models.DateTimeField(null=True)
    written_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "seq"], name="seq_once_per_project"),
            models.UniqueConstraint(
                fields=["item", "task", "field", "revision"],
                name="revision_once",
                nulls_distinct=False,
            ),
            models.UniqueConstraint(
                fields=["item", "task", "field"],
                condition=Q(is_latest=True),
                name="one_latest_revision",
                nulls_distinct=False,
            ),
            models.CheckConstraint(
                condition=Q(confidence__gte=0, confidence__lte=1) | Q(confidence=None),
                name="confidence_is_a_probability",
            ),
        ]
        indexes = [
            models.Index(
                fields=["project", "seq"], condition=Q(is_latest=True), name="consensus_now"
            ),
            models.Index(fields=["task"], condition=Q(is_latest=True), name="consensus_of_task"),
        ]

    def __str__(self) -> str:
        return f"{self.project_id} seq {self.seq}"


class Change(models.Model):
    """A revision as clients read it; a view, see sql/change.sql."""

    project = models.ForeignKey(Project, models.DO_NOTHING, related_name="+")
    seq = models.BigIntegerField()
    is_latest = models.BooleanField()
    state = models.CharField(max_length=12)
    field = models.CharField(max_length=63)
    confidence = models.FloatField(null=True)
    task = models.ForeignKey(Task, models.DO_NOTHING, null=True, related_name="+")
    batch = models.ForeignKey(Batch, models.DO_NOTHING, related_name="+")
    part_index = models.PositiveIntegerField(null=True)
    told = models.TextField()

    class Meta:
        managed = False
        db_table = "concord_change"

    def __str__(self) -> str:
        return f"{self.project_id} seq {self.seq}"
