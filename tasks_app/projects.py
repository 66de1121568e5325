"""Draw up projects, change them, and open and close their doors."""

from datetime import datetime
from typing import Any

from django.db import IntegrityError, transaction

from tasks_app import forms, splitting
from tasks_app.errors import Fault, Invalid, Refusal, invalid
from tasks_app.models import GuidelineVersion, Item, Project
from tasks_app.schemas import Schema

# What may not change once an item was cut by it.
FROZEN = ("form", "split", "item_schema")

_TRANSITIONS = {
    "open": {Project.State.DRAFT, Project.State.PAUSED},
    "pause": {Project.State.OPEN},
    "close": {Project.State.DRAFT, Project.State.OPEN, Project.State.PAUSED},
}
_TARGETS = {
    "open": Project.State.OPEN,
    "pause": Project.State.PAUSED,
    "close": Project.State.CLOSED,
}


class SlugTaken(Refusal):
    """Another project of this deployment has this slug."""

    code = "slug_taken"


class ProjectHasItems(Refusal):
    """The form, the split rule and the item schema are fixed once there are items."""

    code = "project_has_items"


class BadTransition(Refusal):
    """The project cannot go there from the state it is in."""

    code = "bad_transition"


@transaction.atomic
def draft(*, tenant_id: int, now: datetime, guidelines: str, **wanted: Any) -> Project:
    """Make a project in draft, with its first guidelines. Raises Invalid or SlugTaken."""
    wanted.setdefault("reliability_floor", (forms.chance(wanted["form"]) + 1) / 2)
    project = Project(tenant_id=tenant_id, created_at=now, **wanted)
    check(project)
    try:
        with transaction.atomic():
            project.save(force_insert=True)
    except IntegrityError as error:
        if "project_slug_unique" in str(error):
            raise SlugTaken from None
        raise
    GuidelineVersion.objects.create(project=project, version=1, text=guidelines, created_at=now)
    return project


@transaction.atomic
def change(
    *,
    project: Project,
    now: datetime,
    guidelines: str | None,
    changes_answers: bool = False,
    **wanted: Any,
) -> Project:
    """Change a project; new guidelines make a new version. Raises Invalid or ProjectHasItems.

    changes_answers: whether workers are to confirm the guidelines, new ones or those in force
    """
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    frozen = [name for name in FROZEN if name in wanted and wanted[name] != getattr(project, name)]
    if frozen and (
        project.state != Project.State.DRAFT or Item.objects.filter(project=project).exists()
    ):
        raise ProjectHasItems
    for name, value in wanted.items():
        setattr(project, name, value)
    if guidelines is not None and guidelines != guidelines_of(project, None):
        project.guideline_version += 1
        GuidelineVersion.objects.create(
            project=project, version=project.guideline_version, text=guidelines, created_at=now
        )
    if changes_answers:
        GuidelineVersion.objects.filter(project=project, version=project.guideline_version).update(
            changes_answers=True
        )
    check(project)
    project.save()
    return project


@transaction.atomic
def move(*, project: Project, deed: str) -> Project:
    """Open, pause or close a project; repeated, nothing changes. Raises BadTransition."""
    project = Project.objects.select_for_update(no_key=True).get(pk=project.pk)
    if project.state == _TARGETS[deed]:
        return project
    if project.state not in _TRANSITIONS[deed]:
        raise BadTransition(f"A project that is {project.state} cannot {deed}.")
    project.state = _TARGETS[deed]
    project.save(update_fields=["state"])
    return project


def is_closed(project: Project) -> bool:
    """Whether the project is closed; it stays as it is until this transaction ends."""
    state = (
        Project.objects.select_for_update(no_key=True)
        .values_list("state", flat=True)
        .get(pk=project.pk)
    )
    return state == Project.State.CLOSED


def guidelines_of(project: Project, version: int | None) -> str | None:
    """The guidelines of a version, by default the one in force; None if there is no such one."""
    return (
        GuidelineVersion.objects.filter(
            project=project, version=version or project.guideline_version
        )
        .values_list("text", flat=True)
        .first()
    )


def check_version(project: Project, version: int) -> None:
    """Raises Invalid unless the project has guidelines of this version."""
    if guidelines_of(project, version) is None:
        detail = f"there are versions 1 to {project.guideline_version}"
        raise invalid("/version", "unknown_version", detail)


def check(project: Project) -> None:
    """Raises Invalid, naming what in a project contradicts itself."""
    forms.check(project.form)
    splitting.check(project.split)
    faults: list[Fault] = []
    if project.min_answers > project.max_answers:
        faults.append(Fault("/redundancy/min", "min_above_max", "min is above max"))
    if project.item_schema is not None:
        try:
            Schema(project.item_schema)
        except ValueError as error:
            faults.append(Fault("/item_schema", "bad_schema", str(error)))
    if project.retraining is not None:
        faults.extend(_retraining_faults(project))
    if faults:
        raise Invalid(faults)


def _retraining_faults(project: Project) -> list[Fault]:
    rule = project.retraining or {}
    fields = {field["key"]: field for field in project.form}
    faults: list[Fault] = []
    if "field" in rule and rule["field"] not in fields:
        faults.append(Fault("/retraining/field", "unknown_field", "the form has no such field"))
    if rule.get("sink", "builtin") != "builtin":
        return faults
    if "field" not in rule:
        faults.append(Fault("/retraining/field", "required", "the builtin sink needs a field"))
    elif fields.get(rule["field"], {}).get("type") not in {"choice", "ordinal", None}:
        faults.append(
            Fault("/retraining/field", "wrong_type", "the builtin sink learns choices and ordinals")
        )
    if ("text" in rule) == ("numeric" in rule):
        faults.append(
            Fault("/retraining/text", "required", "the builtin sink needs either text or numeric")
        )
    return faults
