"""The audit of indexes: what people do uses each one that hot tables pay for with every row."""

import uuid
from datetime import timedelta

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.flows import jobs, settling, sweeping, telling, work
from marketplace.outbound import Reply
from marketplace.webhooks import deliveries, recording, sending
from tasks_app.models import Assignment, Project
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_worker

pytestmark = pytest.mark.django_db

# Written to with every item, claim, answer, revision or delivery. Other tables hold little.
HOT = [
    *("tasks_app_item", "tasks_app_task", "tasks_app_assignment", "tasks_app_answer"),
    *("tasks_app_bookmark", "tasks_app_front", "tasks_app_tally"),
    *("quality_revision", "quality_settledue", "quality_settling", "quality_prediction"),
    *("webhooks_delivery", "webhooks_attempt", "replies_reply"),
]
# What a table with parts has as an index is used as those of its parts.
SCANS = """
SELECT index.oid::regclass::text,
       pg_stat_get_xact_numscans(index.oid) + coalesce(
           (SELECT sum(pg_stat_get_xact_numscans(inhrelid)) FROM pg_inherits
             WHERE inhparent = index.oid), 0)
  FROM pg_index
  JOIN pg_class AS index ON index.oid = indexrelid
 WHERE NOT indisunique AND indrelid::regclass::text = ANY (%s)
"""
# An old project of the same tenant: n tasks of a hundred uploads, each settled four times.
N_OLD = 5000
HISTORY = """
WITH batch AS (
    INSERT INTO tasks_app_batch (project_id, name, created_at)
    SELECT %(project)s, 'b' || n, now() FROM generate_series(1, 100) AS n
 RETURNING id, project_id
), item AS (
    INSERT INTO tasks_app_item (project_id, batch_id, external_id, payload, digest, hint,
                                priority, created_at, withdrawn_because)
    SELECT project_id, id, 'old-' || id || '-' || n, '{}', '', '', 0, now(), ''
      FROM batch, generate_series(1, %(n)s / 100) AS n
 RETURNING id, project_id
), task AS (
    INSERT INTO tasks_app_task (uid, project_id, item_id, is_gold, state, priority, rank, slots,
                                open_slots, answers_due, is_open, n_answers, late_xid)
    SELECT gen_random_uuid(), project_id, id, false, 'resolved', 0, 0, 3, 0, 0, false, 3, 0
      FROM item
 RETURNING id, project_id, item_id
), lease AS (
    INSERT INTO tasks_app_assignment (uid, project_id, task_id, worker_id, state,
                                      guideline_version, leased_at, leased_until, n_extended,
                                      skipped_because)
    SELECT gen_random_uuid(), project_id, id, worker, 'answered', 1, now(), now(), 0, ''
      FROM task, unnest(%(workers)s::bigint[]) AS worker
 RETURNING id, project_id, task_id, worker_id
), answer AS (
    INSERT INTO tasks_app_answer (project_id, task_id, worker_id, assignment_id, values,
                                  answered_at, elapsed_s, late, guideline_version)
    SELECT project_id, task_id, worker_id, id, '{"kind": "owl"}', now(), 5, false, 1 FROM lease
)
INSERT INTO quality_revision (project_id, seq, item_id, task_id, field, revision, is_latest, state,
                              cause, value, n_answers, n_set_aside, aggregator,
                              aggregator_version, aggregator_parameters, written_at)
SELECT project_id, row_number() OVER (ORDER BY revision, id), item_id, id, 'kind', revision,
       revision = 4, 'resolved', 'answer', '"owl"', 3, 0, 'a', '1', '{}', now()
  FROM task, generate_series(1, 4) AS revision
"""
LEASES = """
INSERT INTO tasks_app_assignment (uid, project_id, task_id, worker_id, state, guideline_version,
                                  leased_at, leased_until, n_extended, skipped_because)
SELECT gen_random_uuid(), task.project_id, task.id, worker, 'leased', 1, now(),
       now() + interval '1 hour', 0, ''
  FROM (SELECT id, project_id FROM tasks_app_task ORDER BY id LIMIT 200) AS task,
       unnest(%(workers)s::bigint[]) AS worker
"""
READ = [
    *("", "agreement/", "changes/?after=0", "consensus/", "consensus/?batch=b7"),
    *("flags/", "items/", "models/", "predictions/", "tasks/", "workers/"),
]


