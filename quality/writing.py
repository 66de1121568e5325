"""Write what was judged: short transactions over a few tasks each, in pk order."""

from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass
from datetime import datetime

from django.db import connection, transaction

from quality import revisions, stitching, stopping
from quality.judging import Judged, Judgement
from quality.models import Cause, Revision, SettleDue, Settling
from tasks_app.models import Item, Project, Task
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
    # The refit that ends in quiet tells whatever differs after rounding.
    exact: bool
    is_refit: bool
    now: datetime


@dataclass(slots=True)
class _Plan:
    task: Task
    places: stopping.Places
    rows: list[Revision]


def write(settling: Round) -> int:
    """Write all that changed; how many rows the feed got. Raises LostLease."""
    # Those that wait come first: a refit's other news is not urgent.
    waiting, others = (
        sorted(settling.due),
        sorted(set(settling.judgement.tasks) - set(settling.due)),
    )
    return sum(
        _write_chunk(settling, task_ids[start : start + CHUNK])
        for task_ids in (waiting, others)
        for start in range(0, len(task_ids), CHUNK)
    )


def hold(project: Project, fence: int) -> None:
    """Lock the project's feed for this transaction. Raises LostLease."""
    settling = Settling.objects.select_for_update().get(project=project)
    if settling.fence != fence:
        raise LostLease


def _write_chunk(settling: Round, task_ids: Sequence[int]) -> int:
    # Looked at without a lock first: most tasks of a refit do not change, and a task that
    # is locked cannot be claimed.
    tasks = list(Task.objects.filter(pk__in=task_ids, is_gold=False).order_by("pk"))
    changed = {
        plan.task.pk
        for plan in _plans(settling, tasks)
        if plan.rows or plan.places != stopping.places(plan.task)
    } | (set(task_ids) & set(settling.due))
    if not changed:
        return 0
    with transaction.atomic():
        locked = list(
            Task.objects.filter(pk__in=changed, is_gold=False)
            .order_by("pk")
            .select_for_update(no_key=True)
        )
        hold(settling.project, settling.fence)
        # A task that got an answer, or lost one, since the fit read it stays due.
        causes = dict(SettleDue.objects.filter(task__in=locked).values_list("task_id", "cause"))
        fresh = [
            task
            for task in locked
            if task.n_answers == settling.judgement.seen.get(task.pk, 0)
            and causes.get(task.pk, Cause.ANSWER) in {Cause.ANSWER, settling.due.get(task.pk)}
        ]
        plans = list(_plans(settling, fresh))
        _move(plans)
        n_written = _tell(settling, plans)
        SettleDue.objects.filter(task__in=fresh).delete()
    return n_written


def _plans(settling: Round, tasks: Sequence[Task]) -> Iterator[_Plan]:
    latest = _latest(tasks)
    for task in tasks:
        if task.state == Task.State.WITHDRAWN:
            continue
        judged = settling.judgement.tasks.get(task.pk, {})
        places = stopping.after(
            settling.project,
            stopping.places(task),
            n_counted=settling.judgement.n_counted.get(task.pk, 0),
            is_met=stopping.meets_target(settling.project, judged),
            lost_answers=settling.due.get(task.pk, Cause.ANSWER) != Cause.ANSWER,
        )
        rows = [
            row
            for row in _rows(settling, task, places.state, judged, latest)
            if revisions.differs(latest.get((task.pk, row.field)), row, exact=settling.exact)
        ]
        yield _Plan(task, places, rows)


def _rows(
    settling: Round,
    task: Task,
    state: str,
    judged: Mapping[str, Judged],
    latest: Mapping[tuple[int | None, str], Revision],
) -> Iterator[Revision]:
    for field in settling.project.form:
        key = field["key"]
        if key in judged or (task.pk, key) in latest:
            told = judged.get(key)
            row_state = stopping.row_state(state, told)
            yield revisions.of_judged(settling.project, task, key, row_state, told)


def _latest(tasks: Collection[Task]) -> dict[tuple[int | None, str], Revision]:
    rows = Revision.objects.filter(task__in=[task.pk for task in tasks], is_latest=True)
    return {(row.task_id, row.field): row for row in rows}


def _move(plans: Sequence[_Plan]) -> None:
    """Give the tasks their states and places, in one statement; what was begun comes first."""
    moved = [plan for plan in plans if plan.places != stopping.places(plan.task)]
    if not moved:
        return
    with connection.cursor() as cursor:
        cursor.execute(
            MOVE,
            {
                "ids": [plan.task.pk for plan in moved],
                "states": [plan.places.state for plan in moved],
                "slots": [plan.places.slots for plan in moved],
                "open_slots": [plan.places.open_slots for plan in moved],
                "answers_due": [plan.places.answers_due for plan in moved],
            },
        )


def _tell(settling: Round, plans: Sequence[_Plan]) -> int:
    rows = [row for plan in plans for row in plan.rows]
    if not rows:
        return 0
    latest = list(_latest([plan.task for plan in plans]).values())
    default = Cause.REFIT if settling.is_refit else Cause.ANSWER
    revisions.write(
        settling.project,
        rows,
        causes=settling.due,
        latest=latest,
        now=settling.now,
        default_cause=default,
    )
    split: dict[int, str] = {}
    for plan in plans:
        if plan.rows and plan.task.part_index is not None:
            cause = settling.due.get(plan.task.pk, default)
            if split.get(plan.task.item_id, Cause.ANSWER) == Cause.ANSWER:
                split[plan.task.item_id] = cause
    return len(rows) + sum(_stitch(settling, item_id, split[item_id]) for item_id in sorted(split))


def _stitch(settling: Round, item_id: int, cause: str) -> int:
    """Write the rows of a split item once all its parts are decided; how many."""
    tasks = list(Task.objects.filter(item=item_id).order_by("part_index"))
    if any(task.state not in {Task.State.RESOLVED, Task.State.UNRESOLVABLE} for task in tasks):
        return 0
    by_part = _latest(tasks)
    before = {
        row.field: row for row in Revision.objects.filter(item=item_id, task=None, is_latest=True)
    }
    item = Item.objects.get(pk=item_id)
    rows: list[Revision] = []
    for field in settling.project.form:
        parts = [
            (task, by_part[task.pk, field["key"]])
            for task in tasks
            if (task.pk, field["key"]) in by_part
        ]
        if parts:
            row = stitching.stitched(settling.project, item, field, parts)
            if revisions.differs(before.get(field["key"]), row, exact=True):
                rows.append(row)
    revisions.write(
        settling.project,
        rows,
        causes={},
        latest=before.values(),
        now=settling.now,
        default_cause=cause,
    )
    return len(rows)
