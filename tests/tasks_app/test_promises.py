"""Promises 1 and 2 as constraints: what Python forgets, the database refuses."""

import pytest
from django.db import IntegrityError, transaction

from tasks_app.models import Admission, Answer, Assignment, Batch, Item, Task
from tests.factories import NOON, a_project, a_worker

pytestmark = pytest.mark.django_db


@pytest.fixture
def item(tenant):
    """Made row by row: the deeds of the workshop lean on the very constraints tested here."""
    project = a_project(tenant)
    batch = Batch.objects.create(project=project, name="b", created_at=NOON)
    return an_item(project, batch)


def an_item(project, batch):
    return Item.objects.create(
        project=project,
        batch=batch,
        external_id="a1",
        payload={},
        digest=b"",
        created_at=NOON,
    )


def a_task_of(item, **overrides):
    wanted = {"slots": 3, "open_slots": 3, "answers_due": 3} | overrides
    return Task.objects.create(project=item.project, item=item, **wanted)


@pytest.fixture
def task(item):
    return a_task_of(item)


@pytest.fixture
def lease(task, tenant):
    return a_lease(task, a_worker(tenant))


def a_lease(task, worker):
    return Assignment.objects.create(
        project=task.project,
        task=task,
        worker=worker,
        guideline_version=1,
        leased_at=NOON,
        leased_until=NOON,
    )


def refused(constraint, deed):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        deed()


@pytest.mark.parametrize(
    "broken",
    [
        {"open_slots": -1},
        {"open_slots": 3, "answers_due": 2},
        {"answers_due": 4},
        {"slots": 2},
    ],
)
def test_slots_never_run_out_of_their_bounds(task, broken):
    with pytest.raises(IntegrityError), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(is_open=True, **broken)


def test_answers_due_stay_within_the_slots_given(task):
    refused(
        "task_slots_within_due_within_given",
        lambda: Task.objects.filter(pk=task.pk).update(answers_due=4),
    )


def test_a_task_is_open_while_it_has_open_slots(task):
    refused(
        "task_is_open_while_slots_are",
        lambda: Task.objects.filter(pk=task.pk).update(is_open=False),
    )


def test_gold_has_no_slots(item):
    refused("task_gold_has_no_slots", lambda: a_task_of(item, is_gold=True))


def test_a_part_of_an_item_has_one_task(task):
    refused("task_once_per_part", lambda: a_task_of(task.item))


def test_an_item_is_there_once(item):
    refused("item_once_per_project", lambda: an_item(item.project, item.batch))


def test_a_worker_has_one_assignment_of_a_task(lease):
    refused("assignment_once_per_worker", lambda: a_lease(lease.task, lease.worker))


def test_a_lease_is_extended_three_times_at_most_by_anybody(lease):
    refused(
        "assignment_extended_three_times_at_most",
        lambda: Assignment.objects.filter(pk=lease.pk).update(n_extended=4),
    )


def an_answer(lease, assignment):
    return Answer.objects.create(
        project=lease.project,
        task=lease.task,
        worker=lease.worker,
        assignment=assignment,
        values={"kind": "owl"},
        answered_at=NOON,
    )


def test_a_worker_answers_a_task_once(lease):
    an_answer(lease, None)

    refused("answer_once_per_worker", lambda: an_answer(lease, None))


def test_an_assignment_takes_one_answer(lease):
    an_answer(lease, lease)

    refused(
        "assignment_id",
        lambda: Answer.objects.create(
            project=lease.project,
            task=lease.task,
            worker=a_worker(lease.project.tenant),
            assignment=lease,
            values={},
            answered_at=NOON,
        ),
    )


def test_a_worker_has_one_admission_to_a_project(lease):
    refused(
        "admission_once_per_worker",
        lambda: Admission.objects.create(
            worker=lease.worker, project=lease.project, may_claim=True
        ),
    )


def test_a_refusal_has_its_reason(lease):
    refused(
        "admission_refusal_has_reason",
        lambda: Admission.objects.update(may_claim=False, reason_code=""),
    )
