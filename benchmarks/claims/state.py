"""The state that is measured: a project of so many open tasks, written by sets."""

import time
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import psycopg

from benchmarks.claims import bare
from benchmarks.processes import Service

PLANT = Path(__file__).with_name("plant.sql")
SLOTS, N_WORKERS, N_DONE = 5, 10_000, 10_000
PRIORITY = "(hashint8(n) & 1023)"
PAYLOAD = (
    "jsonb_build_object('n', n, 'text', 'Which bird is to be seen on photograph ' || n || '?')"
)
FORM = {
    "key": "kind",
    "type": "choice",
    "prompt": "What is it?",
    "labels": ["wren", "owl", "other"],
    "required": True,
}
PROJECT: dict[str, Any] = {
    "slug": "bench",
    "name": "Birds",
    "guidelines": "Look well.",
    "form": [FORM],
    "split": {"by": "none"},
    "redundancy": {"min": SLOTS, "max": SLOTS, "target_confidence": 0.95},
}
# Of an answer that is settled nothing is due, and a refit follows five seconds of quiet.
QUIET = """
SELECT NOT EXISTS (SELECT FROM quality_settledue)
   AND NOT EXISTS (SELECT FROM quality_settling WHERE refit_at IS NOT NULL)
"""
QUIET_S = 300
# More than a round of the bare statements takes.
FEW_OPEN = 40_000
SECONDARY = """
SELECT indexname, indexdef FROM pg_indexes
 WHERE tablename = 'tasks_app_task'
   AND indexname NOT IN (SELECT conname FROM pg_constraint
                          WHERE conrelid = 'tasks_app_task'::regclass)
"""


@dataclass(frozen=True)
class Planted:
    """What was written."""

    project: int
    n_tasks: int
    n_done: int


def plant(service: Service, n_tasks: int) -> Planted:
    """An open project of so many tasks, its workers, and the bare tables beside it."""
    service.call("POST", "/projects/", PROJECT)
    service.call("POST", "/projects/bench/open/")
    with service.connect() as session:
        project, tenant = session.execute("SELECT id, tenant_id FROM tasks_app_project").fetchone()
        session.execute("SET statement_timeout = 0")
        session.execute("SET maintenance_work_mem = '1GB'")
        planted = Planted(project, n_tasks, min(N_DONE, n_tasks // 2))
        write(session, planted, tenant=tenant, n_workers=N_WORKERS)
        session.execute("VACUUM (ANALYZE)")
        # The sweeper finds that the planted answers are due; so what follows finds them settled.
        session.execute("UPDATE quality_settling SET refit_at = now()")
        await_quiet(service)
        session.execute("CHECKPOINT")
    return planted


def write(
    session: psycopg.Connection[Any], planted: Planted, *, tenant: int, n_workers: int
) -> None:
    """The rows of the project, of its workers, and the bare tables."""
    wanted = {
        "project": planted.project,
        "tenant": tenant,
        "n_tasks": planted.n_tasks,
        "n_workers": n_workers,
        "n_done": planted.n_done,
        "slots": SLOTS,
        "payload": PAYLOAD,
        "priority": PRIORITY,
    }
    # No row is counted or checked one by one: the tallies are written by hand.
    session.execute("SET session_replication_role = replica")
    _run(session, PLANT.read_text().format(**wanted))
    _run(session, bare.TABLES.format(**wanted))
    session.execute("SET session_replication_role = origin")


def faults(session: psycopg.Connection[Any], project: int) -> list[str]:
    """Which of the promises about tasks and tallies do not hold for what is there."""
    checks = {
        "slots are not answers and what is due": """
            SELECT count(*) FROM tasks_app_task AS task
             WHERE project_id = %(project)s AND slots <> answers_due + n_answers""",
        "a live lease more or less than what is due": """
            SELECT count(*)
              FROM tasks_app_task AS task
              LEFT JOIN (SELECT task_id, count(*) AS n FROM tasks_app_assignment
                          WHERE state = 'leased' GROUP BY task_id) AS live
                ON live.task_id = task.id
             WHERE project_id = %(project)s AND answers_due <> open_slots + coalesce(live.n, 0)""",
        "tallied otherwise than counted": """
            SELECT count(*) FROM (
                SELECT sum(tasks), sum(open_tasks), sum(answers) FROM tasks_app_tally
                 WHERE project_id = %(project)s
                EXCEPT
                SELECT count(*), count(*) FILTER (WHERE is_open), sum(n_answers)
                  FROM tasks_app_task WHERE project_id = %(project)s) AS apart""",
    }
    found = []
    for name, query in checks.items():
        (count,) = session.execute(query, {"project": project}).fetchone()
        if count:
            found.append(f"{name}: {count}")
    return found


def refill(session: psycopg.Connection[Any]) -> None:
    """Open the bare tasks anew when few places are left; the statements are to find some."""
    if is_nearly_done(session):
        session.execute("TRUNCATE bare.assignment")
        session.execute(
            "UPDATE bare.task SET is_open = true, open_slots = %(n)s, answers_due = %(n)s",
            {"n": SLOTS},
        )
        session.execute("VACUUM (FULL, ANALYZE) bare.task")


def is_nearly_done(session: psycopg.Connection[Any]) -> bool:
    """Whether the bare tasks have fewer places than a round takes."""
    (left,) = session.execute(
        """
        SELECT coalesce(sum(open_slots), 0)
          FROM (SELECT open_slots FROM bare.task WHERE is_open LIMIT %s) AS found
        """,
        [FEW_OPEN],
    ).fetchone()
    return left < FEW_OPEN


def close_most_urgent(session: psycopg.Connection[Any], project: int, n_tasks: int) -> None:
    """Decide so many of the first tasks in the queue, as a settling does."""
    session.execute(
        """
        UPDATE tasks_app_task
           SET is_open = false, open_slots = 0, state = 'unresolvable',
               answers_due = answers_due - open_slots, slots = slots - open_slots
         WHERE id IN (SELECT id FROM tasks_app_task
                       WHERE project_id = %s AND is_open AND NOT is_gold
                       ORDER BY project_id, priority * -1, rank, id LIMIT %s)
        """,
        [project, n_tasks],
    )


def await_quiet(service: Service) -> float:
    """Until all answers are settled and refitted; how many seconds that took."""
    began = time.monotonic()
    with service.connect() as session:
        while not session.execute(QUIET).fetchone()[0]:
            if time.monotonic() - began > QUIET_S:
                raise RuntimeError(f"answers are not settled after {QUIET_S} s")
            time.sleep(0.2)
    return time.monotonic() - began


def _run(session: psycopg.Connection[Any], script: str) -> None:
    """Statement by statement; the tasks' indexes are made when the tasks are there."""
    for statement in script.strip().split(";\n"):
        is_of_tasks = "INSERT INTO tasks_app_task\n" in statement
        dropped = session.execute(SECONDARY).fetchall() if is_of_tasks else []
        for name, _ in dropped:
            session.execute(f"DROP INDEX {name}")
        session.execute(statement)
        for _, definition in dropped:
            session.execute(definition)
