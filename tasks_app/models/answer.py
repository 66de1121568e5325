"""What a worker submitted."""

from django.conf import settings
from django.db import models

from tasks_app.models.assignment import Assignment
from tasks_app.models.project import Project
from tasks_app.models.task import Task


class Answer(models.Model):
    """One worker's values for the fields of one task; never changed."""

    # Its task says the same, and is held to it.
    project = models.ForeignKey(
        Project, models.CASCADE, related_name="answers", db_index=False, db_constraint=False
    )
    task = models.ForeignKey(Task, models.CASCADE, related_name="answers", db_index=False)
    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="answers", db_index=False
    )
    # Null for answers collected elsewhere.
    assignment = models.OneToOneField(Assignment, models.CASCADE, null=True)
    values = models.JSONField()
    answered_at = models.DateTimeField()
    elapsed_s = models.FloatField(null=True)
    late = models.BooleanField(default=False)
    guideline_version = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["task", "worker"], name="answer_once_per_worker"),
        ]
        indexes = [
            models.Index(fields=["worker", "project"], name="answers_of_worker"),
            # The last ones of a project, and all of it in the order in which they lie.
            models.Index(fields=["project", "id"], name="answers_of_project"),
        ]

    def __str__(self) -> str:
        return f"answer {self.pk}"
