"""The rows of one history, beside its model and beside the promises."""

from collections import Counter
from collections.abc import Iterator
from datetime import datetime
from typing import Any

from django.db import connection

from marketplace.accounts.models import User
from tasks_app import progress
from tasks_app.models import Project as ProjectRow
from tests.lifecycle.model import Project, Task, World

TASKS = """
SELECT task.uid::text, task.project_id, item.external_id, task.part_index, task.priority,
       task.is_gold, task.state, task.slots, task.open_slots, task.answers_due, task.is_open,
       task.n_answers, due.task_id IS NOT NULL
  FROM tasks_app_task AS task
  JOIN tasks_app_item AS item ON item.id = task.item_id
  LEFT JOIN quality_settledue AS due ON due.task_id = task.id
 WHERE task.project_id = ANY (%s)
"""
ASSIGNMENTS = """
SELECT mine.uid::text, task.uid::text, mine.worker_id, mine.state, mine.leased_until,
       mine.n_extended
  FROM tasks_app_task AS task
  JOIN tasks_app_assignment AS mine ON mine.task_id = task.id
 WHERE task.project_id = ANY (%s)
"""
ANSWERS = """
SELECT task.uid::text, mine.uid::text, answer.worker_id, person.username,
       answer.values ->> 'kind', answer.late
  FROM tasks_app_answer AS answer
  JOIN tasks_app_task AS task ON task.id = answer.task_id
  JOIN accounts_user AS person ON person.id = answer.worker_id
  LEFT JOIN tasks_app_assignment AS mine ON mine.id = answer.assignment_id
 WHERE answer.project_id = ANY (%s)
"""
COUNTS = """
SELECT id, (SELECT count(*) FROM tasks_app_item WHERE project_id = project.id), task.*,
       (SELECT count(*) FROM tasks_app_answer WHERE project_id = project.id)
  FROM tasks_app_project AS project
 CROSS JOIN LATERAL (
       SELECT count(*), count(*) FILTER (WHERE is_open AND NOT is_gold),
              count(*) FILTER (WHERE state = 'resolved'),
              count(*) FILTER (WHERE state = 'unresolvable')
         FROM tasks_app_task WHERE project_id = project.id) AS task
 WHERE id = ANY (%s)
"""
FEEDS = """
SELECT settling.head, array(SELECT seq FROM quality_revision AS row
                             WHERE row.project_id = settling.project_id ORDER BY seq),
       EXISTS (SELECT FROM quality_revision AS row JOIN tasks_app_task AS task
                   ON task.id = row.task_id AND task.is_gold
                WHERE row.project_id = settling.project_id)
  FROM quality_settling AS settling WHERE settling.project_id = ANY (%s)
"""
REPLIES = (
    "SELECT caller_id, key, count(*) FROM replies_reply WHERE caller_id = ANY (%s) GROUP BY 1, 2"
)


def rows(query: str, ids: list[int]) -> list[tuple[Any, ...]]:
    """What there is of these projects, or of these callers."""
    with connection.cursor() as cursor:
        cursor.execute(query, [ids])
        return cursor.fetchall()


def tasks(project: Project) -> Iterator[Task]:
    """The tasks of a project as they are now."""
    for uid, _, external_id, part, priority, is_gold, state, *counts in rows(TASKS, [project.pk]):
        slots, open_slots, due, _, n_answers, _ = counts
        yield Task(
            uid,
            project,
            external_id,
            part,
            priority,
            is_gold,
            state,
            slots or 0,
            open_slots or 0,
            due or 0,
            n_answers,
        )


def check(world: World, now: datetime) -> None:
    """Raises AssertionError where the database differs from the model, or breaks a promise."""
    ids = [project.pk for project in world.projects.values()]
    assigned, answered = rows(ASSIGNMENTS, ids), rows(ANSWERS, ids)
    found = rows(TASKS, ids)
    _compare(world, found, assigned, answered)
    _check_places(found, assigned, answered)
    _check_workers(world, assigned, answered, now)
    _check_counts(ids)
    for head, seqs, tells_gold in rows(FEEDS, ids):
        assert seqs == list(range(1, head + 1)), "the feed has a gap"
        assert not tells_gold, "gold has a row of consensus"


def _compare(world: World, found: Any, assigned: Any, answered: Any) -> None:
    there = {
        uid: (state, *places[:3], *((n,) if not is_gold else ()))
        for uid, _, _, _, _, is_gold, state, *places, _, n, _ in found
    }
    assert there == {uid: task.places() for uid, task in world.tasks.items()}
    leased = {uid: tuple(more) for uid, *more in assigned}
    assert leased == {uid: lease.row() for uid, lease in world.leases.items()}
    taken = {uid: (label, late) for _, uid, _, _, label, late in answered if uid}
    assert taken == {
        uid: (lease.label, lease.is_late)
        for uid, lease in world.leases.items()
        if lease.state == "answered"
    }
    kept = {(task, name): label for task, uid, _, name, label, _ in answered if not uid}
    assert kept == world.recorded


def _check_places(found: Any, assigned: Any, answered: Any) -> None:
    held = Counter(task for _, task, _, state, *_ in assigned if state == "leased")
    given = Counter(task for task, uid, *_ in answered if uid)
    all_given = Counter(task for task, *_ in answered)
    for (
        uid,
        _,
        _,
        _,
        _,
        is_gold,
        state,
        slots,
        open_slots,
        due,
        is_open,
        n_answers,
        is_due,
    ) in found:
        if is_gold:
            assert (slots, open_slots, due) == (None,) * 3
            continue
        assert held[uid] + given[uid] <= slots, "over-assigned"
        assert open_slots + held[uid] == due
        assert given[uid] + due == slots
        assert n_answers == all_given[uid]
        assert is_open == (open_slots > 0)
        assert state != "open" or due > 0 or is_due, "a task is stuck"


def _check_workers(world: World, assigned: Any, answered: Any, now: datetime) -> None:
    held = [(task, worker) for _, task, worker, *_ in assigned]
    given = [(task, worker) for task, _, worker, *_ in answered]
    assert len(set(held)) == len(held)
    assert len(set(given)) == len(given)
    live = Counter(
        (world.tasks[task].project.slug, worker)
        for _, task, worker, state, until, _ in assigned
        if state == "leased" and until > now
    )
    for (slug, _), n in live.items():
        assert n <= world.projects[slug].claim_limit


def _check_counts(ids: list[int]) -> None:
    told = progress.counts(ids)
    for project_id, *counted in rows(COUNTS, ids):
        assert told[project_id] == progress.Counts(*counted)


def check_replies(callers: list[int], kept: set[tuple[int, str]]) -> None:
    """One row for each key under which something was done."""
    assert {(caller, key): n for caller, key, n in rows(REPLIES, callers)} == dict.fromkeys(kept, 1)


def row_of(project: Project) -> ProjectRow:
    """The project as it is stored."""
    return ProjectRow.objects.get(pk=project.pk)


def user(pk: int) -> User:
    """Somebody of the cast as they are stored."""
    return User.objects.get(pk=pk)
