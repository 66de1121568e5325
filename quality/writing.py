"""Write what was judged: short transactions over a few tasks each, in pk order."""

from collections.abc import Callable, Iterator, Mapping, Sequence, Set
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction
from django.db.models import Q, Value
from django.db.models.functions import Coalesce

from quality import revisions, stitching, stopping
from quality.judging import Judged, Judgement
from quality.models import Cause, SettleDue, Settling
from quality.revisions import Place, Row
from quality.stopping import Places
from tasks_app.models import Project, Task
from tasks_app.sql import statement

CHUNK = 200
MOVE = statement("move_tasks")


class LostLease(Exception):
    """Another settler has taken over: nothing of this one may be written any more."""


@dataclass(frozen=True, slots=True)
class Round:
    """One settling round: what was judged, and under which fence it may be written."""

    project: Project
    judgement: Judgement
    due: Mapping[int, str]
    fence: int
    # When the next refit is, where none is set: noted with the first task that is told.
    refit_at: datetime
    # The refit that ends in quiet tells whatever differs after rounding.
    exact: bool
    is_refit: bool
    # Tasks settled by later answers and flags than the refit has read: not its to tell.
    settled: Set[int]
    now: datetime


@dataclass(frozen=True, slots=True)
class _Task:
    """The columns of a task that settling reads; not for gold, which has no places."""

    id: int
    item_id: int
    part_index: int | None
    n_answers: int
    places: Places


@dataclass(slots=True)
class _Plan:
    task: _Task
    places: Places
    rows: list[Row]


def write(settling: Round, task_ids: Sequence[int], after_each: Callable[[], None]) -> int:
    """Write what changed of these tasks; how many rows the feed got. Raises LostLease."""
    n_written = 0
    for start in range(0, len(task_ids), CHUNK):
        n_written += _write_chunk(settling, task_ids[start : start + CHUNK])
        after_each()
    return n_written


def hold(project: Project, fence: int) -> None:
    """Lock the project's feed for this transaction. Raises LostLease."""
    settling = Settling.objects.select_for_update().filter(project=project)
    if settling.values_list("fence", flat=True).get() != fence:
        raise LostLease


def note_refit(project: Project, fence: int, refit_at: datetime) -> None:
    """Hold the feed, and see that a refit follows, whatever becomes of us. Raises LostLease."""
    settling = Settling.objects.filter(project=project, fence=fence)
    if not settling.update(refit_at=Coalesce("refit_at", Value(refit_at))):
        raise LostLease


def _write_chunk(settling: Round, task_ids: Sequence[int]) -> int:
    ours = set(task_ids) - settling.settled
    changed = ours & set(settling.due)
    others = sorted(ours - changed)
    if others:
        # Looked at without a lock first: most tasks of a refit do not change, and a task that
        # is locked cannot be claimed.
        tasks = _tasks(others, is_locked=False)
        changed |= {
            plan.task.id
            for plan in _plans(settling, tasks, _latest(tasks))
            if plan.rows or plan.places != plan.task.places
        }
    if not changed:
        return 0
    with transaction.atomic():
        locked = _tasks(changed, is_locked=True)
        if changed & set(settling.due):
            note_refit(settling.project, settling.fence, settling.refit_at)
        else:
            hold(settling.project, settling.fence)
        # A task that got an answer, or lost one, since the fit read it stays due.
        ids = [task.id for task in locked]
        causes = dict(SettleDue.objects.filter(task__in=ids).values_list("task_id", "cause"))
        fresh = [
            task
            for task in locked
            if task.n_answers == settling.judgement.seen.get(task.id, 0)
            and causes.get(task.id, Cause.ANSWER) in {Cause.ANSWER, settling.due.get(task.id)}
        ]
        before = _latest(fresh)
        plans = list(_plans(settling, fresh, before))
        _move(plans)
        n_written = _tell(settling, plans, before)
        done = [task.id for task in fresh if task.id in causes]
        if done:
            SettleDue.objects.filter(task__in=done).delete()
    return n_written


