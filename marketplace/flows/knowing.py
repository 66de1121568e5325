"""What a tenant knows of its workers: skills, attributes, lists, reviews; and what follows."""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db import transaction
from django.utils import timezone

from marketplace.accounts import people
from marketplace.accounts.models import Tenant, User
from marketplace.flows import admitting, examining
from marketplace.flows.doorbell import ring
from quality import reviews, skills, study
from quality.grounds import gates
from quality.models import Skill
from tasks_app.errors import Refusal
from tasks_app.models import Project


class SkillAsked(Refusal):
    """A project asks for this skill."""

    code = "skill_asked"


@transaction.atomic
def make_skill(*, tenant: Tenant | None, project: Project | None, **wanted: Any) -> Skill:
    """A new skill, computed of everybody who has answers it stands on. Raises skills.SkillTaken."""
    now = timezone.now()
    skill = skills.make(
        tenant_id=None if tenant is None else tenant.pk, project=project, now=now, **wanted
    )
    workers = skills.workers_of(skill)
    if skill.source != Skill.Source.BY_HAND and workers:
        examining.refresh(skills_of=[skill], worker_ids=workers, now=now)
    return skill


@transaction.atomic
def remove_skill(*, skill: Skill) -> None:
    """Raises SkillAsked while a project asks for it."""
    asking = admitting.asking_for(tenant_id=skill.tenant_id, skills=[skill.name])
    if asking:
        raise SkillAsked(f"The project {asking[0].slug!r} asks for this skill.")
    skill.delete()


@transaction.atomic
def set_skill(
    *, skill: Skill, values: dict[int, float], expires_at: datetime | None = None
) -> None:
    """Set workers' values of a skill by hand. Raises skills.NotByHand."""
    now = timezone.now()
    changed = skills.set_by_hand(skill=skill, values=values, expires_at=expires_at, now=now)
    examining.moved(
        names_by_worker={worker_id: {skill.name} for worker_id in changed},
        tenant_ids=[skill.tenant_id],
        now=now,
    )


@transaction.atomic
def keep_attributes(*, tenant: Tenant, worker_id: int, attributes: dict[str, Any]) -> None:
    """Change some attributes of a worker; null takes one away."""
    people.keep_attributes(tenant=tenant, worker_id=worker_id, attributes=attributes)
    _regrounded(tenant, [worker_id])


@transaction.atomic
def put_on_list(*, tenant: Tenant, name: str, worker_ids: Collection[int]) -> None:
    """Put workers on a list of the tenant's."""
    _regrounded(tenant, people.put_on_list(tenant=tenant, name=name, worker_ids=worker_ids))


@transaction.atomic
def take_off_list(*, tenant: Tenant, name: str, worker_ids: Collection[int]) -> None:
    """Take workers off a list of the tenant's."""
    _regrounded(tenant, people.take_off_list(tenant=tenant, name=name, worker_ids=worker_ids))


@transaction.atomic
def review(*, project: Project, by: User, rows: list[dict[str, Any]]) -> int:
    """Keep a reviewer's word on answers; on how many it is another now. Raises Invalid."""
    now = timezone.now()
    worker_ids = reviews.keep(project=project, by_id=by.pk, rows=rows, now=now)
    moved = skills.of_project(project, sources=[Skill.Source.REVIEW])
    if worker_ids:
        # The share accepted is the study's.
        study.mark(project=project, is_quiet=True, now=now)
        ring("workers")
    if moved and worker_ids:
        examining.refresh(skills_of=moved, worker_ids=set(worker_ids), now=now)
    return len(worker_ids)


@transaction.atomic
def expire_skills() -> int:
    """Values whose time is over count no more; how many."""
    now = timezone.now()
    over = skills.forget_expired(now=now)
    by_tenant: dict[int | None, dict[int, set[str]]] = {}
    for value in over:
        names = by_tenant.setdefault(value.skill.tenant_id, {})
        names.setdefault(value.worker_id, set()).add(value.skill.name)
    for tenant_id, names in by_tenant.items():
        examining.moved(names_by_worker=names, tenant_ids=[tenant_id], now=now)
    return len(over)


def _regrounded(tenant: Tenant, worker_ids: Collection[int]) -> None:
    """Decide about these workers on the tenant's projects that ask for anything."""
    if not worker_ids:
        return
    now = timezone.now()
    for gate in gates.with_requirements(tenant_id=tenant.pk):
        admitting.reconsider(project=gate.project, worker_ids=worker_ids, now=now)
