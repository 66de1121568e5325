"""The benchmark of claims: the state it plants, its load generators' reports, its ratios."""

import hashlib
import json
import math

import pytest
from django.db import connection

from benchmarks.claims import bare, load, settled, state, summary
from marketplace.accounts import keyring, keys
from marketplace.accounts.models import User
from tasks_app import answers, claims
from tests.factories import NOON, a_project, a_tenant

REPORT = {
    "seconds": 2.0,
    "n_pairs": 3,
    "claims_us": [1000, 3000],
    "submits_us": [500, 700],
    "acknowledged": [],
    "faults": {"claim 503": 1},
}


@pytest.fixture
def planted(db):
    tenant = a_tenant()
    project = a_project(tenant, slug="bench", min_answers=5, max_answers=5)
    planted = state.Planted(project.pk, n_tasks=40, n_done=10)
    with connection.cursor():
        session = connection.connection
    state.write(session, planted, tenant=tenant.pk, n_workers=4)
    return planted


def claim(planted, number):
    worker = User.objects.get(username=f"bench-{number}")
    return claims.claim(project_ids=[planted.project], worker_id=worker.pk, count=1, now=NOON)


def test_the_planted_workers_are_let_in_by_the_keys_that_clients_show(planted):
    keyring.forget([hashlib.sha256(b"cc_bench-3").digest()])

    assert keys.find_key(text="cc_bench-3", now=NOON).user.username == "bench-3"


def test_the_planted_state_keeps_the_promises(planted):
    assert state.faults(connection.connection, planted.project) == []


def test_work_goes_on_from_the_planted_state(planted):
    (lease,) = claim(planted, 1)

    assert answers.submit(
        uid=lease.uid, worker_id=lease.worker_id, values={"kind": "wren"}, elapsed_s=None, now=NOON
    )
    assert state.faults(connection.connection, planted.project) == []


def test_the_heavy_worker_has_done_what_others_are_given_first(planted):
    (of_the_heavy,), (of_another,) = claim(planted, 0), claim(planted, 1)

    assert of_another.priority > of_the_heavy.priority


def test_a_task_that_does_not_add_up_is_told(planted):
    with connection.cursor() as cursor:
        cursor.execute("UPDATE tasks_app_task SET n_answers = n_answers + 1 WHERE n_answers = 0")

    told = state.faults(connection.connection, planted.project)

    assert [line.partition(":")[0] for line in told] == [
        "slots are not answers and what is due",
        "tallied otherwise than counted",
    ]


def test_the_bare_statements_claim_and_submit(planted):
    with connection.cursor() as cursor:
        cursor.execute(bare.for_psycopg(bare.CLAIM), {"worker": 7})
        lease, payload = cursor.fetchone()
        cursor.execute(bare.for_psycopg(bare.SUBMIT), {"id": lease, "answer": '"wren"'})

        assert cursor.fetchone()
        assert "photograph" in payload["text"] if isinstance(payload, dict) else payload


def test_bare_tasks_are_opened_anew_when_few_are_left(planted):
    assert state.is_nearly_done(connection.connection)


def test_a_report_is_read_from_below_that_of_wrk():
    found = load.parsed(f"Running 2s test\n  {{odd}}\n{json.dumps(REPORT)}\n")

    assert found.pairs_per_s == 1.0
    assert found.claim_ms(50) == 2.0
    assert found.submit_ms(100) == 0.7
    assert found.faults == {"claim 503": 1}


def test_a_percentile_of_nothing_is_not_a_number():
    assert math.isnan(load.percentile([], 50))


def test_pgbench_tells_its_rate():
    told = "number of failed transactions: 0 (0.000%)\ntps = 123.5 (without initial connection)\n"

    assert load.pairs_of_pgbench(told) == 123.5


def test_a_pgbench_with_failures_does_not_count():
    with pytest.raises(RuntimeError):
        load.pairs_of_pgbench("number of failed transactions: 2 (0.1%)\ntps = 123.5 (x)\n")


def test_a_ratio_is_the_median_of_the_rounds():
    assert summary.growth([[2.0, 9.0, 4.0], [1.0, 3.0, 4.0]]) == 2.0


def test_an_answer_is_visible_with_the_first_row_that_counts_it():
    acknowledged = ["a 10.0", "a 11.0", "b 12.0"]
    seen = [("a", 3, 10.25), ("b", 1, 12.5), ("a", 5, 13.0)]

    found, n_missing = settled.delays(acknowledged, seen, before={"a": 2})

    assert found == [0.25, 2.0, 0.5]
    assert n_missing == 0


def test_an_answer_that_no_row_counts_is_missing():
    found, n_missing = settled.delays(["a 10.0", "a 11.0"], [("a", 1, 10.5)], before={})

    assert (found, n_missing) == ([0.5], 1)
