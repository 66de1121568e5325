"""The workers of a project are studied: figures, flags of each kind, skills, admissions."""

import logging
import time
from datetime import datetime
from functools import partial

from django.db import transaction
from django.utils import timezone

from marketplace.flows import admitting, examining, telling
from marketplace.flows.doorbell import ring
from marketplace.flows.once import unlocked
from quality import skills, study
from quality.grounds.requirements import SYSTEM, SYSTEM_SKILLS
from tasks_app.models import Project

logger = logging.getLogger(__name__)


def study_due(*, until: float) -> None:
    """Study what is due until nothing is, or the time (monotonic) is over."""
    while time.monotonic() < until:
        studied = [
            study_project(project_id=project_id) for project_id in study.due(now=timezone.now())
        ]
        if not any(studied):
            return


def study_project(*, project_id: int) -> bool:
    """Study the workers of one project; False if another process is at it."""
    project = Project.objects.get(pk=project_id)
    started = time.monotonic()
    outcome = study.run(project=project, clock=timezone.now, follow=partial(_follow, project))
    if outcome is None:
        return False
    logger.info(
        "project.studied",
        extra={
            "project_id": project_id,
            "n_workers": len(outcome.worker_ids),
            "n_flags": len(outcome.flags),
            "took_ms": round(1000 * (time.monotonic() - started)),
        },
    )
    if outcome.flags and telling.is_heard(tenant_id=project.tenant_id):
        ring("webhooks")
    return True


def _follow(project: Project, outcome: study.Outcome) -> None:
    """What stands on a study: skills, and decisions about who may claim."""
    unlocked(partial(_refresh, project, outcome.worker_ids))


@transaction.atomic
def _refresh(project: Project, worker_ids: list[int]) -> None:
    now = timezone.now()
    moved = skills.of_project(project, sources=skills.STUDIED)
    examining.refresh(skills_of=moved, worker_ids=worker_ids, now=now)
    names = {SYSTEM + name for name in SYSTEM_SKILLS}
    for asking in admitting.asking_for(tenant_id=project.tenant_id, skills=names):
        admitting.reconsider(project=asking, worker_ids=worker_ids, now=now)


def is_due(now: datetime) -> bool:
    """True if a study waits."""
    return bool(study.due(now=now))


def oldest_due(now: datetime) -> float:
    """For how many seconds the oldest study has waited; 0.0 when none does."""
    since = study.oldest(now=now)
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
