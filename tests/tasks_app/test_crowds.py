"""Sixty-four at once: one place, one lease, one set of tasks; and nobody's request fails."""

from collections import Counter

import pytest
from django.db import connection

from tasks_app.models import Answer, Assignment, Task
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_task, a_tenant, a_worker, some_items
from tests.tasks_app.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)

CROWD = 64
ROUNDS = 6


@pytest.fixture
def crowd(tenant):
    return [Caller(a_key(a_worker(tenant))) for _ in range(CROWD)]


@pytest.fixture
def tenant(db):
    return a_tenant()


def submitting(caller, uid, label):
    return lambda: caller.post(f"/assignments/{uid}/submit/", {"answer": {"kind": label}})


def test_of_64_workers_on_the_last_place_one_gets_it(tenant, crowd):
    project = a_project(tenant, min_answers=1)
    task = a_task(project)

    replies = all_at_once(
        [
            lambda caller=caller: caller.post(f"/projects/{project.slug}/claim/", {})
            for caller in crowd
        ]
    )

    assert Counter(reply.status for reply in replies) == {201: 1, 200: CROWD - 1}
    assert Assignment.objects.count() == 1
    task.refresh_from_db()
    assert (task.slots, task.open_slots, task.answers_due) == (1, 0, 1)


def test_of_64_answers_to_one_lease_one_is_taken(tenant, crowd):
    project, wim = a_project(tenant), crowd[0]
    task = a_task(project)
    (lease,) = wim.post(f"/projects/{project.slug}/claim/", {})["assignments"]
    labels = ["owl", "wren"] * (CROWD // 2)

    replies = all_at_once([submitting(wim, lease["id"], label) for label in labels])

    taken = Answer.objects.get().values["kind"]
    told = [reply.body for reply in replies if reply.status in {200, 201}]
    assert [reply.status for reply in replies].count(201) == 1
    for label, reply in zip(labels, replies, strict=True):
        assert reply.status in ({200, 201} if label == taken else {409}), reply.body
    assert told == told[:1] * len(told)
    task.refresh_from_db()
    assert (task.n_answers, task.answers_due, task.open_slots) == (1, 2, 2)


def test_claims_of_many_and_answers_to_the_same_tasks_do_not_fail_each_other(tenant, crowd):
    project = a_project(tenant, min_answers=7, max_answers=7, claim_limit=50)
    some_items(project, 12)

    def work(caller, seed):
        statuses = []
        for turn in range(ROUNDS):
            claimed = caller.post(f"/projects/{project.slug}/claim/", {"count": 4})
            statuses.append(claimed.status)
            for number, lease in enumerate(claimed["assignments"]):
                deed = "release" if (number + turn + seed) % 3 == 0 else "submit"
                body = {"answer": {"kind": "owl"}} if deed == "submit" else None
                statuses.append(caller.post(f"/assignments/{lease['id']}/{deed}/", body).status)
        return statuses

    found = all_at_once(
        [
            lambda caller=caller, seed=seed: work(caller, seed)
            for seed, caller in enumerate(crowd[:24])
        ]
    )

    assert {status for statuses in found for status in statuses} <= {200, 201}
    _places_are_as_counted()


def _places_are_as_counted():
    with connection.cursor() as cursor:
        cursor.execute(
            "SELECT task_id, count(*) FROM tasks_app_assignment WHERE state = 'leased' GROUP BY 1"
        )
        held = dict(cursor.fetchall())
    for task in Task.objects.all():
        n_live = held.get(task.pk, 0)
        assert task.n_answers == Answer.objects.filter(task=task).count()
        assert n_live + task.n_answers <= task.slots
        assert task.answers_due == task.open_slots + n_live == task.slots - task.n_answers
