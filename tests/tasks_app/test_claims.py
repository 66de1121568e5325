"""Work going out: leases, slots, order, gold."""

from collections import Counter
from datetime import timedelta
from itertools import pairwise

import pytest

from tasks_app import claims
from tasks_app.models import Admission, Assignment, Project, Task
from tests.factories import (
    NOON,
    a_project,
    a_task,
    a_worker,
    assignment_of,
    later,
    some_items,
    task_of,
)

pytestmark = pytest.mark.django_db


def claim(project, worker, count=1, now=NOON):
    return claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=count, now=now)


def test_a_claim_leases_the_most_urgent_task_and_takes_one_slot(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project, priority=1)
    urgent = a_task(project, priority=5)

    (lease,) = claim(project, wim)

    urgent.refresh_from_db()
    assert lease.task_id == urgent.pk
    assert lease.leased_until == NOON + timedelta(seconds=project.lease_s)
    assert (urgent.slots, urgent.open_slots, urgent.answers_due) == (3, 2, 3)


def test_a_worker_holds_a_task_once_only(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project)
    claim(project, wim)

    assert claim(project, wim) == []
    (reason,) = claims.reasons(project=project, worker_id=wim.pk, now=NOON)
    assert reason.code == "all_done_by_you"


def test_a_task_is_offered_until_its_slots_are_taken(tenant):
    project = a_project(tenant)
    task = a_task(project)

    leases = [claim(project, a_worker(tenant)) for _ in range(4)]

    task.refresh_from_db()
    assert [len(lease) for lease in leases] == [1, 1, 1, 0]
    assert not task.is_open
    (reason,) = claims.reasons(project=project, worker_id=a_worker(tenant).pk, now=NOON)
    assert reason.code == "no_open_tasks"


def test_count_is_clipped_to_what_the_lease_limit_leaves(tenant):
    project, wim = a_project(tenant, claim_limit=3), a_worker(tenant)
    some_items(project, 5)

    assert len(claim(project, wim, count=2)) == 2
    assert len(claim(project, wim, count=5)) == 1
    assert claim(project, wim) == []
    (reason,) = claims.reasons(project=project, worker_id=wim.pk, now=NOON)
    assert reason.code == "lease_limit"


def test_a_dead_lease_does_not_count_towards_the_limit(tenant):
    project, wim = a_project(tenant, claim_limit=1), a_worker(tenant)
    some_items(project, 2)
    claim(project, wim)

    assert len(claim(project, wim, now=later(project.lease_s))) == 1


def test_nobody_claims_from_a_project_that_is_not_open(tenant):
    project, wim = a_project(tenant, state=Project.State.PAUSED), a_worker(tenant)
    a_task(project)

    assert claim(project, wim) == []


def test_an_invited_project_wants_an_admission(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project)
    Admission.objects.all().delete()

    assert claim(project, wim) == []
    (reason,) = claims.reasons(project=project, worker_id=wim.pk, now=NOON)
    assert reason.code == "not_admitted"


def test_an_open_project_wants_none_but_honours_a_refusal(tenant):
    project, wim = a_project(tenant, access=Project.Access.OPEN), a_worker(tenant)
    some_items(project, 2)
    Admission.objects.all().delete()
    assert len(claim(project, wim)) == 1
    Admission.objects.create(
        worker=wim, project=project, may_claim=False, reason_code="restricted", until=later(60)
    )

    assert claim(project, wim) == []
    assert claims.reasons(project=project, worker_id=wim.pk, now=NOON)[0].code == "restricted"
    assert len(claim(project, wim, now=later(61))) == 1


