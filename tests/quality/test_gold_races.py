"""Gold that is retired while it is answered, counted or shown: one comes before the other."""

import threading
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection, transaction
from django.utils import timezone

from marketplace.flows import work
from quality import settling
from quality.gold import results, retiring
from quality.models import GoldResult, Retirement
from tasks_app import answers, claims
from tests.factories import NOON, a_project, a_task, a_tenant, a_worker, some_items
from tests.quality.crowds import record

pytestmark = pytest.mark.django_db(transaction=True)


def beside(deed):
    """The deed in a thread with a connection of its own."""

    def do():
        try:
            return deed()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(max_workers=1)
    return pool.submit(do)


def waits_for_a_lock():
    with connection.cursor() as cursor:
        cursor.execute("SELECT count(*) FROM pg_locks WHERE NOT granted")
        return cursor.fetchone()[0] > 0


def until(condition):
    for _ in range(500):
        if condition():
            return
        threading.Event().wait(0.01)
    raise AssertionError("it never came to that")


def retire(task, because=Retirement.Because.BY_HAND):
    return retiring.retire(
        project=task.project, task_ids=[task.pk], because=because, note="", now=timezone.now()
    )


def test_a_result_that_was_read_before_the_gold_retired_counts_no_more():
    project = a_project(a_tenant())
    (item,) = some_items(project, 1, gold={"kind": "owl"})
    record(project, [(item.external_id, "wim", {"kind": "owl"})])
    gold = item.tasks.get()

    with transaction.atomic():
        results.take_in(project=project, task_ids=[gold.pk])
        retired = beside(lambda: retire(gold))
        until(waits_for_a_lock)
    assert retired.result(timeout=10) == [gold.pk]

    assert list(GoldResult.objects.values_list("counts", flat=True)) == [False]


def test_an_answer_that_comes_while_its_task_is_settled_has_its_result_in_the_end():
    project = a_project(a_tenant())
    items = some_items(project, 1, gold={"kind": "owl"})
    (item,) = items
    record(project, [(item.external_id, "wim", {"kind": "owl"})])

    with transaction.atomic():
        record(project, [(item.external_id, "wanda", {"kind": "owl"})])
        settled = beside(lambda: settling.settle(project=project, now=NOON))
        until(waits_for_a_lock)
    settled.result(timeout=20)

    assert GoldResult.objects.count() == 2


def test_gold_is_retired_once_however_many_miss_it_at_once():
    tenant = a_tenant()
    project = a_project(tenant, gold_rate=1.0, gold_feedback=True)
    gold = a_task(project, gold={"kind": "owl"})
    people = [a_worker(tenant) for _ in range(4)]
    leases = [
        claims.claim(project_ids=[project.pk], worker_id=who.pk, count=1, now=timezone.now())[0]
        for who in people
    ]
    start = threading.Barrier(4)

    def miss(lease):
        start.wait()
        return work.submit(
            uid=lease.uid,
            worker_id=lease.worker_id,
            tenant_id=None,
            values={"kind": "wren"},
            elapsed_s=None,
        )

    submitted = [beside(lambda lease=lease: miss(lease)) for lease in leases]
    told = [one.result(timeout=20).feedback for one in submitted]

    assert told == [{"fields": {"kind": {"accepted": ["owl"], "reason": None}}, "hint": ""}] * len(
        people
    )
    assert list(Retirement.objects.values_list("task", "because")) == [(gold.pk, "shown")]
    settling.settle(project=project, now=timezone.now())
    found = list(GoldResult.objects.values_list("score", "counts"))
    assert [score for score, _ in found] == [0.0] * 4
    # Sound until it was shown: at least the answer that it was first shown for counts.
    assert any(counts for _, counts in found)


def test_an_answer_and_the_retirement_of_its_gold_do_not_hinder_each_other():
    tenant = a_tenant()
    project, wim = a_project(tenant, gold_rate=1.0), a_worker(tenant)
    gold = a_task(project, gold={"kind": "owl"})
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=timezone.now())

    with transaction.atomic():
        retire(gold)
        answered = beside(
            lambda: answers.submit(
                uid=lease.uid,
                worker_id=wim.pk,
                values={"kind": "wren"},
                elapsed_s=None,
                now=timezone.now(),
            )
        )
        assert answered.result(timeout=10).is_new
