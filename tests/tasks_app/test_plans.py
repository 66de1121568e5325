"""The hot statements walk along indexes and stop early, however many tasks there are."""

import json
import re

import pytest
from django.db import connection

from tasks_app import answers, claims
from tasks_app.models import Assignment
from tasks_app.sql import statement
from tests.factories import NOON, a_project, a_task, a_worker, later, some_items

pytestmark = pytest.mark.django_db

N_TASKS = 20_000
# A claim looks at some dozen rows; one that looked at all would look at thousands.
FEW = 150
TABLES = ["task", "assignment", "answer", "item", "bookmark", "front", "admission", "project"]
# What a search of concord_claim_from reads of its surroundings, as parameters of a statement.
PARAMETERS = {
    "the_project": "bigint",
    "the_worker": "bigint",
    "mark.seen": "bigint",
    "mark.neg_priority": "int",
    "mark.rank": "float8",
    "mark.task_id": "bigint",
    "landed.neg_priority": "int",
    "landed.rank": "float8",
    "landed.id": "bigint",
    "cardinality(got)": "int",
    "room": "int",
}
MORE_TASKS = """
WITH item AS (
    INSERT INTO tasks_app_item (project_id, batch_id, external_id, payload, digest, hint,
                                priority, created_at, withdrawn_because)
    SELECT project_id, batch_id, 'many-' || n, '{}', '', '', 0, now(), ''
      FROM tasks_app_item, generate_series(1, %s) AS n WHERE id = %s
 RETURNING id, project_id
)
INSERT INTO tasks_app_task (uid, project_id, item_id, is_gold, state, priority, rank, slots,
                            open_slots, answers_due, is_open, n_answers, late_xid)
SELECT gen_random_uuid(), project_id, id, false, 'open', id %% 3, 0, 3, 3, 3, true, 0, 7
  FROM item
"""
OTHERS = """
WITH people AS (
    INSERT INTO accounts_user (uid, tenant_id, username, password, role, recorded, email,
                               created_at)
    SELECT gen_random_uuid(), %s, 'other-' || n, '', 'worker', false, '', now()
      FROM generate_series(1, %s) AS n
 RETURNING id
), admitted AS (
    INSERT INTO tasks_app_admission (project_id, worker_id, may_claim, reason_code)
    SELECT %s, id, true, '' FROM people
)
INSERT INTO tasks_app_assignment (uid, project_id, task_id, worker_id, state, guideline_version,
                                  leased_at, leased_until, n_extended, skipped_because)
SELECT gen_random_uuid(), %s, (SELECT min(id) FROM tasks_app_task WHERE project_id = %s), id,
       'skipped', 1, now(), now(), 0, ''
  FROM people
"""
ANALYZED = "tasks_app_task, tasks_app_item, tasks_app_assignment, tasks_app_admission"
READ = """
SELECT relname, seq_scan, coalesce(seq_tup_read, 0) + coalesce(idx_tup_fetch, 0)
  FROM pg_stat_xact_user_tables WHERE relname = ANY (%s)
"""


@pytest.fixture
def project(tenant):
    """An open project with many open tasks, whose statistics the planner knows."""
    project = a_project(tenant, claim_limit=1000, gold_rate=0.5)
    some_items(project, 3, gold={"kind": "owl"})
    first = a_task(project)
    with connection.cursor() as cursor:
        cursor.execute(MORE_TASKS, [N_TASKS, first.item_id])
    analyze()
    return project


def analyze():
    """As autovacuum does soon after so many rows came; it also ends plans made before."""
    with connection.cursor() as cursor:
        cursor.execute(f"ANALYZE {ANALYZED}")


def others(project, n):
    """So many other people who were admitted and have skipped a task each: small tables are read
    whole, or not, as the pages happen to lie that other tests have left.
    """
    with connection.cursor() as cursor:
        cursor.execute(OTHERS, [project.tenant_id, n, project.pk, project.pk, project.pk])
    analyze()


def rows_read(deed):
    """How many rows of our tables a deed reads, found by indexes alone."""
    before = _read_so_far()
    deed()
    after = _read_so_far()
    # Projects are few here, and read whole or not as pages lie that other tests have left.
    scanned = [
        name
        for name in after.keys() - {"tasks_app_project"}
        if after[name][0] > before.get(name, (0, 0))[0]
    ]
    assert scanned == [], "tables were read from end to end"
    return sum(read for _, read in after.values()) - sum(read for _, read in before.values())


def _read_so_far():
    with connection.cursor() as cursor:
        cursor.execute(READ, [[f"tasks_app_{name}" for name in TABLES]])
        return {name: (scans, read) for name, scans, read in cursor.fetchall()}


