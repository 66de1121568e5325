"""Suspicions about workers, with their evidence."""

import uuid
from typing import Self

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks_app.models import Project


class Flags(models.QuerySet["Flag"]):
    """What is asked of suspicions."""

    def restricting(self) -> Self:
        """The confirmed ones, whose workers claim and count no more; never for speed alone."""
        return self.filter(state=Flag.State.CONFIRMED).exclude(kind=Flag.Kind.TOO_FAST)


class Flag(models.Model):
    """A suspicion about one worker on one project, frozen as it was raised."""

    class Kind(models.TextChoices):
        LOW_ACCURACY = "low_accuracy"
        LOW_INFORMATION = "low_information"
        DRIFT = "drift"
        COPYING = "copying"
        TOO_FAST = "too_fast"

    class State(models.TextChoices):
        OPEN = "open"
        CONFIRMED = "confirmed"
        DISMISSED = "dismissed"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    project = models.ForeignKey(Project, models.CASCADE, related_name="flags")
    worker = models.ForeignKey(settings.AUTH_USER_MODEL, models.CASCADE, related_name="flags")
    kind = models.CharField(max_length=20, choices=Kind.choices)
    state = models.CharField(max_length=9, choices=State.choices, default=State.OPEN)
    reason = models.TextField()
    rule_name = models.CharField(max_length=40)
    rule_version = models.CharField(max_length=20)
    evidence = models.JSONField()
    # Answers the worker had given on the project then; a dismissed kind waits for half more.
    n_answers = models.PositiveIntegerField()
    raised_at = models.DateTimeField()
    # Null until the subscribers' deliveries of flag.raised were made.
    announced_at = models.DateTimeField(null=True)
    decided_at = models.DateTimeField(null=True)
    decided_by = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.SET_NULL, null=True, related_name="+"
    )
    note = models.TextField(blank=True)

    objects = Flags.as_manager()

    class Meta:
        constraints = [
            models.UniqueConstraint(
                fields=["worker", "project", "kind"],
                condition=Q(state="open"),
                name="one_open_flag_per_kind",
            ),
            models.CheckConstraint(
                condition=Q(state="open", decided_at=None)
                | Q(~Q(state="open"), decided_at__isnull=False),
                name="decided_flag_has_its_time",
            ),
        ]
        indexes = [
            models.Index(fields=["id"], condition=Q(announced_at=None), name="flag_unannounced")
        ]

    def __str__(self) -> str:
        return f"flag {self.uid}"

    @property
    def restricts(self) -> bool:
        """As Flags.restricting has it."""
        return self.state == self.State.CONFIRMED and self.kind != self.Kind.TOO_FAST
