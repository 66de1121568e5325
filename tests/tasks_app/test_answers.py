"""Answers coming in from leases."""

from dataclasses import replace

import pytest

from tasks_app import answers, claims, known
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
    answered = answers.submit(
        uid=lease.uid, worker_id=lease.worker_id, values=values, elapsed_s=elapsed_s, now=now
    )
    return Answer.objects.get(assignment=lease.id), answered.is_new


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


@pytest.mark.parametrize("has_met", [True, False])
def test_an_answer_is_taken_the_same_whether_its_project_was_met_or_not(
    lease, has_met, monkeypatch
):
    monkeypatch.setattr(known, "_known", {})
    if has_met:
        known.meet(lease)

    answer, is_new = submit(lease)

    assert (answer.values, answer.project_id, is_new) == (OWL, lease.project_id, True)
    assert known.project_of(lease.uid).form == Project.objects.get().form


def test_a_lease_of_a_project_that_was_met_is_still_looked_up_for_its_worker_only(lease, tenant):
    known.meet(lease)

    for worker_id, tenant_id in ((a_worker(tenant).pk, None), (lease.worker_id, tenant.pk + 1)):
        for values in (OWL, {"kind": "bat"}):
            assert (
                answers.submit(
                    uid=lease.uid,
                    worker_id=worker_id,
                    tenant_id=tenant_id,
                    values=values,
                    elapsed_s=None,
                    now=NOON,
                )
                is None
            )
    assert not Answer.objects.exists()


def test_a_project_that_only_seems_to_be_met_takes_no_answer_for_another(lease, monkeypatch):
    """Two projects whose numbers share their last 32 bits: the form of one is not the other's."""
    monkeypatch.setattr(known, "_known", {})
    looser = lease.form.replace('"owl"', '"owl", "bat"')
    known.meet(replace(lease, project_id=lease.project_id + (1 << 32), form=looser))

    with pytest.raises(Invalid):
        submit(lease, {"kind": "bat"})

    assert not Answer.objects.exists()
