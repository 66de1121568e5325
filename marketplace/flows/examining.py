"""A worker takes an entrance exam or a training, and it is decided."""

from collections.abc import Collection
from datetime import datetime

from django.db import transaction
from django.utils import timezone

from marketplace.flows import admitting
from quality import skills
from quality.gold import results
from quality.grounds import sittings
from quality.models import Gate, Sitting, Skill
from tasks_app import claims
from tasks_app.leases import Lease
from tasks_app.models import Admission, Project


@transaction.atomic
def seat(*, project: Project, worker_id: int, count: int) -> list[Lease]:
    """Decide about a worker whom the project does not admit; lease the exam's tasks, if it is due.

    None comes back where the worker is admitted now, or refused for another reason, or has taken
    as many tasks as the exam asks for.
    """
    now = timezone.now()
    if admitting.strangers_to(projects=[project], worker_id=worker_id):
        admitting.meet(project=project, worker_ids=[worker_id], now=now)
    gate = Gate.objects.filter(project=project).first()
    if gate is None or not (gate.exam or gate.training) or _is_admitted(project, worker_id, gate):
        return []
    # An answer of a moment ago may not have been scored yet.
    results.take_in(project=project, task_ids=sittings.taken(project, worker_id))
    admitting.reconsider(project=project, worker_ids=[worker_id], now=now)
    if _decide(project, [worker_id], gate, now) or not gate.exam:
        return []
    row = Admission.objects.filter(project=project, worker_id=worker_id).first()
    if row is None or row.may_claim or row.reason_code != Admission.Reason.EXAM:
        return []
    left = sittings.course(project, worker_id, now).n_left(gate.exam)
    if not left:
        return []
    return claims.examine(
        project=project,
        worker_id=worker_id,
        count=min(count, left),
        is_paid=gate.exam["paid"],
        now=now,
    )


@transaction.atomic
def after_gold(*, project: Project) -> None:
    """Where results on gold are new: decide sittings that are over, move skills from gold."""
    worker_ids = results.unexamined(project)
    if not worker_ids:
        return
    now = timezone.now()
    results.note_examined(project, worker_ids)
    gate = Gate.objects.filter(project=project).first()
    if gate and (gate.exam or gate.training):
        _decide(project, worker_ids, gate, now)
    moved = skills.of_project(project, sources=[Skill.Source.GOLD])
    if moved:
        refresh(skills_of=moved, worker_ids=worker_ids, now=now)


def _is_admitted(project: Project, worker_id: int, gate: Gate) -> bool:
    """True for whom the exam lies behind; a training goes on while it admits."""
    admitted = Admission.objects.filter(project=project, worker_id=worker_id, may_claim=True)
    return bool(gate.exam) and admitted.exists()


def refresh(*, skills_of: list[Skill], worker_ids: Collection[int], now: datetime) -> None:
    """Compute skills of these workers anew, and decide about projects that ask for them."""
    changed = skills.refresh(skills=skills_of, worker_ids=worker_ids, now=now)
    moved(names_by_worker=changed, tenant_ids={skill.tenant_id for skill in skills_of}, now=now)


def moved(
    *, names_by_worker: dict[int, set[str]], tenant_ids: Collection[int | None], now: datetime
) -> None:
    """Skills of workers changed: decide about the projects that ask for them."""
    names = set().union(*names_by_worker.values())
    if not names:
        return
    projects = {
        project.pk: project
        for tenant_id in tenant_ids
        for project in admitting.asking_for(tenant_id=tenant_id, skills=names)
    }
    for _, project in sorted(projects.items()):
        admitting.reconsider(project=project, worker_ids=names_by_worker.keys(), now=now)


def _decide(project: Project, worker_ids: list[int], gate: Gate, now: datetime) -> list[Sitting]:
    """Decide the sittings of these workers that are over."""
    terms = gate.exam or gate.training or {}
    admitting.hold(project)
    met = Admission.objects.filter(project=project, worker__in=worker_ids).order_by("worker_id")
    sittings.reopen(project, worker_ids)
    decided = [
        sitting
        for worker_id in met.values_list("worker_id", flat=True)
        if (sitting := sittings.decide(project, worker_id, terms, now)) is not None
    ]
    if decided:
        ids = [sitting.worker_id for sitting in decided]
        admitting.reconsider(project=project, worker_ids=ids, now=now)
        sources = [Skill.Source.EXAM, Skill.Source.TRAINING]
        refresh(skills_of=skills.of_project(project, sources), worker_ids=ids, now=now)
    return decided
