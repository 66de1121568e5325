"""What is due to be settled, and what the last fit learned."""

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tasks_app.models import Project, Task


class Cause(models.TextChoices):
    """Why a revision was written."""

    ANSWER = "answer"
    REFIT = "refit"
    FLAG = "flag"
    GOLD = "gold"
    WITHDRAWAL = "withdrawal"
    APPEAL = "appeal"


class Settling(models.Model):
    """One project's settling: the head of its feed and who may write to it.

    Its row lock, held from taking a seq to the commit, is what keeps the feed without a
    gap. The fence grows with every lease, so that a settler that slept past its own
    cannot write.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True)
    head = models.BigIntegerField(default=0)
    fence = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    # Answers the last full fit saw; the next one is due when they grew by a tenth.
    n_fitted = models.PositiveIntegerField(default=0)
    refit_at = models.DateTimeField(null=True)
    # Growth brings no refit before.
    rests_until = models.DateTimeField(null=True)
    # The number of places that untouched tasks were last given; null: whatever they were made with.
    placed = models.PositiveSmallIntegerField(null=True)

    class Meta:
        indexes = [
            models.Index(
                fields=["refit_at"], condition=Q(refit_at__isnull=False), name="settling_refit_due"
            )
        ]

    def __str__(self) -> str:
        return f"settling of {self.project_id}"


class SettleDue(models.Model):
    """A task whose consensus is behind its answers, written with what put it behind."""

    # Held to neither again: it is written beside an answer, which is.
    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, db_constraint=False)
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    cause = models.CharField(max_length=10, choices=Cause.choices, default=Cause.ANSWER)
    since = models.DateTimeField()

    class Meta:
        indexes = [
            models.Index(fields=["project", "since"], name="settle_due_of_project"),
        ]

    def __str__(self) -> str:
        return f"task {self.task_id} due since {self.since}"


class FieldModel(models.Model):
    """What the last fit learned of one field as a whole."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="field_models", db_index=False
    )
    field = models.CharField(max_length=63)
    # Flattened parameters of the population, as quality.judges writes and reads them.
    parameters = ArrayField(models.FloatField())
    # How the fit was made, as revisions tell it.
    made_with = models.JSONField(default=dict)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "field"], name="one_model_per_field")
        ]

    def __str__(self) -> str:
        return f"model of {self.project_id}.{self.field}"


class StopRule(models.Model):
    """From which stop posterior tasks of one field stop; a new version each time it changes."""

    class Basis(models.TextChoices):
        TARGET = "target"
        LEAVE_ONE_OUT = "leave_one_out"
        GOLD = "gold"

    project = models.ForeignKey(Project, models.CASCADE, related_name="stop_rules", db_index=False)
    field = models.CharField(max_length=63)
    version = models.PositiveIntegerField()
    target = models.FloatField()
    tau = models.FloatField()
    basis = models.CharField(max_length=13, choices=Basis.choices)
    # Votes left out, or gold tasks, that would have stopped at tau; how often those were right.
    n_checked = models.PositiveIntegerField()
    accuracy = models.FloatField(null=True)
    made_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "field", "version"], name="one_stop_rule_per_version"
            ),
            models.CheckConstraint(
                condition=Q(tau__gte=F("target"), tau__lte=1), name="stop_rule_keeps_the_target"
            ),
        ]

    def __str__(self) -> str:
        return f"stop rule {self.version} of {self.project_id}.{self.field}"


class WorkerModel(models.Model):
    """What the last fit learned of one worker's answers to one field."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="worker_models", db_index=False
    )
    field = models.CharField(max_length=63)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    parameters = ArrayField(models.FloatField())

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "field", "worker"], name="one_model_per_worker"
            )
        ]

    def __str__(self) -> str:
        return f"model of {self.worker_id} on {self.project_id}.{self.field}"


class Reliability(models.Model):
    """A worker's accuracy on one project, pooled over its categorical fields."""

    project = models.ForeignKey(
        Project, models.CASCADE, related_name="reliabilities", db_index=False
    )
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    n_answers = models.PositiveIntegerField()
    # The Beta posterior of the share of right answers.
    alpha = models.FloatField()
    beta = models.FloatField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "worker"], name="one_reliability_per_worker")
        ]

    def __str__(self) -> str:
        return f"reliability of {self.worker_id} on {self.project_id}"
