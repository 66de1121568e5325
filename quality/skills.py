"""Skills: named numbers about workers, from what they did or set by hand."""

from collections.abc import Collection, Iterator, Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

import numpy as np
from django.db import IntegrityError, connection, transaction
from django.db.models import Q, QuerySet

from quality.core import mean_interval, share_interval
from quality.models import Reliability, Sitting, Skill, SkillValue, Standing
from quality.sql import statement
from tasks_app.errors import Refusal
from tasks_app.models import Project

SCORES = {
    Skill.Source.GOLD: statement("skill_gold"),
    Skill.Source.REVIEW: statement("skill_review"),
}
KEEP = statement("skill_values_keep")
# What a study of a project's workers moves.
STUDIED = (Skill.Source.GOLD, Skill.Source.CONSENSUS, Skill.Source.REVIEW, Skill.Source.SPEED)
# So many of a worker's last answers are kept for skills from consensus and speed.
MOST_RECENT = 200
# Speed has an interval from so many answers on.
LEAST_TIMED = 2
# What workers read of themselves moves in steps of so many answers, of all or to gold.
STEP = 20


class SkillTaken(Refusal):
    """There is a skill of this name."""

    code = "skill_taken"


class NotByHand(Refusal):
    """The values of this skill are computed; only those of a skill `by_hand` are set."""

    code = "not_by_hand"


@dataclass(frozen=True, slots=True)
class Found:
    """A value as it was computed: of whom, with its interval, and when its last answer came."""

    worker_id: int
    value: float
    low: float
    high: float
    n: int
    at: datetime


def of_project(project: Project, sources: Collection[str] | None = None) -> list[Skill]:
    """The skills that answers to this project move: its own, its tenant's, the deployment's."""
    moved = Q(project=project) | Q(project=None, tenant_id=project.tenant_id) | Q(tenant=None)
    skills = Skill.objects.filter(moved).exclude(source=Skill.Source.BY_HAND)
    if sources is not None:
        skills = skills.filter(source__in=sources)
    return list(skills.order_by("pk"))


@transaction.atomic
def make(
    *,
    tenant_id: int | None,
    project: Project | None,
    name: str,
    source: str,
    window: int | None,
    ttl_days: int | None,
    now: datetime,
) -> Skill:
    """Raises SkillTaken."""
    try:
        with transaction.atomic():
            return Skill.objects.create(
                tenant_id=tenant_id,
                project=project,
                name=name,
                source=source,
                window=window,
                ttl_days=ttl_days,
                created_at=now,
            )
    except IntegrityError:
        raise SkillTaken from None


def workers_of(skill: Skill) -> list[int]:
    """Who answered where the skill looks."""
    answered = Reliability.objects.filter(where(skill)).order_by("worker_id")
    return list(answered.values_list("worker_id", flat=True).distinct())


def where(skill: Skill) -> Q:
    """The rows of the projects that a skill looks at: its own, its tenant's, or all."""
    if skill.project_id is not None:
        return Q(project=skill.project_id)
    return Q() if skill.tenant_id is None else Q(project__tenant_id=skill.tenant_id)


@transaction.atomic
def refresh(
    *, skills: Sequence[Skill], worker_ids: Collection[int], now: datetime
) -> dict[int, set[str]]:
    """Compute these skills of these workers anew; of each worker, the skills that changed."""
    changed: dict[int, set[str]] = {}
    for skill in skills:
        found = list(_computed(skill, sorted(worker_ids)))
        gone = SkillValue.objects.filter(skill=skill, worker__in=worker_ids).exclude(
            worker__in=[one.worker_id for one in found]
        )
        lost = list(gone.values_list("worker_id", flat=True))
        gone.delete()
        for worker_id in [*lost, *_keep(skill, found, now)]:
            changed.setdefault(worker_id, set()).add(skill.name)
    return changed


@transaction.atomic
def set_by_hand(
    *,
    skill: Skill,
    values: dict[int, float],
    expires_at: datetime | None,
    now: datetime,
) -> list[int]:
    """Set values of workers; who has another value now. Raises NotByHand."""
    if skill.source != Skill.Source.BY_HAND:
        raise NotByHand
    found = [Found(worker_id, value, value, value, 0, now) for worker_id, value in values.items()]
    return _keep(skill, found, now, expires_at=expires_at)


