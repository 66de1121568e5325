"""The audit passes on a sound world, and each planted fault fails the check it is for alone."""

import pytest
from django.db import connection
from django.utils import timezone

from chaos.audit.checks import CHECKS, audited
from chaos.audit.finding import Scene
from tests.chaos.world import a_world

pytestmark = pytest.mark.django_db

PLACES = {
    "task": "(SELECT min(id) FROM tasks_app_task WHERE project_id = %(project)s)",
    "latest": """(SELECT min(id) FROM quality_revision
              WHERE project_id = %(project)s AND is_latest AND task_id IS NOT NULL)""",
    "earlier": """(SELECT min(id) FROM quality_revision
               WHERE project_id = %(project)s AND NOT is_latest)""",
    "answers": """(SELECT array_agg(id ORDER BY id) FROM tasks_app_answer
               WHERE assignment_id IS NOT NULL AND worker_id = (
                     SELECT min(worker_id) FROM tasks_app_answer
                      WHERE project_id = %(project)s AND assignment_id IS NOT NULL))""",
}
# What a database may look like that something was lost from.
PLANTED = {
    "an item is gone": (
        "answers kept",
        "UPDATE tasks_app_item SET external_id = 'gone'"
        " WHERE id = (SELECT item_id FROM tasks_app_task WHERE id = {task})",
    ),
    "an answer stands under another assignment": (
        "answers kept",
        """
        CREATE TEMPORARY TABLE two ON COMMIT DROP AS
        SELECT id, assignment_id FROM tasks_app_answer WHERE id = ANY (({answers})[1:2]);
        UPDATE tasks_app_answer SET assignment_id = NULL WHERE id IN (SELECT id FROM two);
        UPDATE tasks_app_answer AS answer
           SET assignment_id = other.assignment_id
          FROM two AS other
         WHERE answer.id IN (SELECT id FROM two) AND other.id <> answer.id
        """,
    ),
    "a recorded answer is somebody else's": (
        "answers kept",
        "UPDATE accounts_user SET username = 'somebody' WHERE recorded",
    ),
    "a worker has answered a task twice": (
        "acknowledged once",
        """
        ALTER TABLE tasks_app_assignment DROP CONSTRAINT assignment_once_per_worker;
        UPDATE tasks_app_assignment
           SET worker_id = (SELECT max(worker_id) FROM tasks_app_assignment
                             WHERE task_id = {task} AND state = 'answered')
         WHERE id = (SELECT min(id) FROM tasks_app_assignment
                      WHERE task_id = {task} AND state = 'answered')
        """,
    ),
    "a task is leased to too many": (
        "within redundancy",
        """
        WITH more AS (
            INSERT INTO tasks_app_assignment
                   (uid, project_id, task_id, worker_id, state, guideline_version, leased_at,
                    leased_until, n_extended, skipped_because)
            SELECT gen_random_uuid(), %(project)s, {task}, worker.id, 'leased', 1, now(),
                   now() + interval '1 hour', 0, ''
              FROM accounts_user AS worker
             WHERE role = 'worker' AND NOT recorded
               AND id NOT IN (SELECT worker_id FROM tasks_app_assignment WHERE task_id = {task})
         RETURNING 1
        )
        UPDATE tasks_app_task
           SET slots = slots + (SELECT count(*) FROM more),
               answers_due = answers_due + (SELECT count(*) FROM more)
         WHERE id = {task}
        """,
    ),
    "a place is due that nobody holds": (
        "places counted",
        "UPDATE tasks_app_task SET slots = slots + 1, answers_due = answers_due + 1"
        " WHERE id = {task}",
    ),
    "a task counts an answer too many": (
        "answers counted",
        "UPDATE tasks_app_task SET n_answers = n_answers + 1 WHERE id = {task}",
    ),
    "a tally was lost": (
        "answers counted",
        "DELETE FROM tasks_app_tally WHERE id = ("
        "SELECT min(id) FROM tasks_app_tally WHERE project_id = %(project)s AND answers > 0)",
    ),
    "a dead lease was not ended": (
        "no stuck lease",
        "UPDATE tasks_app_assignment SET leased_until = now() - interval '10 seconds'"
        " WHERE state = 'leased'",
    ),
    "a task was never settled": (
        "drained",
        "INSERT INTO quality_settledue (task_id, project_id, cause, since)"
        " VALUES ({task}, %(project)s, 'answer', now())",
    ),
    "a delivery was never sent": (
        "drained",
        "UPDATE webhooks_delivery SET state = 'pending'"
        " WHERE id = (SELECT min(id) FROM webhooks_delivery)",
    ),
    "the feed has a gap": (
        "events arrived",
        "DELETE FROM quality_revision WHERE id = {earlier}",
    ),
    "an event tells answers that are not there": (
        "events arrived",
        "UPDATE quality_revision SET n_answers = 99 WHERE id = {earlier}",
    ),
    "a task has no consensus": (
        "consensus present",
        "UPDATE quality_revision SET is_latest = false WHERE id = {latest}",
    ),
    "a consensus is not what a fit says": (
        "consensus present",
        "UPDATE quality_revision SET confidence = 0.5 WHERE id = {latest}",
    ),
}


