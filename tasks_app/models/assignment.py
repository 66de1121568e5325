"""A worker's hold on a task, and what came of it."""

import uuid

from django.conf import settings
from django.db import models
from django.db.models import F, Q

from tasks_app.models.project import Project
from tasks_app.models.task import Task


class Assignment(models.Model):
    """A lease of one task to one worker; it takes one answer, for ever."""

    class State(models.TextChoices):
        LEASED = "leased"
        ANSWERED = "answered"
        RELEASED = "released"
        SKIPPED = "skipped"
        EXPIRED = "expired"

    uid = models.UUIDField(default=uuid.uuid4, unique=True, editable=False)
    # Its task says the same, and is held to it.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="assignments", db_index=False, db_constraint=False
    )
    task = models.ForeignKey(Task, models.CASCADE, related_name="assignments")
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="assignments", db_index=False
    )
    state = models.CharField(max_length=8, choices=State.choices, default=State.LEASED)
    guideline_version = models.PositiveIntegerField()
    leased_at = models.DateTimeField()
    leased_until = models.DateTimeField()
    n_extended = models.PositiveSmallIntegerField(default=0)
    skipped_because = models.TextField(blank=True)
    # Tasks of an entrance exam may be unpaid.
    is_paid = models.BooleanField(db_default=True, default=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "task"], name="assignment_once_per_worker"),
            models.CheckConstraint(
                condition=Q(n_extended__lte=3), name="assignment_extended_three_times_at_most"
            ),
        ]
        indexes = [
            models.Index(
                fields=["leased_until"], condition=Q(state="leased"), name="assignment_expiring"
            ),
            # With its end, so that leases long answered are not looked at.
            models.Index(
                fields=["worker", "project", "leased_until"],
                condition=Q(state="leased"),
                name="assignment_live",
            ),
            models.Index(
                fields=["worker", "project", "leased_at"],
                condition=Q(state="released"),
                name="assignment_given_back",
            ),
            # Not in the order of the keys, for of one claim the gold has the last ones. It begins
            # with no column, so that no search for one assignment of a worker strays here.
            models.Index(-F("worker"), F("leased_at"), F("uid"), name="assignment_history_hidden"),
        ]

    def __str__(self) -> str:
        return f"assignment {self.uid}"
