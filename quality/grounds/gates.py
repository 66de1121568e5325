"""What a project asks of workers is drawn up and changed."""

from typing import Any

from quality.grounds import checking, facts, sittings
from quality.models import Gate
from tasks_app.errors import Fault, Invalid
from tasks_app.models import Item, Project

# The members of a project that a gate holds.
PARTS = ("requirements", "exam", "training")
Asked = dict[str, Any]


def of(projects: list[Project]) -> dict[int, Gate]:
    """By project, its gate; one that asks nothing where there is none."""
    found = {gate.project_id: gate for gate in Gate.objects.filter(project__in=projects)}
    return {project.pk: found.get(project.pk, Gate(project=project)) for project in projects}


def with_requirements(*, tenant_id: int | None) -> list[Gate]:
    """The gates that have requirements, of a tenant's projects or of all."""
    found = Gate.objects.filter(requirements__isnull=False).select_related("project")
    if tenant_id is not None:
        found = found.filter(project__tenant_id=tenant_id)
    return list(found.order_by("project_id"))


def change(*, project: Project, asked: Asked) -> bool:
    """Change some of what a project asks for; whether that was another before. Raises Invalid."""
    gate = of([project])[project.pk]
    before = [getattr(gate, part) for part in PARTS]
    for part, value in asked.items():
        setattr(gate, part, value)
    after = [getattr(gate, part) for part in PARTS]
    if after == before:
        return False
    faults = list(_faults(project, gate))
    if faults:
        raise Invalid(faults)
    if any(value is not None for value in after):
        gate.save()
    else:
        Gate.objects.filter(project=project).delete()
    return True


def _faults(project: Project, gate: Gate) -> list[Fault]:
    found: list[Fault] = []
    if gate.requirements is not None:
        names = {skill.name for skill in facts.usable(project.tenant_id)}
        found += checking.faults(gate.requirements, names)
    if gate.exam is not None and gate.training is not None:
        found.append(Fault("/exam", "exam_or_training", "a training project has no exam"))
    for part in ("exam", "training"):
        terms = getattr(gate, part)
        if terms is not None:
            found += sittings.faults(terms, f"/{part}")
    if gate.training is not None and Item.objects.filter(project=project, gold=None).exists():
        detail = "items without gold are there, and a training consists of gold"
        found.append(Fault("/training", "gold_missing", detail))
    return found