@pytest.fixture
def world(tenant):
    return a_world(tenant)


def failed(world, story=None):
    with connection.cursor() as cursor:
        scene = Scene(cursor, world.project.pk, story or world.story, timezone.now())
        return [name for name, finding in audited(scene).items() if not finding.is_good]


def plant(world, sql):
    with connection.cursor() as cursor:
        # What is to be checked at the commit would keep a table from being altered.
        cursor.execute("SET CONSTRAINTS ALL IMMEDIATE")
        for statement in sql.format(**PLACES).split(";"):
            cursor.execute(statement, {"project": world.project.pk})


def test_a_sound_world_passes(world):
    assert failed(world) == []


def test_the_world_has_something_of_each_kind(world):
    story = world.story

    assert len(story.acks) > 8
    assert all((story.items, story.recorded, story.seen, story.told))


@pytest.mark.parametrize("fault", PLANTED)
def test_a_planted_fault_fails_its_check_alone(world, fault):
    check, sql = PLANTED[fault]

    plant(world, sql)

    assert failed(world) == [check]


def test_every_check_has_a_planted_fault():
    planted = {check for check, _ in PLANTED.values()}

    assert set(CHECKS) - planted == {"replies as promised"}


def test_an_acknowledged_answer_that_is_nowhere_is_lost(world):
    ack = {**world.notes[2], "assignment": "00000000-0000-0000-0000-000000000000", "task": "t"}
    world.notes.append(ack)

    assert failed(world) == ["answers kept"]


def test_an_answer_created_twice_is_told(world):
    world.notes.append(next(note for note in world.notes if note["kind"] == "ack"))

    assert failed(world) == ["acknowledged once"]


def test_an_equal_answer_sent_again_is_no_second_one(world):
    ack = next(note for note in world.notes if note["kind"] == "ack")
    world.notes.append({**ack, "status": 200})

    assert failed(world) == []


@pytest.mark.parametrize("kind", ["seen", "told"])
def test_a_row_that_never_arrived_is_missed(world, kind):
    rows = next(note for note in reversed(world.notes) if note["kind"] == kind)["rows"]
    rows.pop()

    assert failed(world) == ["events arrived"]


@pytest.mark.parametrize("kind", ["seen", "told"])
def test_a_row_of_something_rolled_back_is_told(world, kind):
    note = next(note for note in reversed(world.notes) if note["kind"] == kind)
    last = note["rows"][-1]
    note["rows"].append({**last, "seq": last["seq"] + 1})

    assert failed(world) == ["events arrived"]


def test_a_row_that_arrived_as_another_is_told(world):
    note = next(note for note in world.notes if note["kind"] == "told")
    note["rows"][0]["value"] = "wren" if note["rows"][0]["value"] == "owl" else "owl"

    assert failed(world) == ["events arrived"]


def test_a_reply_nobody_was_promised_is_told(world):
    world.notes.append({"kind": "strange", "call": "GET work/", "status": 500, "said": "<html>"})

    assert failed(world) == ["replies as promised"]
