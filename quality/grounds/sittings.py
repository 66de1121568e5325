"""Exams and trainings: so many gold tasks, a pass mark, and when the next try may come.

A sitting takes in every gold task that the worker took since the last one was decided. A task that
was skipped, or whose lease ended, is one that was not right; one whose gold was found wrong counts
for nothing, and another one is asked instead. The pass mark is held against the lower end of the
score's interval.
"""

from collections.abc import Collection
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any

from django.db.models import Count, Exists, F, OuterRef, Q, QuerySet, Sum

from quality.core import share_interval
from quality.models import GoldResult, Sitting
from tasks_app.errors import Fault
from tasks_app.models import Assignment, Project

Terms = dict[str, Any]


@dataclass(frozen=True, slots=True)
class Course:
    """How far a worker is: gold tasks taken since the last sitting, and those still held."""

    last: Sitting | None
    n_taken: int
    n_live: int

    def is_over(self, terms: Terms) -> bool:
        """True if the sitting is to be decided."""
        return self.n_taken >= terms["n"] and not self.n_live

    def n_left(self, terms: Terms) -> int:
        """How many tasks are to be taken yet."""
        wanted: int = terms["n"]
        return max(0, wanted - self.n_taken)


def faults(terms: Terms, pointer: str) -> list[Fault]:
    """Terms that nobody can meet."""
    best = share_interval(terms["n"], terms["n"])[0]
    if terms["pass_mark"] <= best:
        return []
    detail = (
        f"nobody could pass: of {terms['n']} tasks, all right, the lower bound is {best:.3f}; "
        "ask more tasks or a lower mark"
    )
    return [Fault(f"{pointer}/pass_mark", "out_of_reach", detail)]


def course(project: Project, worker_id: int, now: datetime) -> Course:
    """How far the worker is with the project's exam or training."""
    last = _last(project, worker_id)
    counts = _taken(project, worker_id, last).aggregate(
        taken=Count("pk"), live=Count("pk", filter=Q(state="leased", leased_until__gt=now))
    )
    return Course(last, counts["taken"], counts["live"])


def decide(project: Project, worker_id: int, terms: Terms, now: datetime) -> Sitting | None:
    """Decide the sitting if it is over and scored; else None. The caller keeps others from it.

    Nothing is decided anew for who has passed: gold that comes with the work is no exam.
    """
    at = course(project, worker_id, now)
    if not at.is_over(terms) or (at.last is not None and at.last.passed):
        return None
    taken = _taken(project, worker_id, at.last)
    results = GoldResult.objects.filter(answer__assignment__in=taken.values("pk"))
    if results.count() < taken.filter(state=Assignment.State.ANSWERED).count():
        return None
    n = at.n_taken
    score = results.aggregate(sum=Sum("score"))["sum"] or 0.0
    low = share_interval(score, n)[0]
    return Sitting.objects.create(
        project=project,
        worker_id=worker_id,
        number=1 if at.last is None else at.last.number + 1,
        n=n,
        score=score,
        low=low,
        passed=low >= terms["pass_mark"],
        decided_at=now,
    )


def next_try(sitting: Sitting, terms: Terms) -> datetime | None:
    """When one who failed may try again; None for never."""
    days = terms.get("retry_days")
    return None if days is None else sitting.decided_at + timedelta(days=days)


def told(sitting: Sitting, terms: Terms, what: str) -> str:
    """What a worker who failed is told."""
    after = next_try(sitting, terms)
    again = (
        "it cannot be tried again"
        if after is None
        else f"try again from {after:%Y-%m-%d %H:%M} UTC"
    )
    return (
        f"your {what} was not passed: {sitting.score:g} of {sitting.n} right, lower bound "
        f"{sitting.low:.2f}, and {terms['pass_mark']:.2f} is asked for; {again}"
    )


def taken(project: Project, worker_id: int) -> list[int]:
    """The gold tasks that the worker took since the last sitting."""
    last = _last(project, worker_id)
    return list(_taken(project, worker_id, last).values_list("task_id", flat=True))


def _last(project: Project, worker_id: int) -> Sitting | None:
    return Sitting.objects.filter(project=project, worker_id=worker_id).order_by("number").last()


def reopen(project: Project, worker_ids: Collection[int]) -> None:
    """Forget last sittings that were failed, where gold in them was found wrong since.

    What was taken in them is then decided anew, by what still counts.
    """
    failed = Sitting.objects.filter(project=project, worker__in=worker_ids, passed=False)
    for last in {row.worker_id: row for row in failed.order_by("number")}.values():
        newer = Sitting.objects.filter(
            project=project, worker_id=last.worker_id, number__gt=last.number
        )
        before = Sitting.objects.filter(
            project=project, worker_id=last.worker_id, number__lt=last.number
        ).last()
        taken = _taken(project, last.worker_id, before).filter(leased_at__lte=last.decided_at)
        if not newer.exists() and taken.count() != last.n:
            last.delete()


def _taken(project: Project, worker_id: int, last: Sitting | None) -> QuerySet[Assignment]:
    """Of gold that still counts; consensus that became gold later was no exam."""
    void = GoldResult.objects.filter(answer__assignment=OuterRef("pk"), counts=False)
    taken = Assignment.objects.filter(
        Q(task__promotion=None)
        | Q(answer=None)
        | Q(answer__pk__gt=F("task__promotion__last_answer")),
        ~Exists(void),
        project=project,
        worker_id=worker_id,
        task__is_gold=True,
    ).exclude(state=Assignment.State.RELEASED)
    return taken if last is None else taken.filter(leased_at__gt=last.decided_at)
