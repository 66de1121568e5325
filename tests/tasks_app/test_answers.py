"""Answers coming in from leases."""

import pytest

from tasks_app import answers, claims
from tasks_app.errors import Invalid
from tasks_app.models import Admission, Answer, Assignment, Project
from tests.factories import NOON, a_project, a_task, a_worker, assignment_of, later, task_of

pytestmark = pytest.mark.django_db

OWL, WREN = {"kind": "owl"}, {"kind": "wren"}


@pytest.fixture
def lease(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    a_task(project)
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)
    return lease


def submit(lease, values=OWL, now=NOON, elapsed_s=None):
    is_new = answers.submit(lease=lease, values=values, elapsed_s=elapsed_s, now=now)
    return Answer.objects.get(assignment=lease.id), is_new


def test_an_answer_takes_the_place_of_its_lease(lease):
    answer, is_new = submit(lease, now=later(30))

    task = task_of(lease)
    assert is_new
    assert (answer.values, answer.late, answer.elapsed_s) == (OWL, False, 30.0)
    assert (task.slots, task.open_slots, task.answers_due) == (3, 2, 2)
    assert task.n_answers == 1


def test_the_same_answer_again_is_the_same_answer(lease):
    first, _ = submit(lease)

    again, is_new = submit(lease, now=later(5))

    assert (again.pk, is_new) == (first.pk, False)
    task = task_of(lease)
    assert task.n_answers == 1


def test_another_answer_after_it_is_refused(lease):
    submit(lease)

    with pytest.raises(claims.AlreadyAnswered):
        submit(lease, WREN)

    assert Answer.objects.get().values == OWL


def test_an_answer_that_does_not_fit_the_form_leaves_no_trace(lease):
    with pytest.raises(Invalid) as refused:
        submit(lease, {"kind": "bat", "size": 3})

    assert {(fault.pointer, fault.code) for fault in refused.value.faults} == {
        ("/answer/kind", "unknown_label"),
        ("/answer/size", "unknown_field"),
    }
    assert not Answer.objects.exists()
    assert Assignment.objects.get().state == "leased"


def test_a_late_answer_is_taken_while_its_slot_is_not_swept(lease):
    answer, _ = submit(lease, now=later(601))

    task = task_of(lease)
    assert answer.late
    assert (task.open_slots, task.answers_due) == (2, 2)


def test_a_late_answer_is_taken_while_a_slot_is_open(lease):
    claims.expire(now=later(601))

    answer, _ = submit(lease, now=later(602))

    task = task_of(lease)
    assert answer.late
    assert (task.slots, task.open_slots, task.answers_due) == (3, 2, 2)


def test_a_late_answer_is_refused_when_the_slots_are_taken(lease, tenant):
    claims.expire(now=later(601))
    for _ in range(3):
        claims.claim(
            project_ids=[lease.project_id], worker_id=a_worker(tenant).pk, count=1, now=later(602)
        )

    with pytest.raises(claims.LeaseLost):
        submit(lease, now=later(603))

    lease = assignment_of(lease)
    assert lease.state == "expired"


@pytest.mark.parametrize("give_back", ["release", "skip"])
def test_an_answer_after_giving_back_is_refused(lease, give_back):
    if give_back == "release":
        claims.release(lease=lease, now=NOON)
    else:
        claims.skip(lease=lease, because="", now=NOON)

    with pytest.raises(claims.LeaseLost):
        submit(lease)


def test_a_live_lease_is_honoured_after_the_project_closed(lease):
    Project.objects.update(state=Project.State.CLOSED)

    _, is_new = submit(lease)

    assert is_new


def test_a_late_answer_is_refused_after_the_project_closed(lease):
    Project.objects.update(state=Project.State.CLOSED)

    with pytest.raises(claims.LeaseLost):
        submit(lease, now=later(601))


def test_a_late_answer_is_refused_when_the_admission_was_withdrawn(lease):
    Admission.objects.update(may_claim=False, reason_code="restricted")

    with pytest.raises(claims.LeaseLost):
        submit(lease, now=later(601))


def test_an_answer_to_gold_counts_on_no_task(tenant):
    project, wim = a_project(tenant, gold_rate=1.0), a_worker(tenant)
    gold = a_task(project, gold=OWL)
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)

    submit(lease)

    gold.refresh_from_db()
    assert (lease.task_id, gold.n_answers, gold.answers_due) == (gold.pk, 0, None)
