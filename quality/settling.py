"""Settle a project: judge what is due, tell what changed, give tasks their next places."""

import time
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor, wait
from dataclasses import dataclass, replace
from datetime import datetime, timedelta
from functools import partial
from typing import Any

from django.db import connection, transaction
from django.db.models import Case, F, Q, Value, When
from django.db.models.functions import Greatest
from django.db.models.lookups import GreaterThan

from quality import ballots, fits, heartbeat, judging, writing
from quality.gold import health, results
from quality.judges import Fitted
from quality.models import Flag, SettleDue, Settling
from quality.sql import statement
from tasks_app import progress
from tasks_app.models import Project, Task

TAKE = statement("take_settling")
# The whole project is fitted anew when its answers grew by this share; after a refit that took
# long, not before so many times as long have passed.
GROWTH = 0.1
LONG_S, REST_FACTOR = 2.0, 3
QUIET = timedelta(seconds=5)
MOST_TASKS = 5000
# A settler that died is taken over after this long; one that lives renews its lease.
LEASE = timedelta(seconds=8)
BEAT_S = 2.0
# What waits while a refit goes on is settled this often.
MEANWHILE_S = 0.3


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round did: rows told, tasks that were due, answers a refit took in, flags raised."""

    n_revisions: int
    n_due: int
    n_fitted: int
    flags: list[Flag]


@dataclass(frozen=True, slots=True)
class _Lease:
    fence: int
    n_fitted: int
    refit_at: datetime | None
    rests_until: datetime | None


def settle(*, project: Project, now: datetime) -> Outcome | None:
    """One round of settling; None if another process is at it. Running it twice changes nothing."""
    began = time.monotonic()
    n_answers = progress.counts([project.pk])[project.pk].answers
    lease = _take(project, now)
    if lease is None:
        return None
    mine = Settling.objects.filter(project=project, fence=lease.fence)

    def renew() -> int:
        passed = timedelta(seconds=time.monotonic() - began)
        # Not once it was given back.
        held = mine.filter(leased_until__isnull=False)
        return held.update(leased_until=now + passed + LEASE)

    try:
        with heartbeat.kept(renew, every_s=BEAT_S, what=f"settling of {project.pk}"):
            rounds = _Rounds(project, lease, now)
            if _is_to_refit(lease, n_answers, now):
                raised = _refit(rounds, n_answers)
                return Outcome(rounds.n_revisions, rounds.n_due, n_answers, raised)
            rounds.settle_due()
            rounds.end()
            return Outcome(rounds.n_revisions, rounds.n_due, 0, [])
    except writing.LostLease:
        return None
    except BaseException:
        mine.update(leased_until=None)
        raise


def _take(project: Project, now: datetime) -> _Lease | None:
    with connection.cursor() as cursor:
        cursor.execute(TAKE, {"project_id": project.pk, "until": now + LEASE, "now": now})
        row = cursor.fetchone()
    return None if row is None else _Lease(*row)


def _is_to_refit(lease: _Lease, n_answers: int, now: datetime) -> bool:
    if _is_quiet(lease, now):
        return True
    may_grow = lease.rests_until is None or lease.rests_until <= now
    return may_grow and n_answers >= lease.n_fitted * (1 + GROWTH)


def _is_quiet(lease: _Lease, now: datetime) -> bool:
    return lease.refit_at is not None and lease.refit_at <= now


class _Rounds:
    """The rounds under one lease: answers are settled by what is known while a refit goes on."""

    def __init__(self, project: Project, lease: _Lease, now: datetime) -> None:
        self.project, self.lease = project, lease
        self.n_revisions = self.n_due = 0
        self.settled_meanwhile: set[int] = set()
        self.now = now
        self._next_refit_at = lease.refit_at or now + QUIET
        self._settled_at = time.monotonic()

    def due(self) -> dict[int, str]:
        """The tasks that wait, with what put them behind; of those that come, the first."""
        oldest = SettleDue.objects.filter(project=self.project).order_by("since")[:MOST_TASKS]
        columns = ("task_id", "cause", "task__is_gold", "task__state")
        waiting: dict[int, str] = {}
        untold: list[int] = []
        gold: list[int] = []
        for task_id, cause, is_gold, state in oldest.values_list(*columns):
            waiting[task_id] = cause
            if is_gold or state == Task.State.WITHDRAWN:
                untold.append(task_id)
            if is_gold:
                gold.append(task_id)
        if untold:
            # These yield no consensus; gold answers move the fit, which reads them after this. Most
            # are scored before anything else is held, and after the due rows what came meanwhile.
            results.take_in(project=self.project, task_ids=gold)
            with transaction.atomic():
                results.lock(gold)
                writing.note_refit(self.project, self.lease.fence, self._next_refit_at)
                SettleDue.objects.filter(task__in=untold).delete()
                results.take_in(project=self.project, task_ids=gold)
        self.n_due += len(waiting)
        return waiting

    def settle_due(self) -> dict[int, str]:
        """Judge what waits by what the last fit learned; what that was."""
        due = self.due()
        if not due:
            return due
        judgement = judging.update(self.project, ballots.read(self.project, due))
        fits.keep_rules(self.project, self.lease.fence, judgement, self.now)
        self.write(self.round(judgement, due), sorted(due))
        return due

    def meanwhile(self) -> None:
        """Let nobody wait for a refit to end, but for the first: nothing is known before."""
        passed = time.monotonic() - self._settled_at
        if passed < MEANWHILE_S:
            return
        self._settled_at += passed
        self.now += timedelta(seconds=passed)
        if self.lease.n_fitted:
            self.settled_meanwhile |= self.settle_due().keys()

    def round(
        self,
        judgement: judging.Judgement,
        due: dict[int, str],
        *,
        exact: bool = False,
        is_refit: bool = False,
    ) -> writing.Round:
        """One round, to be written."""
        return writing.Round(
            project=self.project,
            judgement=judgement,
            due=due,
            fence=self.lease.fence,
            refit_at=self._next_refit_at,
            exact=exact,
            is_refit=is_refit,
            settled=self.settled_meanwhile if is_refit else frozenset(),
            now=self.now,
        )

    def write(self, settling: writing.Round, task_ids: list[int]) -> None:
        """Write what changed of these tasks; in a refit, settle what comes meanwhile."""
        between = self.meanwhile if settling.is_refit else _nothing
        told_now = replace(settling, now=self.now)
        self.n_revisions += writing.write(told_now, task_ids, between)

    def end(self, *, is_quiet: bool = False, **learned: Any) -> None:
        """Give the lease back, and say when the next refit is. Raises LostLease."""
        seen = self.lease.refit_at
        if self.settled_meanwhile or (self.n_due and not is_quiet):
            refit_at: datetime | None = self.now + QUIET
        else:
            refit_at = None if is_quiet else seen
        # Unless it was asked for meanwhile.
        ours = Q(refit_at=None) | Q(refit_at=seen) | Q(refit_at=self._next_refit_at)
        unasked = When(ours, then=Value(refit_at))
        row = Settling.objects.filter(project=self.project, fence=self.lease.fence)
        if not row.update(
            leased_until=None, refit_at=Case(unasked, default=F("refit_at")), **learned
        ):
            raise writing.LostLease


def _refit(rounds: _Rounds, n_answers: int) -> list[Flag]:
    """Fit everything anew, tell what changed, and keep what was learned."""
    project, fence, due = rounds.project, rounds.lease.fence, rounds.due()
    began, is_quiet = time.monotonic(), _is_quiet(rounds.lease, rounds.now)
    read = ballots.read(project)
    judgement = judging.fit(project, read, partial(_beside, rounds.meanwhile))
    fits.keep_rules(project, fence, judgement, rounds.now)
    refit = rounds.round(judgement, due, exact=is_quiet, is_refit=True)
    rounds.write(refit, sorted(due))
    with transaction.atomic():
        writing.hold(project, fence)
        raised = fits.learn(project, judgement, rounds.now, is_quiet=is_quiet)
    # By itself, for it locks tasks, which come before the feed.
    health.check(project=project, is_quiet=is_quiet, now=rounds.now)
    # Those that wait came first: a refit's other news is not urgent.
    rounds.write(refit, sorted(set(judgement.tasks) - set(due)))
    # At last, so that a refit that was broken off is done again.
    took = time.monotonic() - began
    rest = timedelta(seconds=REST_FACTOR * took) if took >= LONG_S else timedelta()
    rounds.end(n_fitted=n_answers, rests_until=rounds.now + rest, is_quiet=is_quiet)
    return raised


def _beside(meanwhile: Callable[[], None], fitting: Callable[[], Fitted]) -> Fitted:
    """What a fit gives, done in a thread of its own."""
    with ThreadPoolExecutor(max_workers=1) as pool:
        fitted = pool.submit(fitting)
        while True:
            done, _ = wait([fitted], timeout=MEANWHILE_S)
            if done:
                return fitted.result()
            meanwhile()


def _nothing() -> None:
    pass


def place_untouched(project: Project) -> None:
    """Give tasks that nobody has answered yet the number of places the project now asks for.

    Leases that run keep theirs. Nothing, where the number has not changed: tasks are made with it.
    """
    wanted = project.min_answers
    settling = Settling.objects.filter(project=project)
    if not settling.filter(~Q(placed=wanted) | Q(placed=None)).exists():
        return
    live = F("answers_due") - F("open_slots")
    places = Greatest(wanted - live, 0)
    untouched = Task.objects.filter(
        project=project, is_gold=False, state=Task.State.OPEN, n_answers=0
    ).exclude(open_slots=places)
    # In parts, for a task that is locked cannot be claimed.
    last = 0
    while part := list(
        untouched.filter(pk__gt=last).order_by("pk").values_list("pk", flat=True)[:MOST_TASKS]
    ):
        untouched.filter(pk__in=part).update(
            slots=F("slots") - F("open_slots") + places,
            open_slots=places,
            answers_due=live + places,
            is_open=GreaterThan(places, 0),
        )
        last = part[-1]
    settling.update(placed=wanted)
