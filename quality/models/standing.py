"""What is known of workers beyond one fit: what projects ask of them, and how they meet it."""

import uuid

from django.conf import settings
from django.contrib.postgres.fields import ArrayField
from django.db import models
from django.db.models import F, Q

from tasks_app.models import Answer, Project


class Gate(models.Model):
    """What a project asks of workers before they may claim; a missing row asks nothing.

    requirements: an expression over skills, attributes and lists, see quality.grounds.requirements
    exam: {"n", "pass_mark", "paid", "retry_days"}; so many gold tasks come before the work
    training: {"n", "pass_mark", "retry_days"}; the project consists of gold tasks with hints
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True)
    requirements = models.JSONField(null=True)
    exam = models.JSONField(null=True)
    training = models.JSONField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(exam=None) | Q(training=None), name="gate_is_exam_or_training"
            )
        ]

    def __str__(self) -> str:
        return f"gate of {self.project_id}"


class Sitting(models.Model):
    """One try of a worker at a project's exam or training, as it was decided."""

    project = models.ForeignKey(Project, models.CASCADE, related_name="sittings", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    number = models.PositiveIntegerField()
    n = models.PositiveIntegerField()
    # Sum of the scores of the n answers.
    score = models.FloatField()
    # The end of the 95 % interval of the score that the pass mark was held to.
    low = models.FloatField()
    passed = models.BooleanField()
    decided_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["project", "worker", "number"], name="sitting_numbered_per_worker"
            ),
            models.CheckConstraint(
                condition=Q(score__gte=0, score__lte=F("n"), low__gte=0, low__lte=1),
                name="sitting_score_within_n",
            ),
        ]

    def __str__(self) -> str:
        return f"sitting {self.number} of {self.worker_id} on {self.project_id}"


class Skill(models.Model):
    """A named number about workers that requirements can test.

    Without a project it is of all the tenant's projects; without a tenant, of the deployment.
    """

    class Source(models.TextChoices):
        GOLD = "gold"
        CONSENSUS = "consensus"
        TRAINING = "training"
        EXAM = "exam"
        REVIEW = "review"
        SPEED = "speed"
        BY_HAND = "by_hand"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    tenant = models.ForeignKey(
        settings.TENANT_MODEL, models.CASCADE, null=True, related_name="+", db_index=False
    )
    project = models.ForeignKey(Project, models.CASCADE, null=True, related_name="skills")
    name = models.CharField(max_length=63)
    source = models.CharField(max_length=9, choices=Source.choices)
    # Only a worker's last so many answers count; null counts all.
    window = models.PositiveSmallIntegerField(null=True)
    # A value is good for so long after the last answer it stands on.
    ttl_days = models.PositiveSmallIntegerField(null=True)
    created_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["tenant", "name"], name="skill_once_per_tenant", nulls_distinct=False
            ),
            models.CheckConstraint(
                condition=~Q(source__in=["training", "exam"]) | Q(project__isnull=False),
                name="skill_of_an_exam_has_its_project",
            ),
            models.CheckConstraint(
                condition=Q(project=None) | Q(tenant__isnull=False),
                name="skill_of_a_project_has_its_tenant",
            ),
        ]

    def __str__(self) -> str:
        return self.name


class SkillValue(models.Model):
    """A worker's value of a skill, with its 95 % interval and the answers it stands on."""

    skill = models.ForeignKey(Skill, models.CASCADE, related_name="values", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="skills")
    value = models.FloatField()
    low = models.FloatField()
    high = models.FloatField()
    n = models.PositiveIntegerField()
    changed_at = models.DateTimeField()
    expires_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["skill", "worker"], name="skill_value_once"),
            models.CheckConstraint(
                condition=Q(low__lte=F("value")) & Q(value__lte=F("high")),
                name="skill_value_within_its_interval",
            ),
        ]
        indexes = [
            models.Index(
                fields=["expires_at"],
                condition=Q(expires_at__isnull=False),
                name="skill_value_expiring",
            )
        ]

    def __str__(self) -> str:
        return f"{self.skill_id} of {self.worker_id}: {self.value}"


class Review(models.Model):
    """A reviewer's word on one answer."""

    answer = models.OneToOneField(Answer, models.CASCADE, primary_key=True)
    project = models.ForeignKey(Project, models.CASCADE, related_name="+", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    accepted = models.BooleanField()
    note = models.TextField(blank=True)
    by = models.ForeignKey(settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+")
    at = models.DateTimeField()

    class Meta:
        indexes = [models.Index(fields=["project", "worker"], name="reviews_of_worker")]

    def __str__(self) -> str:
        return f"review of answer {self.answer_id}"


class Standing(models.Model):
    """What the last study of a project found about one worker.

    seconds: over the n_timed answers that tell how long they took
    recent_agreement, recent_speed: the last answers, oldest first, as quality.study computes them
    figures: what managers read, see quality.study
    mirrored: what the worker reads, as it was when they had n_mirrored answers: it moves in steps
        of so many, lest one answer tell what it was
    """

    project = models.ForeignKey(Project, models.CASCADE, related_name="standings", db_index=False)
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="+")
    n_answers = models.PositiveIntegerField()
    n_accepted = models.PositiveIntegerField()
    n_timed = models.PositiveIntegerField()
    seconds = models.FloatField()
    recent_agreement = ArrayField(models.FloatField(), default=list)
    recent_speed = ArrayField(models.FloatField(), default=list)
    last_answer_at = models.DateTimeField()
    figures = models.JSONField()
    mirrored = models.JSONField(default=dict)
    n_mirrored = models.PositiveIntegerField(default=0)
    studied_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["project", "worker"], name="one_standing_per_worker"),
            models.CheckConstraint(
                condition=Q(n_accepted__lte=F("n_answers"), n_timed__lte=F("n_answers")),
                name="standing_counts_within_answers",
            ),
        ]

    def __str__(self) -> str:
        return f"standing of {self.worker_id} on {self.project_id}"


class Study(models.Model):
    """When a project's workers are to be studied next, and who does it.

    The fence grows with every lease, so that a process that slept past its own cannot write.
    """

    project = models.OneToOneField(Project, models.CASCADE, primary_key=True)
    due_at = models.DateTimeField(null=True)
    # Whether all was quiet at the refit that asks for it; else answers come in still.
    is_quiet = models.BooleanField(default=False)
    fence = models.BigIntegerField(default=0)
    leased_until = models.DateTimeField(null=True)
    # The study before took so long that the next one waits until then.
    rests_until = models.DateTimeField(null=True)

    class Meta:
        indexes = [
            models.Index(fields=["due_at"], condition=Q(due_at__isnull=False), name="study_waiting")
        ]

    def __str__(self) -> str:
        return f"study of {self.project_id}"
