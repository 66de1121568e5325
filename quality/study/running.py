"""When a project's workers are studied, by whom, and what is kept of it."""

import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction
from django.db.models import Count, Min

from quality import due as settling
from quality import flags, heartbeat
from quality.models import Flag, Review, Study
from quality.skills import MOST_RECENT, STEP
from quality.sql import statement
from quality.study import figures, material, scores, suspicions
from quality.study.material import Material
from quality.study.scores import Scores
from tasks_app.models import Project

MARK, TAKE, KEEP = statement("study_due"), statement("take_study"), statement("standings_keep")
# Whoever died is taken over after this long; who lives renews the lease.
LEASE, BEAT_S = timedelta(seconds=20), 5.0
# A study rests for so many times as long as it took, and at least so long.
REST_FACTOR, LEAST_REST_S = 5, 5.0


class LostLease(Exception):
    """Another process took the study over."""


@dataclass(frozen=True, slots=True)
class Outcome:
    """Of whom figures were kept, and the flags that were raised."""

    worker_ids: list[int]
    flags: list[Flag]


def mark(*, project: Project, is_quiet: bool, now: datetime) -> None:
    """Say that the project's workers are to be studied, in the transaction of a refit."""
    with connection.cursor() as cursor:
        cursor.execute(MARK, {"project_id": project.pk, "is_quiet": is_quiet, "now": now})


def due(*, now: datetime) -> list[int]:
    """Projects whose workers are to be studied, the one that waits longest first."""
    waiting = Study.objects.filter(due_at__lte=now).order_by("due_at")
    return list(waiting.values_list("project_id", flat=True))


def oldest(*, now: datetime) -> datetime | None:
    """Since when a study waits; None when none does."""
    since: datetime | None = Study.objects.filter(due_at__lte=now).aggregate(at=Min("due_at"))["at"]
    return since


def run(
    *, project: Project, clock: Callable[[], datetime], follow: Callable[[Outcome], None]
) -> Outcome | None:
    """Study the project's workers, then do what follows; None if another process is at it.

    Twice changes nothing. What was broken off, or failed, is due still.
    """
    began, now = time.monotonic(), clock()
    with connection.cursor() as cursor:
        params: dict[str, Any] = {"project_id": project.pk, "now": now, "until": now + LEASE}
        cursor.execute(TAKE, params)
        row = cursor.fetchone()
    if row is None:
        return None
    fence, due_at, is_quiet = row
    mine = Study.objects.filter(project=project, fence=fence)

    def renew() -> int:
        held = mine.filter(leased_until__isnull=False)
        return held.update(leased_until=clock() + LEASE)

    def rest() -> datetime:
        took = time.monotonic() - began
        return clock() + timedelta(seconds=max(LEAST_REST_S, REST_FACTOR * took))

    try:
        with heartbeat.kept(renew, every_s=BEAT_S, what=f"study of {project.pk}"):
            outcome = _studied(project, mine.filter, is_quiet, clock)
            follow(outcome)
    except LostLease:
        return None
    except BaseException:
        mine.update(leased_until=None, due_at=rest())
        raise
    # Unless it was asked for anew meanwhile.
    mine.filter(due_at=due_at).update(due_at=None)
    mine.update(leased_until=None, rests_until=rest())
    return outcome


def _studied(
    project: Project, held: Callable[..., Any], is_quiet: bool, clock: Callable[[], datetime]
) -> Outcome:
    read = material.read(project)
    found = scores.computed(read) if read.fields else None
    told = figures.of_workers(read, found) if found else []
    known = flags.unsettled(project)
    suspected = list(suspicions.found(read, found, is_quiet=is_quiet, but=known)) if found else []
    rows = _rows(project, read, found, told)
    now = clock()
    with transaction.atomic():
        with connection.cursor() as cursor:
            rows_told = orjson.dumps(rows, option=orjson.OPT_SERIALIZE_NUMPY).decode()
            kept: dict[str, Any] = {
                "project_id": project.pk,
                "rows": rows_told,
                "step": STEP,
                "now": now,
            }
            cursor.execute(KEEP, kept)
        _hold(held)
    raised: list[Flag] = []
    if suspected:
        with transaction.atomic():
            # Flags are raised under the lock of whoever settles, who waits for nothing else.
            settling.lock(project)
            _hold(held)
            raised = flags.raise_each(project=project, suspicions=suspected, now=now)
    return Outcome([row["worker_id"] for row in rows], raised)


def _hold(held: Callable[..., Any]) -> None:
    """Keep the study ours until the commit, which follows at once. Raises LostLease."""
    if not held(leased_until__isnull=False).select_for_update().exists():
        raise LostLease


def _rows(
    project: Project, read: Material, found: Scores | None, told: list[figures.Told]
) -> list[dict[str, Any]]:
    """One row for each worker with answers, counting or not."""
    answers = read.ballots.answers
    worker_ids, worker = np.unique(answers.worker, return_inverse=True)
    n_workers = worker_ids.size
    counts = np.bincount(worker, minlength=n_workers)
    aside = np.bincount(worker[read.ballots.set_aside], minlength=n_workers)
    timed = ~np.isnan(answers.elapsed)
    n_timed = np.bincount(worker[timed], minlength=n_workers)
    seconds = np.bincount(worker[timed], answers.elapsed[timed], minlength=n_workers)
    last = np.zeros(n_workers)
    np.maximum.at(last, worker, answers.at)
    rejected = _rejected(project)
    place = {worker_id: code for code, worker_id in enumerate(read.worker_ids.tolist())}
    accuracy = figures.reliabilities(project)
    rows = []
    for i, worker_id in enumerate(worker_ids.tolist()):
        code = place.get(worker_id) if found else None
        recent = _recent(found and found.agreements, code)
        refused = aside[i] or min(rejected.get(worker_id, 0), counts[i])
        rows.append(
            {
                "worker_id": worker_id,
                "n_answers": int(counts[i]),
                "n_accepted": int(counts[i] - refused),
                "n_timed": int(n_timed[i]),
                "seconds": float(seconds[i]),
                "recent_agreement": recent,
                "recent_speed": _recent(found and found.recent_speed, code),
                "last_answer_at": _iso(last[i]),
                "figures": {} if code is None else told[code],
                "mirrored": {}
                if code is None
                else figures.mirrored(told[code], accuracy.get(worker_id), recent, found, code),
            }
        )
    return rows


def _recent(of_each: Any, code: int | None) -> list[float]:
    if not of_each or code is None:
        return []
    recent: list[float] = of_each[code][-MOST_RECENT:].round(6).tolist()
    return recent


def _rejected(project: Project) -> dict[int, int]:
    rows = Review.objects.filter(project=project, accepted=False).order_by()
    return dict(rows.values_list("worker_id").annotate(n=Count("pk")))


def _iso(seconds: float) -> str:
    return datetime.fromtimestamp(seconds, tz=UTC).isoformat()