@transaction.atomic
def forget_expired(*, now: datetime, limit: int = 500) -> list[SkillValue]:
    """Take away values whose time is over; which."""
    over = list(
        SkillValue.objects.filter(expires_at__lte=now)
        .select_for_update(of=("self",), skip_locked=True)
        .select_related("skill")
        .order_by("expires_at")[:limit]
    )
    SkillValue.objects.filter(pk__in=[value.pk for value in over]).delete()
    return over


def _computed(skill: Skill, worker_ids: list[int]) -> Iterator[Found]:
    if skill.source in SCORES:
        return _from_scores(skill, worker_ids)
    if skill.source in {Skill.Source.TRAINING, Skill.Source.EXAM}:
        return _from_sittings(skill, worker_ids)
    return _from_standings(skill, worker_ids)


def _from_scores(skill: Skill, worker_ids: list[int]) -> Iterator[Found]:
    with connection.cursor() as cursor:
        cursor.execute(
            SCORES[Skill.Source(skill.source)],
            {
                "project_id": skill.project_id,
                "tenant_id": skill.tenant_id,
                "worker_ids": worker_ids,
                "window": skill.window,
            },
        )
        rows = cursor.fetchall()
    for worker_id, n, score, at in rows:
        yield Found(worker_id, score / n, *share_interval(score, n), n, at)


def _from_sittings(skill: Skill, worker_ids: list[int]) -> Iterator[Found]:
    """By the last sitting."""
    sittings = Sitting.objects.filter(project=skill.project_id, worker__in=worker_ids, n__gt=0)
    for last in {row.worker_id: row for row in sittings.order_by("number")}.values():
        low, high = share_interval(last.score, last.n)
        yield Found(last.worker_id, last.score / last.n, low, high, last.n, last.decided_at)


def standings_of(skill: Skill, worker_ids: Collection[int]) -> QuerySet[Standing]:
    """The standings that a skill looks at, in the order of their last answers."""
    standings = Standing.objects.filter(where(skill), worker__in=worker_ids)
    return standings.order_by("last_answer_at", "pk")


def _from_standings(skill: Skill, worker_ids: list[int]) -> Iterator[Found]:
    """By the last answers; agreement is a share, speed a ratio to what others take, on average."""
    is_speed = skill.source == Skill.Source.SPEED
    by_worker: dict[int, list[Standing]] = {}
    for row in standings_of(skill, worker_ids):
        by_worker.setdefault(row.worker_id, []).append(row)
    for worker_id, rows in by_worker.items():
        recent = [row.recent_speed if is_speed else row.recent_agreement for row in rows]
        last = np.concatenate([np.array(part) for part in recent])
        last = last[-(skill.window or MOST_RECENT) :]
        if last.size >= (LEAST_TIMED if is_speed else 1):
            at = rows[-1].last_answer_at
            yield _mean(worker_id, last, at) if is_speed else _share(worker_id, last, at)


def _share(worker_id: int, scores: Any, at: datetime) -> Found:
    total, n = float(scores.sum()), scores.size
    return Found(worker_id, total / n, *share_interval(total, n), n, at)


def _mean(worker_id: int, logs: Any, at: datetime) -> Found:
    """The geometric mean of ratios, given as logarithms."""
    value, low, high = np.exp(mean_interval(logs)).tolist()
    return Found(worker_id, value, low, high, logs.size, at)


def _keep(
    skill: Skill, found: Sequence[Found], now: datetime, *, expires_at: datetime | None = None
) -> list[int]:
    """Store values; the workers who have another one now."""
    ttl = None if skill.ttl_days is None else timedelta(days=skill.ttl_days)
    ends = [expires_at if ttl is None or expires_at else one.at + ttl for one in found]
    kept = [(one, end) for one, end in zip(found, ends, strict=True) if end is None or end > now]
    with connection.cursor() as cursor:
        cursor.execute(
            KEEP,
            {
                "skill_id": skill.pk,
                "worker_ids": [one.worker_id for one, _ in kept],
                "values": [one.value for one, _ in kept],
                "lows": [min(one.low, one.value) for one, _ in kept],
                "highs": [max(one.high, one.value) for one, _ in kept],
                "counts": [one.n for one, _ in kept],
                "ends": [end for _, end in kept],
                "now": now,
            },
        )
        return [worker_id for (worker_id,) in cursor.fetchall()]
