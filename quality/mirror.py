"""What workers may read of themselves: their skills and figures, as managers see them.

What depends on being right moves with every 20th answer only, what stands on gold alone by 20
answers to gold at a time: so no answer by itself tells that it was to gold, or what others said.
Scores of suspicion are not shown; what follows from them is, as flags and restrictions.
"""

from collections.abc import Collection
from datetime import datetime
from typing import Any

from django.db.models import Q

from quality import reliability
from quality.core import share_interval
from quality.models import GoldResult, Skill, SkillValue, Standing
from quality.skills import MOST_RECENT, STEP, standings_of, where
from tasks_app.models import Answer, Project

Told = dict[str, Any]

DECIMALS = 4
# Figures of the last study that workers see.
_SHOWN = ("accuracy", "agreement", "speed", "series", "fields")


def of_value(row: SkillValue) -> Told:
    """A skill's value with its interval and count."""
    skill = row.skill
    return {
        "skill": skill.name,
        "source": skill.source,
        "project": skill.project.slug if skill.project else None,
        "value": round(row.value, DECIMALS),
        "interval": [round(row.low, DECIMALS), round(row.high, DECIMALS)],
        "n": row.n,
        "changed_at": row.changed_at,
        "expires_at": row.expires_at,
    }


def skills(
    *, worker_ids: Collection[int], tenant_id: int | None, now: datetime
) -> dict[int, list[Told]]:
    """By worker, their values that are good now, of the tenant's skills and the deployment's."""
    found: dict[int, list[Told]] = {}
    for row in _values(worker_ids, tenant_id, now):
        found.setdefault(row.worker_id, []).append(of_value(row))
    return found


def of_worker(
    *, worker_id: int, projects: Collection[Project], tenant_id: int | None, now: datetime
) -> Told:
    """What the worker reads: skills, and figures by project."""
    figures = {row.project_id: row for row in Standing.objects.filter(worker_id=worker_id)}
    return {
        "skills": [
            told
            for row in _values([worker_id], tenant_id, now)
            if (told := _stepped(row)) is not None
        ],
        "projects": [
            _of_project(project, worker_id, figures.get(project.pk)) for project in projects
        ],
    }


def _values(worker_ids: Collection[int], tenant_id: int | None, now: datetime) -> list[SkillValue]:
    good = SkillValue.objects.filter(Q(expires_at=None) | Q(expires_at__gt=now))
    if tenant_id is not None:
        good = good.filter(Q(skill__tenant_id=tenant_id) | Q(skill__tenant=None))
    found = good.filter(worker__in=worker_ids).select_related("skill__project")
    return list(found.order_by("skill__name", "pk"))


def _stepped(row: SkillValue) -> Told | None:
    """A value as its worker sees it; None for one that moves in steps before the first."""
    scores_of = {Skill.Source.GOLD: _gold_scores, Skill.Source.CONSENSUS: _agreement}
    if row.skill.source not in scores_of:
        return of_value(row)
    scores = scores_of[Skill.Source(row.skill.source)](row.worker_id, row.skill)
    if not scores:
        return None
    return of_value(row) | _share(scores) | {"changed_at": None, "expires_at": None}


def _gold_scores(worker_id: int, skill: Skill) -> list[float]:
    scores = _on_gold(worker_id, where(skill))
    return scores[-skill.window :] if skill.window else scores


def _agreement(worker_id: int, skill: Skill) -> list[float]:
    rows = standings_of(skill, [worker_id])
    scores = [score for row in rows for score in row.mirrored.get("recent", [])]
    return scores[-(skill.window or MOST_RECENT) :]


def _of_project(project: Project, worker_id: int, standing: Standing | None) -> Told:
    known = reliability.figures(project, [worker_id])[worker_id]
    scores = _on_gold(worker_id, Q(project=project))
    studied = standing.mirrored if standing else {}
    return {
        "project": project.slug,
        "n_answers": known.n_answers,
        "gold": _share(scores) if scores else None,
        "median_s": known.median_s,
        **{name: studied.get(name) for name in _SHOWN},
    }


def _on_gold(worker_id: int, there: Q) -> list[float]:
    """The scores of whole steps, in order of time, as they were when a step of all answers ended.

    If they moved with the last answer of their own step, that one would be known to be to gold.
    """
    results = GoldResult.objects.filter(there, worker_id=worker_id, counts=True)
    found = list(results.order_by("answered_at", "pk").values_list("answered_at", "score"))
    if len(found) < STEP:
        return []
    ended_at = _step_ended_at(worker_id, there)
    scores = [score for answered_at, score in found if answered_at <= ended_at]
    return scores[: len(scores) // STEP * STEP]


def _step_ended_at(worker_id: int, there: Q) -> datetime:
    answers = Answer.objects.filter(there, worker_id=worker_id)
    times = answers.order_by("answered_at", "pk").values_list("answered_at", flat=True)
    ended_at: datetime = times[times.count() // STEP * STEP - 1]
    return ended_at


def _share(scores: list[float]) -> Told:
    n, total = len(scores), sum(scores)
    interval = [round(end, DECIMALS) for end in share_interval(total, n)]
    return {"value": round(total / n, DECIMALS), "interval": interval, "n": n}
