"""Projects are drawn up, changed, opened and closed."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.models import Tenant
from marketplace.flows.doorbell import ring
from quality import due
from quality.models import Settling
from tasks_app import projects
from tasks_app.models import Admission, Project

# A change of these is judged anew: they decide when a task has answers enough.
_JUDGED_BY = {"min_answers", "max_answers", "target_confidence", "reliability_floor"}


@transaction.atomic
def draft(*, tenant: Tenant, guidelines: str, **wanted: Any) -> Project:
    """A project in draft; workers the tenant invited are admitted to it."""
    people.hold_invitations(tenant.pk)
    project = projects.draft(
        tenant_id=tenant.pk, now=timezone.now(), guidelines=guidelines, **wanted
    )
    Settling.objects.create(project=project)
    Admission.objects.bulk_create(
        Admission(worker_id=worker_id, project=project, may_claim=True)
        for worker_id in people.invited_worker_ids(tenant.pk)
    )
    return project


@transaction.atomic
def change(*, project: Project, guidelines: str | None, **wanted: Any) -> Project:
    """Change a project; what decides about answers applies from the next settle."""
    now = timezone.now()
    project = projects.change(project=project, now=now, guidelines=guidelines, **wanted)
    if _JUDGED_BY & set(wanted):
        due.mark_refit(project=project, now=now)
        ring("settle")
    return project


@transaction.atomic
def move(*, project: Project, deed: str) -> Project:
    """Open, pause or close a project."""
    return projects.move(project=project, deed=deed)
