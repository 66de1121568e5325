"""What requirements can ask about workers, read for many at once."""

from collections import defaultdict
from collections.abc import Collection
from datetime import datetime

from django.db.models import Count, Q, Sum

from quality.core import beta_interval, rate_interval, share_interval
from quality.grounds.requirements import SYSTEM, Value
from quality.models import Reliability, Skill, SkillValue, Standing
from tasks_app.models import Project

Skills = dict[object, Value]

_HELPS = {
    Skill.Source.GOLD: "right answers raise it",
    Skill.Source.CONSENSUS: "answers that agree with the consensus raise it",
    Skill.Source.REVIEW: "accepted answers raise it",
    Skill.Source.SPEED: "it comes with your answers",
    Skill.Source.BY_HAND: "the tenant gives it",
}


def usable(tenant_id: int) -> list[Skill]:
    """The skills that a tenant's projects can ask for: its own, and the deployment's.

    The tenant's own come last, so that they win where names are the same.
    """
    of_tenant = Skill.objects.filter(Q(tenant_id=tenant_id) | Q(tenant=None))
    found = list(of_tenant.select_related("project").order_by("pk"))
    return sorted(found, key=lambda skill: skill.tenant_id is not None)


def helps(skills: Collection[Skill]) -> dict[str, str]:
    """By name, what gives a worker a value."""
    told = {}
    for skill in skills:
        if skill.source == Skill.Source.TRAINING and skill.project:
            told[skill.name] = f"take the training {skill.project.slug!r}"
        elif skill.source == Skill.Source.EXAM and skill.project:
            told[skill.name] = f"take the entrance exam of {skill.project.slug!r}"
        else:
            told[skill.name] = _HELPS[Skill.Source(skill.source)]
    return told


def untold(skills: Collection[Skill]) -> frozenset[str]:
    """Names of skills whose values would tell a worker which answer was to gold, or was right."""
    hidden = {Skill.Source.GOLD, Skill.Source.CONSENSUS}
    return frozenset(skill.name for skill in skills if skill.source in hidden)


def named(
    skills: Collection[Skill], worker_ids: Collection[int], now: datetime
) -> dict[int, Skills]:
    """The workers' values of these skills that are good now, by name."""
    names = {skill.pk: skill.name for skill in skills}
    order = {pk: place for place, pk in enumerate(names)}
    rows = SkillValue.objects.filter(skill__in=names, worker__in=worker_ids).filter(
        Q(expires_at=None) | Q(expires_at__gt=now)
    )
    found: dict[int, Skills] = defaultdict(dict)
    for row in sorted(rows, key=lambda row: order[row.skill_id]):
        found[row.worker_id][names[row.skill_id]] = Value(row.value, row.low, row.high, row.n)
    return found


def of_system(project: Project, worker_ids: Collection[int]) -> dict[int, Skills]:
    """The system skills of workers on a project and over all of its tenant's, by (name, scope)."""
    found: dict[int, Skills] = {worker_id: {} for worker_id in worker_ids}
    _enter("project", Q(project=project), worker_ids, found)
    _enter("tenant", Q(project__tenant_id=project.tenant_id), worker_ids, found)
    return found


def _enter(scope: str, projects: Q, worker_ids: Collection[int], found: dict[int, Skills]) -> None:
    for worker_id in worker_ids:
        found[worker_id][f"{SYSTEM}answers", scope] = Value(0.0, 0.0, 0.0, 0)
    standings = Standing.objects.filter(projects, worker__in=worker_ids).order_by()
    for row in standings.values("worker_id").annotate(
        n=Sum("n_answers"), accepted=Sum("n_accepted"), timed=Sum("n_timed"), s=Sum("seconds")
    ):
        skills, n = found[row["worker_id"]], row["n"]
        skills[f"{SYSTEM}answers", scope] = Value(n, n, n, n)
        if n:
            share = row["accepted"] / n
            skills[f"{SYSTEM}accepted", scope] = Value(
                share, *share_interval(row["accepted"], n), n
            )
        if row["timed"] and row["s"] > 0:
            hours = row["s"] / 3600
            skills[f"{SYSTEM}tasks_per_hour", scope] = Value(
                row["timed"] / hours, *rate_interval(row["timed"], hours), row["timed"]
            )
    known = Reliability.objects.filter(projects, worker__in=worker_ids).order_by()
    for worker_id, n_rows, alphas, betas, n in (
        known.values("worker_id")
        .annotate(rows=Count("pk"), a=Sum("alpha"), b=Sum("beta"), n=Sum("n_answers"))
        .values_list("worker_id", "rows", "a", "b", "n")
    ):
        # Each row began at Beta(1, 1), which all of them together do once.
        alpha, beta = 1 + alphas - n_rows, 1 + betas - n_rows
        found[worker_id][f"{SYSTEM}reliability", scope] = Value(
            alpha / (alpha + beta), *beta_interval(alpha, beta), n
        )
