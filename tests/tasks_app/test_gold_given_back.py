"""Gold that a worker gives back comes back as other work does, and is never lost to them."""

import pytest

from tasks_app import claims, worklist
from tests.factories import a_project, a_worker, later, some_items, task_of

pytestmark = pytest.mark.django_db

KNOWN = {"kind": "owl"}
N_TASKS = 200


def a_mixture(tenant, gold_rate):
    """A project of which so much as is served is gold; every other task takes one answer."""
    project = a_project(tenant, gold_rate=gold_rate, claim_limit=1000, min_answers=1, max_answers=1)
    some_items(project, N_TASKS)
    some_items(project, N_TASKS, gold=KNOWN)
    return project


@pytest.fixture
def project(tenant):
    return a_mixture(tenant, 0.5)


def claim(project, worker, count, at=0.0):
    return claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=count, now=later(at))


def give_back(leases, at=1.0):
    for lease in leases:
        claims.release(lease=lease, now=later(at))


def came_back(leases, again):
    """The share of the gold, and of the other work, that is among these again."""
    now = {lease.task_id for lease in again}
    shares = []
    for is_gold in (True, False):
        ids = {lease.task_id for lease in leases if task_of(lease).is_gold == is_gold}
        shares.append(len(ids & now) / len(ids))
    return shares


@pytest.mark.parametrize("gold_rate", [0.1, 0.5, 0.8])
@pytest.mark.parametrize("count", [30, 100])
def test_where_nobody_takes_it_meanwhile_all_comes_back_at_once(tenant, gold_rate, count):
    project, wim = a_mixture(tenant, gold_rate), a_worker(tenant)
    leases = claim(project, wim, count)
    give_back(leases)

    again = claim(project, wim, count, at=2)

    assert {lease.task_id for lease in again} == {lease.task_id for lease in leases}


@pytest.mark.parametrize("n_elsewhere", [0, 100])
def test_where_others_take_it_meanwhile_neither_comes_back(tenant, project, n_elsewhere):
    elsewhere, wim = a_project(tenant, claim_limit=1000), a_worker(tenant)
    some_items(elsewhere, n_elsewhere)
    leases = claim(project, wim, 60)
    give_back(leases)
    claim(project, a_worker(tenant), 120, at=2)
    # However busy another project is since, it hides nothing.
    claim(elsewhere, a_worker(tenant), 100, at=3)

    gold, other = came_back(leases, claim(project, wim, 100, at=4))

    assert other == 0
    assert gold < 0.2


def test_where_others_take_half_of_it_half_of_each_comes_back(tenant, project):
    wim = a_worker(tenant)
    leases = claim(project, wim, 150)
    give_back(leases)
    claim(project, a_worker(tenant), 75, at=2)

    gold, other = came_back(leases, claim(project, wim, 200, at=3))

    assert 0.3 < other < 0.7
    assert gold == pytest.approx(other, abs=0.25)


def test_one_task_of_either_kind_comes_back_with_a_claim_of_one(tenant, project):
    kinds = set()
    for n in range(0, 200, 10):
        wim = a_worker(tenant)
        (lease,) = claim(project, wim, 1, at=n)
        give_back([lease], at=n + 1)
        (again,) = claim(project, wim, 1, at=n + 2)
        assert again.task_id == lease.task_id
        kinds.add(task_of(lease).is_gold)

    assert kinds == {True, False}


def test_of_what_comes_back_one_by_one_neither_kind_comes_first(tenant, project):
    first = []
    for n in range(0, 400, 10):
        wim = a_worker(tenant)
        give_back(claim(project, wim, 8, at=n), at=n + 1)
        (again,) = claim(project, wim, 1, at=n + 2)
        first.append(task_of(again).is_gold)

    assert 8 < sum(first) < 32


def test_gold_that_did_not_come_back_is_drawn_when_there_is_no_other(tenant):
    project, wim = a_project(tenant, gold_rate=1.0, claim_limit=50), a_worker(tenant)
    some_items(project, 20, gold=KNOWN)
    leases = claim(project, wim, 20)
    give_back(leases)
    # Somebody else was at work since: by chance hardly any comes back.
    claim(project, a_worker(tenant), 20, at=2)

    again = claim(project, wim, 20, at=3)

    assert {lease.task_id for lease in again} == {lease.task_id for lease in leases}


def test_what_is_left_steps_by_twenty_where_gold_is_mixed_in(tenant, project):
    wim = a_worker(tenant)

    def left():
        return worklist.offers(projects=[project], worker_id=wim.pk)[project.pk].tasks_left

    seen = [left()]
    while claim(project, wim, 7):
        seen.append(left())

    assert seen[0] == N_TASKS
    assert seen[-1] == 0
    assert {n % 20 for n in seen} == {0}
    assert seen == sorted(seen, reverse=True)
