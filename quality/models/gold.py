"""What answers to gold came to, and gold that was taken out of use."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks_app.models import Answer, Project, Task


class GoldResult(models.Model):
    """How right one answer to gold is; written once, and counted while the gold is in use."""

    answer = models.OneToOneField(Answer, models.CASCADE, primary_key=True, related_name="+")
    # Its answer says the same of these, and is held to them.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="+", db_index=False, db_constraint=False
    )
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL,
        models.CASCADE,
        related_name="+",
        db_index=False,
        db_constraint=False,
    )
    task = models.ForeignKey(Task, models.CASCADE, related_name="+", db_constraint=False)
    score = models.FloatField()
    counts = models.BooleanField(default=True)
    # Whether exams, trainings and skills know of it as it is now.
    is_examined = models.BooleanField(default=False, db_default=False)
    answered_at = models.DateTimeField()

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(score__gte=0) & Q(score__lte=1), name="gold_result_is_a_share"
            )
        ]
        indexes = [
            models.Index(fields=["project", "worker"], name="gold_results_of_worker"),
            models.Index(
                fields=["project"],
                condition=Q(is_examined=False),
                name="gold_results_unexamined",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.score} on gold {self.task_id}"


class Retirement(models.Model):
    """Why gold was last taken out of use, and when it was put back, if it was."""

    class Because(models.TextChoices):
        FAILING = "failing"
        SHOWN = "shown"
        BY_HAND = "by_hand"

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="retirement")
    because = models.CharField(max_length=7, choices=Because.choices)
    note = models.TextField(blank=True)
    at = models.DateTimeField()
    restored_at = models.DateTimeField(null=True)

    class Meta:
        constraints = [
            models.CheckConstraint(
                condition=Q(because__in=["failing", "shown", "by_hand"]),
                name="retirement_has_a_known_cause",
            )
        ]

    def __str__(self) -> str:
        return f"gold {self.task_id} retired: {self.because}"


class Promotion(models.Model):
    """Gold that was made from consensus.

    Answers up to the last one then are no results; snapshots up to the seq then have it still.
    """

    task = models.OneToOneField(Task, models.CASCADE, primary_key=True, related_name="promotion")
    last_answer = models.BigIntegerField()
    seq = models.BigIntegerField()
    at = models.DateTimeField()

    def __str__(self) -> str:
        return f"gold {self.task_id} promoted"