def _tasks(task_ids: Sequence[int] | set[int], *, is_locked: bool) -> list[_Task]:
    rows = Task.objects.filter(pk__in=task_ids, is_gold=False).order_by("pk")
    if is_locked:
        rows = rows.select_for_update(no_key=True)
    places = ("state", "slots", "open_slots", "answers_due")
    found = rows.values_list("pk", "item_id", "part_index", "n_answers", *places)
    return [
        _Task(task_id, item_id, part_index, n_answers, Places(*counts))
        for task_id, item_id, part_index, n_answers, *counts in found
    ]


def _latest(tasks: Sequence[_Task]) -> dict[Place, Row]:
    return revisions.latest(Q(task__in=[task.id for task in tasks]))


def _plans(settling: Round, tasks: Sequence[_Task], before: Mapping[Place, Row]) -> Iterator[_Plan]:
    for task in tasks:
        if task.places.state == Task.State.WITHDRAWN:
            continue
        judged = settling.judgement.tasks.get(task.id, {})
        places = stopping.after(
            settling.project,
            task.places,
            n_counted=settling.judgement.n_counted.get(task.id, 0),
            is_met=stopping.meets_target(settling.project, judged),
            lost_answers=settling.due.get(task.id, Cause.ANSWER) != Cause.ANSWER,
        )
        rows = [
            row
            for row in _rows(settling, task, places.state, judged, before)
            if revisions.differs(before.get(row.place), row, exact=settling.exact)
        ]
        yield _Plan(task, places, rows)


def _rows(
    settling: Round,
    task: _Task,
    state: str,
    judged: Mapping[str, Judged],
    before: Mapping[Place, Row],
) -> Iterator[Row]:
    for field in settling.project.form:
        key = field["key"]
        if key in judged or (task.id, task.item_id, key) in before:
            told = judged.get(key)
            row_state = stopping.row_state(state, told)
            yield revisions.of_judged(task.item_id, task.id, key, row_state, told)


def _move(plans: Sequence[_Plan]) -> None:
    """Give the tasks their states and places, in one statement; what was begun comes first."""
    moved = [plan for plan in plans if plan.places != plan.task.places]
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "ids": [plan.task.id for plan in moved],
                "states": [plan.places.state for plan in moved],
                "slots": [plan.places.slots for plan in moved],
                "open_slots": [plan.places.open_slots for plan in moved],
                "answers_due": [plan.places.answers_due for plan in moved],
            },
        )


def _tell(settling: Round, plans: Sequence[_Plan], before: Mapping[Place, Row]) -> int:
    rows = [row for plan in plans for row in plan.rows]
    default = Cause.REFIT if settling.is_refit else Cause.ANSWER
    revisions.write(
        settling.project,
        rows,
        causes=settling.due,
        before=before,
        now=settling.now,
        default_cause=default,
    )
    split: dict[int, str] = {}
    for plan in plans:
        if plan.rows and plan.task.part_index is not None:
            cause = settling.due.get(plan.task.id, default)
            if split.get(plan.task.item_id, Cause.ANSWER) == Cause.ANSWER:
                split[plan.task.item_id] = cause
    return len(rows) + sum(_stitch(settling, item_id, split[item_id]) for item_id in sorted(split))


def _stitch(settling: Round, item_id: int, cause: str) -> int:
    """Write the rows of a split item once all its parts are decided; how many."""
    tasks = list(Task.objects.filter(item=item_id).order_by("part_index"))
    if any(task.state not in {Task.State.RESOLVED, Task.State.UNRESOLVABLE} for task in tasks):
        return 0
    before = revisions.latest(Q(item=item_id))
    rows: list[Row] = []
    for field in settling.project.form:
        key = field["key"]
        parts = [
            (task, before[task.pk, item_id, key])
            for task in tasks
            if (task.pk, item_id, key) in before
        ]
        if parts:
            row = stitching.stitched(settling.project, item_id, field, parts)
            if revisions.differs(before.get(row.place), row, exact=True):
                rows.append(row)
    revisions.write(
        settling.project,
        rows,
        causes={},
        before=before,
        now=settling.now,
        default_cause=cause,
    )
    return len(rows)
