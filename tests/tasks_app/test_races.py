"""The same promises when everybody comes at once: real threads, real connections."""

import fcntl
import time
from collections import Counter
from concurrent.futures import ThreadPoolExecutor
from datetime import timedelta
from functools import partial
from threading import Barrier, Event

import pytest
from django.db import connection, transaction

from tasks_app import answers, claims
from tasks_app.errors import Refusal
from tasks_app.models import Answer, Assignment, Task
from tests.factories import (
    NOON,
    a_project,
    a_task,
    a_tenant,
    a_worker,
    assignment_of,
    later,
    some_items,
)

pytestmark = pytest.mark.django_db(transaction=True)


def all_at_once(deeds):
    """Run the deeds in a thread each, begun together; what each returned or refused."""
    start = Barrier(len(deeds))

    def run(deed):
        connection.ensure_connection()
        start.wait()
        try:
            return deed()
        except Refusal as refusal:
            return refusal
        finally:
            connection.close()

    with open(__file__) as mine, ThreadPoolExecutor(len(deeds)) as pool:
        # One crowd at a time: a second one, in another process, would find no connection left.
        fcntl.flock(mine, fcntl.LOCK_EX)
        return list(pool.map(run, deeds))


def hold_until(task, is_held, *, n_waiting):
    """Keep the task locked until so many sessions wait, so that all meet at its row."""
    with transaction.atomic(), connection.cursor() as cursor:
        Task.objects.select_for_update(no_key=True).get(pk=task.pk)
        is_held.set()
        until, n = time.monotonic() + 20, 0
        while n < n_waiting:
            assert time.monotonic() < until, f"{n} of {n_waiting} wait"
            cursor.execute("SELECT count(DISTINCT pid) FROM pg_locks WHERE NOT granted")
            ((n,),) = cursor.fetchall()


def test_racing_workers_share_the_slots_without_overlap():
    tenant = a_tenant()
    project = a_project(tenant, min_answers=2)
    some_items(project, 3)
    workers = [a_worker(tenant) for _ in range(12)]

    def claimed_by(worker):
        return lambda: claims.claim(
            project_ids=[project.pk], worker_id=worker.pk, count=1, now=NOON
        )

    found = all_at_once([claimed_by(worker) for worker in workers])

    holders = Counter(lease.task_id for leases in found for lease in leases)
    assert max(holders.values()) <= 2
    assert sum(holders.values()) <= 6
    for task in Task.objects.all():
        assert task.open_slots == 2 - holders[task.pk]
        assert task.answers_due == 2


def test_claims_pass_each_other_instead_of_waiting():
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    first, second = a_task(project), a_task(project)

    with transaction.atomic():
        Task.objects.select_for_update().get(pk=first.pk)

        def claim():
            with connection.cursor() as cursor:
                cursor.execute("SET statement_timeout = 1000")
            return claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)

        ((lease,),) = all_at_once([claim])

    assert lease.task_id == second.pk


def test_one_worker_in_many_places_never_overruns_the_lease_limit():
    tenant = a_tenant()
    project, wim = a_project(tenant, claim_limit=3), a_worker(tenant)
    some_items(project, 20)

    found = all_at_once(
        [lambda: claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=2, now=NOON)] * 8
    )

    assert sum(len(leases) for leases in found) == 3


def test_of_two_racing_answers_to_one_lease_one_is_taken():
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    task = a_task(project)
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)

    def answer(label):
        return lambda: answers.submit(
            uid=lease.uid,
            worker_id=lease.worker_id,
            values={"kind": label},
            elapsed_s=None,
            now=NOON,
        )

    results = all_at_once([answer("owl"), answer("wren")] * 4)

    task.refresh_from_db()
    taken = Answer.objects.get()
    assert (task.n_answers, task.answers_due) == (1, 2)
    for label, result in zip(["owl", "wren"] * 4, results, strict=True):
        is_refused = isinstance(result, claims.AlreadyAnswered)
        assert is_refused == (label != taken.values["kind"])


def test_an_answer_and_the_end_of_its_lease_never_both_count():
    tenant = a_tenant()
    project = a_project(tenant)
    for _ in range(10):
        task, worker = a_task(project), a_worker(tenant)
        (lease,) = claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=1, now=NOON)
        Assignment.objects.filter(pk=lease.id).update(leased_until=later(-1))

        all_at_once(
            [
                lambda lease=lease: answers.submit(
                    uid=lease.uid,
                    worker_id=lease.worker_id,
                    values={"kind": "owl"},
                    elapsed_s=None,
                    now=NOON,
                ),
                lambda: claims.expire(now=NOON),
            ]
        )

        task.refresh_from_db()
        lease = assignment_of(lease)
        assert lease.state == "answered"
        assert (task.slots, task.open_slots, task.answers_due, task.n_answers) == (3, 2, 2, 1)
        task.delete()


def test_late_answers_race_for_the_last_slot():
    tenant = a_tenant()
    project = a_project(tenant, min_answers=1)
    task = a_task(project)
    leases = []
    for step in range(4):
        now = NOON + timedelta(seconds=step * 700)
        leases += claims.claim(
            project_ids=[project.pk], worker_id=a_worker(tenant).pk, count=1, now=now
        )
        claims.expire(now=now + timedelta(seconds=650))

    is_held = Event()

    def answer(lease):
        assert is_held.wait(timeout=20)
        return answers.submit(
            uid=lease.uid,
            worker_id=lease.worker_id,
            values={"kind": "owl"},
            elapsed_s=None,
            now=later(9000),
        )

    _, *results = all_at_once(
        [
            lambda: hold_until(task, is_held, n_waiting=len(leases)),
            *(partial(answer, lease) for lease in leases),
        ]
    )

    task.refresh_from_db()
    assert sum(isinstance(result, claims.LeaseLost) for result in results) == 3
    assert (task.slots, task.open_slots, task.answers_due, task.n_answers) == (1, 0, 0, 1)
