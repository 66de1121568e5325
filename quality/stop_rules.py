"""When tasks stop: the threshold of each field, which grows from what stopped tasks teach."""

import math
from datetime import datetime

from quality.core.categorical import Threshold
from quality.models import StopRule
from tasks_app.models import Project


def current(project: Project) -> dict[str, StopRule]:
    """The rule of each field; the project's target where none was learned for it yet."""
    found = {
        rule.field: rule
        for rule in StopRule.objects.filter(project=project)
        .order_by("field", "-version")
        .distinct("field")
    }
    return {
        field["key"]: _for_target(project, field["key"], found.get(field["key"]))
        for field in project.form
    }


def after(rule: StopRule, learned: Threshold | None) -> StopRule:
    """The rule once a fit has learned; the same one where nothing changes."""
    if learned is None or (learned.tau, learned.basis) == (rule.tau, rule.basis):
        return rule
    return StopRule(
        project_id=rule.project_id,
        field=rule.field,
        version=_version_after(rule),
        target=rule.target,
        tau=learned.tau,
        basis=learned.basis,
        n_checked=learned.n_checked,
        accuracy=learned.accuracy if math.isfinite(learned.accuracy) else None,
    )


def is_new(rule: StopRule) -> bool:
    """Whether the rule is yet to be stored; version 0, the bare target, never is."""
    return rule.pk is None and rule.version > 0


def keep(new: list[StopRule], *, current: dict[str, StopRule], now: datetime) -> None:
    """Store new rules, in the caller's transaction; each after the current one of its field.

    One that was made beside it is not stored twice: then both are the same version.
    """
    for rule in new:
        stands = current[rule.field]
        if stands.pk is not None and _says(stands) == _says(rule):
            rule.pk, rule.version = stands.pk, stands.version
            continue
        rule.version, rule.made_at = _version_after(stands), now
        rule.save()


def _version_after(rule: StopRule) -> int:
    """One that is not stored yet gives its number to what follows."""
    return rule.version if is_new(rule) else rule.version + 1


def _says(rule: StopRule) -> tuple[float, float, str]:
    return rule.target, rule.tau, rule.basis


def _for_target(project: Project, key: str, rule: StopRule | None) -> StopRule:
    if rule is not None and rule.target == project.target_confidence:
        return rule
    return StopRule(
        project=project,
        field=key,
        version=rule.version + 1 if rule else 0,
        target=project.target_confidence,
        tau=project.target_confidence,
        basis=StopRule.Basis.TARGET,
        n_checked=0,
    )
