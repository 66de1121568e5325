"""A project that asks for another number of answers: what tasks get that nobody has answered."""

import pytest

from marketplace.flows import projects
from quality import settling
from tasks_app import claims
from tasks_app.models import Task
from tests.factories import NOON, a_project, a_task, a_worker, some_items

pytestmark = pytest.mark.django_db


def claim(project, worker):
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=1, now=NOON)
    return lease


def asked_for(project, n):
    """The project after it was changed to ask for n answers, and its tasks were placed."""
    project = projects.change(project=project, guidelines=None, min_answers=n)
    settling.place_untouched(project)
    return project


def places():
    """Places given, open, and due, of each task."""
    return list(
        Task.objects.order_by("pk").values_list("slots", "open_slots", "answers_due", "is_open")
    )


@pytest.mark.parametrize(("n", "wanted"), [(1, (1, 1, 1, True)), (5, (5, 5, 5, True))])
def test_a_task_that_nobody_had_gets_as_many_places(tenant, n, wanted):
    project = a_project(tenant)
    some_items(project, 2)

    asked_for(project, n)

    assert places() == [wanted, wanted]


@pytest.mark.parametrize(
    ("n_leases", "n", "wanted"),
    [
        (1, 5, (5, 4, 5, True)),
        (3, 5, (5, 2, 5, True)),
        (1, 2, (2, 1, 2, True)),
        # A lease that runs is honoured, so there may be more answers than are asked for.
        (1, 1, (1, 0, 1, False)),
        (3, 1, (3, 0, 3, False)),
    ],
)
def test_a_task_that_is_leased_at_that_moment_gets_them_too(tenant, n_leases, n, wanted):
    project = a_project(tenant)
    a_task(project)
    for _ in range(n_leases):
        claim(project, a_worker(tenant))

    asked_for(project, n)

    assert places() == [wanted]


def test_a_lease_given_back_opens_its_place_again(tenant):
    project = a_project(tenant)
    a_task(project)
    lease = claim(project, a_worker(tenant))

    asked_for(project, 1)
    claims.release(lease=lease, now=NOON)

    assert places() == [(1, 1, 1, True)]


def test_tasks_are_placed_in_parts_and_none_is_left_out(tenant, monkeypatch):
    monkeypatch.setattr(settling, "MOST_TASKS", 2)
    project = a_project(tenant)
    some_items(project, 5)
    claim(project, a_worker(tenant))

    asked_for(project, 4)

    assert {(slots, due) for slots, _, due, _ in places()} == {(4, 4)}
