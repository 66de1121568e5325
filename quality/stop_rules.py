"""When tasks stop: the threshold of each field, which grows from what stopped tasks teach."""

from datetime import datetime

from django.db import transaction

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
        version=rule.version + 1,
        target=rule.target,
        tau=learned.tau,
        basis=learned.basis,
        n_checked=learned.n_checked,
        accuracy=learned.accuracy if learned.n_checked else None,
    )


@transaction.atomic
def keep(rules: list[StopRule], *, now: datetime) -> None:
    """Store the rules that are new."""
    for rule in rules:
        if rule.pk is None and rule.version:
            rule.made_at = now
            rule.save()


def _for_target(project: Project, key: str, rule: StopRule | None) -> StopRule:
    if rule is not None and rule.target == project.target_confidence:
        return rule
    # Version 0 is never stored: the target itself, or a target changed since the last fit.
    return StopRule(
        project=project,
        field=key,
        version=rule.version if rule else 0,
        target=project.target_confidence,
        tau=project.target_confidence,
        basis=StopRule.Basis.TARGET,
        n_checked=0,
    )
