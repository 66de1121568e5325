"""What open work offers costs the same, however much lies behind a worker or a project."""

import pytest
from django.db import connection

from tasks_app import claims, worklist
from tests.factories import a_project, a_task, a_worker, later, some_items
from tests.tasks_app.test_plans import FEW, claim, project, rows_read

__all__ = ["project"]

pytestmark = pytest.mark.django_db

N_BEHIND = 3000
# Answered, of tasks that are still open to others.
BEHIND = """
WITH lease AS (
    INSERT INTO tasks_app_assignment (uid, project_id, task_id, worker_id, state,
                                      guideline_version, leased_at, leased_until, n_extended,
                                      skipped_because)
    SELECT gen_random_uuid(), project_id, id, %s, 'answered', 1, now(), now(), 0, ''
      FROM tasks_app_task WHERE project_id = %s AND NOT is_gold ORDER BY id LIMIT %s
 RETURNING id, project_id, task_id, worker_id
)
INSERT INTO tasks_app_answer (project_id, task_id, worker_id, assignment_id, values, answered_at,
                              elapsed_s, late, guideline_version)
SELECT project_id, task_id, worker_id, id, '{"kind": "owl"}', now(), 6, false, 1 FROM lease
"""


def do(project, worker, n):
    with connection.cursor() as cursor:
        cursor.execute(BEHIND, [worker.pk, project.pk, n])
        cursor.execute("ANALYZE tasks_app_assignment, tasks_app_answer")


def offer(project, worker):
    return worklist.offers(projects=[project], worker_id=worker.pk)[project.pk]


@pytest.fixture
def _short_memory(monkeypatch):
    monkeypatch.setattr(worklist, "LOOKED_BACK", 20)


@pytest.mark.usefixtures("_short_memory")
def test_a_worker_with_much_behind_them_is_offered_work_by_few_rows(tenant, project):
    wim = a_worker(tenant)
    do(project, wim, N_BEHIND)
    claim(project, wim)

    assert rows_read(lambda: offer(project, wim)) < worklist.RECENT + FEW


def test_the_pace_of_a_quiet_project_is_found_beside_a_busy_one(tenant, project):
    quiet, wim = a_project(tenant), a_worker(tenant)
    a_task(quiet)
    do(quiet, wim, 1)
    do(project, wim, N_BEHIND)
    wanda = a_worker(tenant)

    assert rows_read(lambda: offer(quiet, wanda)) < FEW
    assert rows_read(lambda: offer(project, wanda)) < worklist.RECENT + FEW
    assert offer(quiet, wanda).median_s == 6


def test_of_the_open_tasks_those_are_left_that_the_worker_has_not_had(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 5)
    do(project, wim, 2)

    assert offer(project, wim).tasks_left == 3


def test_a_task_given_back_is_left_again(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 2)
    (lease,) = claim(project, wim)
    assert offer(project, wim).tasks_left == 1

    claims.release(lease=lease, now=later(1))

    assert offer(project, wim).tasks_left == 2


@pytest.mark.usefixtures("_short_memory")
@pytest.mark.parametrize(("n_had", "n_left"), [(40, 0), (39, 20)])
def test_whoever_has_more_behind_them_is_told_rightly_whether_anything_is_left(
    tenant, n_had, n_left
):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 40)

    do(project, wim, n_had)

    # Of the forty the last twenty are taken off; that one is left at all is looked up.
    assert offer(project, wim).tasks_left == n_left