def test_a_released_task_comes_back_to_the_same_worker_in_the_same_row(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    task = a_task(project)
    (lease,) = claim(project, wim)

    claims.release(lease=lease, now=NOON)
    task.refresh_from_db()
    assert (task.open_slots, task.answers_due) == (3, 3)
    (again,) = claim(project, wim)

    assert (again.id, again.uid, again.state) == (lease.id, lease.uid, "leased")
    task.refresh_from_db()
    assert (task.open_slots, task.answers_due) == (2, 3)


def test_a_skipped_task_never_comes_back(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project)
    (lease,) = claim(project, wim)

    claims.skip(lease=lease, because="too dark", now=NOON)

    assert claim(project, wim) == []
    lease = assignment_of(lease)
    assert (lease.state, lease.skipped_because) == ("skipped", "too dark")


def test_giving_back_twice_is_the_same_and_other_deeds_come_too_late(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    task = a_task(project)
    (lease,) = claim(project, wim)
    claims.release(lease=lease, now=NOON)

    claims.release(lease=lease, now=NOON)
    with pytest.raises(claims.LeaseLost):
        claims.skip(lease=lease, because="", now=NOON)
    with pytest.raises(claims.LeaseLost):
        claims.extend(lease=lease, now=NOON)

    task.refresh_from_db()
    assert task.open_slots == 3


def test_a_lease_is_extended_three_times_at_most(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project)
    (lease,) = claim(project, wim)

    for _ in range(3):
        claims.extend(lease=lease, now=NOON)
    with pytest.raises(claims.ExtendLimit):
        claims.extend(lease=lease, now=NOON)

    lease = assignment_of(lease)
    assert lease.leased_until == later(4 * project.lease_s)


def test_an_expired_lease_gives_its_slot_back(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    task = a_task(project)
    (lease,) = claim(project, wim)

    assert claims.expire(now=later(project.lease_s - 1)) == (0, [])
    assert claims.expire(now=later(project.lease_s)) == (1, [task.pk])
    assert claims.expire(now=later(project.lease_s)) == (0, [])

    task.refresh_from_db()
    lease = assignment_of(lease)
    assert (task.open_slots, task.answers_due, task.is_open) == (3, 3, True)
    assert lease.state == "expired"
    assert claim(project, wim) == []
    assert len(claim(project, a_worker(tenant))) == 1


def test_an_expired_lease_on_a_decided_task_takes_its_place_with_it(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    task = a_task(project)
    claim(project, wim)
    Task.objects.update(state="resolved", slots=1, open_slots=0, answers_due=1, is_open=False)

    claims.expire(now=later(project.lease_s))

    task.refresh_from_db()
    assert (task.slots, task.open_slots, task.answers_due, task.is_open) == (0, 0, 0, False)


def test_gold_comes_at_the_projects_rate_and_counts_nothing(tenant):
    project, wim = a_project(tenant, gold_rate=1.0, claim_limit=50), a_worker(tenant)
    real = a_task(project)
    some_items(project, 4, gold={"kind": "owl"})

    leases = claim(project, wim, count=5)

    assert sorted(task_of(lease).is_gold for lease in leases) == [False, True, True, True, True]
    gold = Task.objects.filter(is_gold=True)
    assert {(task.slots, task.open_slots, task.answers_due) for task in gold} == {(None,) * 3}
    real.refresh_from_db()
    assert real.open_slots == 2


def test_gold_stops_when_the_real_work_does(tenant):
    project, wim = a_project(tenant, gold_rate=0.5, claim_limit=50), a_worker(tenant)
    a_task(project)
    some_items(project, 20, gold={"kind": "owl"})
    while not any(not task_of(lease).is_gold for lease in claim(project, wim)):
        pass

    assert [claim(project, wim) for _ in range(20)] == [[]] * 20


def test_the_same_gold_is_served_to_any_number_of_workers(tenant):
    project = a_project(tenant, gold_rate=1.0)
    some_items(project, 1)
    some_items(project, 1, gold={"kind": "owl"})

    golds = Counter(task_of(claim(project, a_worker(tenant))[0]).is_gold for _ in range(6))

    assert golds == {True: 6}


def test_gold_that_comes_together_does_not_stand_together(tenant):
    project, wim = a_project(tenant, gold_rate=1.0, claim_limit=50), a_worker(tenant)
    some_items(project, 200, gold={"kind": "owl"})
    golds = Task.objects.filter(project=project).order_by("uid").values_list("pk", flat=True)
    place = {pk: number for number, pk in enumerate(golds)}

    drawn = sorted(place[lease.task_id] for lease in claim(project, wim, count=20))

    # Neighbours in the order of their ids are few by chance, and would be all of them.
    assert sum(after - before == 1 for before, after in pairwise(drawn)) < 12


def test_without_a_gold_rate_no_gold_comes(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 3, gold={"kind": "owl"})
    a_task(project)

    assert [task_of(lease).is_gold for lease in claim(project, wim, count=4)] == [False]


def test_a_claim_is_one_statement(tenant, django_assert_num_queries):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 5)

    with django_assert_num_queries(1):
        claim(project, wim, count=3)

    assert Assignment.objects.count() == 3