def claim(project, worker, count=1, now=NOON):
    return claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=count, now=now)


def test_a_first_claim_and_the_next_ones_read_few_rows(tenant, project):
    wim = a_worker(tenant)

    assert [rows_read(lambda: claim(project, wim)) < FEW for _ in range(5)] == [True] * 5


def test_a_claim_of_many_reads_a_few_rows_for_each(tenant, project):
    wim = a_worker(tenant)

    assert rows_read(lambda: claim(project, wim, count=50)) < 50 * 20


def test_a_claim_behind_many_tasks_that_were_done_reads_few_rows(tenant, project):
    wim, wanda = a_worker(tenant), a_worker(tenant)
    for worker in (wim, wanda):
        claim(project, worker, count=900)
        Assignment.objects.filter(worker=worker).update(state=Assignment.State.ANSWERED)
        claim(project, worker)
    analyze()

    (given_back,) = claim(project, wanda)
    claims.release(lease=given_back, now=NOON)

    assert rows_read(lambda: claim(project, wim)) < FEW
    assert rows_read(lambda: claim(project, wanda)) < FEW


def test_an_answer_reads_few_rows(tenant, project):
    (lease,) = claim(project, a_worker(tenant))

    def answer():
        answers.submit(
            uid=lease.uid,
            worker_id=lease.worker_id,
            values={"kind": "owl"},
            elapsed_s=None,
            now=NOON,
        )

    assert rows_read(answer) < FEW


def test_the_reasons_of_a_worker_read_few_rows(tenant, project):
    wim = a_worker(tenant)
    claim(project, wim, count=3)
    others(project, N_TASKS)

    assert rows_read(lambda: claims.reasons(project=project, worker_id=wim.pk, now=NOON)) < FEW


def test_expiry_reads_what_it_ends(tenant, project):
    claim(project, a_worker(tenant), count=5)
    others(project, N_TASKS)

    assert rows_read(lambda: claims.expire(now=later(project.lease_s))) < FEW


def searches():
    """The searches in the queue of open tasks that a claim may make, each a statement."""
    text = re.sub(r"--.*", "", statement("claim_from"))
    found = [_around(text, place.start()) for place in re.finditer("FROM concord_queue", text)]
    return [search for search in found if search.startswith("SELECT")]


def _around(text, at):
    """The innermost bracket around this place; or the statement, if it stands in none."""
    start, depth = at, 0
    while depth < 1 and not (depth == 0 and text[start] == ";"):
        start -= 1
        depth += (text[start] == "(") - (text[start] == ")")
    end, depth = at, 0
    while depth < 1 and not (depth == 0 and text[end] == ";"):
        end += 1
        depth += (text[end] == ")") - (text[end] == "(")
    return re.sub(r"INTO \w+", "", text[start + 1 : end].strip())


def plan(project, search):
    """The generic plan of a search, made under the settings of the function it stands in."""
    for number, name in enumerate(PARAMETERS, start=1):
        search = re.sub(rf"(?<![\w.]){re.escape(name)}(?![\w(])", f"${number}", search)
    values = [project.pk, 0, 0, 0, 0, 0, 0, 0, 0, 0, 5]
    with connection.cursor() as cursor:
        cursor.execute("SELECT unnest(proconfig) FROM pg_proc WHERE proname = 'concord_claim_from'")
        for (setting,) in cursor.fetchall():
            name, _, value = setting.partition("=")
            cursor.execute("SELECT set_config(%s, %s, true)", [name, value])
        cursor.execute(f"PREPARE search ({', '.join(PARAMETERS.values())}) AS {search}")
        cursor.execute(f"EXPLAIN (FORMAT json) EXECUTE search ({', '.join(map(str, values))})")
        (told,) = cursor.fetchone()
        cursor.execute("DEALLOCATE search")
    return nodes(json.loads(told)[0]["Plan"] if isinstance(told, str) else told[0]["Plan"])


def nodes(node):
    """A node of a plan and all below it: what it does, and by which index."""
    below = [deeper for child in node.get("Plans", []) for deeper in nodes(child)]
    return [(node["Node Type"], node.get("Index Name")), *below]


def test_every_search_of_a_claim_walks_one_index_in_its_order(project):
    found = searches()

    plans = [plan(project, search) for search in found]

    assert len(plans) >= 9
    for search, steps in zip(found, plans, strict=True):
        kinds, indexes = {kind for kind, _ in steps}, {index for _, index in steps if index}
        assert kinds <= {"Limit", "LockRows", "Index Scan", "Index Only Scan", "Result"}, search
        assert len(indexes & {"task_claimable", "task_late", "task_late_urgent"}) == 1, search
