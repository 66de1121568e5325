"""Projects are drawn up, changed, opened and closed."""

from typing import Any

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.models import Tenant, User
from marketplace.flows import admitting
from marketplace.flows.doorbell import ring
from quality import due
from quality.grounds import gates
from quality.models import Settling
from tasks_app import projects
from tasks_app.errors import invalid
from tasks_app.models import Project

# A change of these is judged anew: they decide when a task has answers enough.
_JUDGED_BY = {"min_answers", "max_answers", "target_confidence", "reliability_floor"}


@transaction.atomic
def draft(
    *, tenant: Tenant, guidelines: str, asked: gates.Asked | None = None, **wanted: Any
) -> Project:
    """A project in draft; workers the tenant invited are admitted, if they meet its grounds."""
    now = timezone.now()
    people.hold_invitations(tenant.pk)
    project = projects.draft(
        tenant_id=tenant.pk, now=now, guidelines=guidelines, **wanted | _gold_only(asked or {})
    )
    Settling.objects.create(project=project)
    gates.change(project=project, asked=asked or {})
    admitting.open_up(project)
    admitting.meet(project=project, worker_ids=people.invited_worker_ids(tenant.pk), now=now)
    return project


@transaction.atomic
def change(
    *,
    project: Project,
    guidelines: str | None,
    changes_answers: bool = False,
    asked: gates.Asked | None = None,
    **wanted: Any,
) -> Project:
    """Change a project; what decides about answers applies from the next settle."""
    now = timezone.now()
    before = project.access
    if asked or changes_answers:
        people.hold_invitations(project.tenant_id)
    project = projects.change(
        project=project,
        now=now,
        guidelines=guidelines,
        changes_answers=changes_answers,
        **wanted | _gold_only(asked or {}),
    )
    is_asked = gates.change(project=project, asked=asked or {})
    _check_training(project)
    admitting.open_up(project)
    if is_asked or changes_answers or project.access != before:
        admitting.reconsider(project=project, now=now)
    if _JUDGED_BY & set(wanted):
        due.mark_refit(project=project, now=now)
        ring("settle")
    return project


@transaction.atomic
def confirm_guidelines(*, project: Project, worker: User, version: int) -> None:
    """A worker has read the guidelines of a version. Raises Invalid."""
    now = timezone.now()
    projects.check_version(project, version)
    admitting.meet(project=project, worker_ids=[worker.pk], now=now)
    admitting.confirm(project=project, worker_id=worker.pk, version=version)
    admitting.reconsider(project=project, worker_ids=[worker.pk], now=now)


@transaction.atomic
def move(*, project: Project, deed: str) -> Project:
    """Open, pause or close a project."""
    return projects.move(project=project, deed=deed)


def _gold_only(asked: gates.Asked) -> dict[str, Any]:
    """A training serves nothing but gold, and tells of each answer."""
    return {"gold_rate": 1.0, "gold_feedback": True} if asked.get("training") else {}


def _check_training(project: Project) -> None:
    """Raises Invalid where a training would not be one any more."""
    if gates.of([project])[project.pk].training is None:
        return
    if project.gold_rate < 1:
        raise invalid("/gold_rate", "training", "a training serves nothing but gold")
    if not project.gold_feedback:
        raise invalid("/gold_feedback", "training", "a training tells of each answer")