@pytest.fixture
def owls(tenant):
    """An old project with much behind it, whose statistics the planner knows."""
    project = a_project(tenant, slug="owls")
    workers = [a_worker(tenant).pk for _ in range(13)]
    with connection.cursor() as cursor:
        # One that must be found out.
        cursor.execute("CREATE INDEX nobody_asks ON tasks_app_task (part_end)")
        cursor.execute(HISTORY, {"n": N_OLD, "project": project.pk, "workers": workers[:3]})
        cursor.execute(LEASES, {"workers": workers[3:]})
        cursor.execute("DELETE FROM quality_settledue")
        # Of these alone: what ANALYZE learns outlives the test.
        cursor.execute(f"ANALYZE tasks_app_batch, {', '.join(HOT)}")
        # What is small in a test is not in life.
        cursor.execute("SET LOCAL enable_seqscan = off")
    return project


def scans():
    with connection.cursor() as cursor:
        cursor.execute(SCANS, [HOT])
        return dict(cursor.fetchall())


def upload(carl, path):
    items = [{"external_id": f"a{n}", "payload": {}, "priority": n % 3} for n in range(200)]
    gold = [{"external_id": f"g{n}", "payload": {}, "gold": {"kind": "owl"}} for n in range(5)]
    said = [
        {
            "external_id": f"a{n}",
            "field": "kind",
            "value": "owl",
            "model_version": "m",
            "score": 0.3,
        }
        for n in range(150, 200)
    ]
    for what, rows in ("items/?batch=one", items), ("items/", gold), ("predictions/", said):
        done = carl.post(path + what, rows)
        assert done.status in {200, 201}, done.body


def do_all_a_worker_does(worker, path):
    for _ in range(5):
        for lease in worker.post(f"{path}claim/", {"count": 10})["assignments"]:
            worker.post(
                f"/assignments/{lease['id']}/submit/",
                {"answer": {"kind": "owl"}},
                **{"Idempotency-Key": str(uuid.uuid4())},
            )
    held = worker.post("/claim/", {"count": 3})["assignments"]
    for lease, deed in zip(held, ("release", "skip", "extend"), strict=True):
        assert worker.post(f"/assignments/{lease['id']}/{deed}/", {}).status == 200
    for there in ("/work/", "/me/assignments/", "/me/assignments/?state=leased"):
        assert worker.get(there).status == 200


def settle_and_tidy(project):
    settling.settle_project(project_id=project.pk)
    now = timezone.now()
    for topic in ("settle", "webhooks", "training"):
        jobs.is_due(topic, now)
        jobs.oldest(topic, now)
    Assignment.objects.filter(project=project).update(leased_until=now - timedelta(seconds=1))
    work.expire(limit=500)
    sweeping._tidy(now + timedelta(days=30))


def tell(rosa, hook):
    now = timezone.now()
    deliveries.make(now=now)
    for taken in sending.take(now=now, limit=3):
        outcome = sending.send(taken, post=lambda *_, **__: Reply(500, b"", None))
        recording.record(taken=taken, outcome=outcome, now=now)
    path = f"/webhooks/{hook['id']}/"
    (told, *_) = rosa.get(f"{path}deliveries/")["results"]
    assert rosa.post(f"/deliveries/{told['id']}/redeliver/").status == 202
    assert telling.is_due(timezone.now())
    assert rosa.delete(path).status == 204


def test_what_people_do_uses_every_index_of_a_hot_table(rosa, carl, tenant, birds, owls):
    project, path = Project.objects.get(slug=birds), f"/projects/{birds}/"
    before = scans()

    upload(carl, path)
    rosa.patch(path, {"gold_rate": 0.2})
    hook = rosa.post("/webhooks/", {"url": "https://example.com/", "events": ["consensus.changed"]})
    for _ in range(4):
        do_all_a_worker_does(Caller(a_key(a_worker(tenant))), path)
    settle_and_tidy(project)
    for slug in (birds, owls.slug):
        for page in READ:
            assert rosa.get(f"/projects/{slug}/{page}").status == 200
    (known, *_) = rosa.get(f"{path}workers/")["results"]
    assert rosa.get(f"{path}workers/{known['worker']}/").status == 200
    assert rosa.post(f"{path}items/a1/withdraw/", {"reason": "blurred"}).status == 200
    tell(rosa, hook)

    after = scans()
    assert {name for name, n in after.items() if n == before[name]} == {"nobody_asks"}
