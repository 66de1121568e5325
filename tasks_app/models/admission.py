"""Who may claim: the decision, without its grounds."""

from django.conf import settings
from django.db import models
from django.db.models import Q

from tasks_app.models.project import Project


class Admission(models.Model):
    """A decision about one worker on one project.

    The grounds live above the workshop. A missing row means yes on an open project and
    no on one for invited workers; no also on one for qualified workers, until it is decided.
    """

    class Reason(models.TextChoices):
        NONE = ""
        NOT_ADMITTED = "not_admitted"
        RESTRICTED = "restricted"
        REQUIREMENT = "requirement"
        GUIDELINES = "guidelines_unconfirmed"
        # An entrance exam comes first: see tasks_app.claims.examine.
        EXAM = "exam"

    worker = models.ForeignKey(
        settings.AUTH_USER_MODEL, models.CASCADE, related_name="admissions", db_index=False
    )
    project = models.ForeignKey(Project, models.CASCADE, related_name="admissions")
    may_claim = models.BooleanField()
    reason_code = models.CharField(max_length=22, choices=Reason.choices, blank=True)
    # What the worker is told: which ground is missing, and what would help.
    detail = models.TextField(blank=True, db_default="")
    # A refusal ends then; null means until it is decided anew.
    until = models.DateTimeField(null=True)
    # The newest guidelines that the worker confirmed to have read.
    guideline_version = models.PositiveIntegerField(null=True)

    class Meta:
        constraints = [
            models.UniqueConstraint(fields=["worker", "project"], name="admission_once_per_worker"),
            models.CheckConstraint(
                condition=Q(may_claim=True) | ~Q(reason_code=""),
                name="admission_refusal_has_reason",
            ),
        ]

    def __str__(self) -> str:
        return f"{self.worker_id} on {self.project_id}: {self.may_claim}"
