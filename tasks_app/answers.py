"""Take answers in: from leases, and from elsewhere."""

from datetime import datetime
from typing import Any

from django.db import transaction
from django.db.models import F

from tasks_app import claims, forms, splitting
from tasks_app.models import Answer, Assignment, Project, Task
from tasks_app.splitting import Part


@transaction.atomic
def submit(
    *, assignment: Assignment, values: Any, elapsed_s: float | None, now: datetime
) -> tuple[Answer, bool]:
    """Record the answer to a lease; (answer, True), or (the equal one before, False).

    A live lease is always honoured. A dead one is a claim and an answer in one, taken
    while a slot is open. Raises Invalid, claims.LeaseLost or claims.AlreadyAnswered;
    nothing is recorded then.
    """
    kept = _checked(assignment, values)
    # Compare-and-set: of two racing submissions only one still finds the row leased.
    on_time = Assignment.objects.filter(
        pk=assignment.pk, state=Assignment.State.LEASED, leased_until__gt=now
    ).update(state=Assignment.State.ANSWERED)
    if not on_time and not _taken_late(assignment, now):
        return _answered_before(assignment, kept), False
    # The row lock of this update puts the answers to a task in line with its settling.
    Task.objects.filter(pk=assignment.task_id, is_gold=False).update(
        answers_due=F("answers_due") - 1, n_answers=F("n_answers") + 1
    )
    assignment.state = Assignment.State.ANSWERED
    answer = Answer.objects.create(
        project_id=assignment.project_id,
        task_id=assignment.task_id,
        worker_id=assignment.worker_id,
        assignment=assignment,
        values=kept,
        answered_at=now,
        elapsed_s=(now - assignment.leased_at).total_seconds() if elapsed_s is None else elapsed_s,
        late=not on_time,
        guideline_version=assignment.guideline_version,
    )
    return answer, True


def _checked(assignment: Assignment, values: Any) -> forms.Values:
    """The values as they are kept. Raises Invalid."""
    project, task = assignment.project, assignment.task
    kept = forms.normalised(project.form, values)
    if forms.reads_payload(project.form):
        part = Part(task.part_index, task.part_of, task.part_start, task.part_end)
        payload = splitting.part_payload(project.split, task.item.payload, part)
        forms.check_fit(project.form, kept, payload)
    return kept


def _taken_late(assignment: Assignment, now: datetime) -> bool:
    """Answer a dead lease if its task still has a place. Raises claims.LeaseLost.

    False if the assignment is answered already.
    """
    state = (
        Assignment.objects.select_for_update(no_key=True)
        .values_list("state", flat=True)
        .get(pk=assignment.pk)
    )
    if state == Assignment.State.ANSWERED:
        return False
    if state not in {Assignment.State.LEASED, Assignment.State.EXPIRED}:
        raise claims.LeaseLost
    project = Project.objects.get(pk=assignment.project_id)
    if project.state != Project.State.OPEN or claims.admits(
        project=project, worker_id=assignment.worker_id, now=now
    ):
        raise claims.LeaseLost
    task = Task.objects.select_for_update(no_key=True).get(pk=assignment.task_id)
    if task.state != Task.State.OPEN:
        raise claims.LeaseLost
    # A lease that no sweep has ended yet still holds its own slot.
    if state == Assignment.State.EXPIRED and not _slot_taken(task):
        raise claims.LeaseLost
    Assignment.objects.filter(pk=assignment.pk).update(state=Assignment.State.ANSWERED)
    return True


def _slot_taken(task: Task) -> bool:
    if task.is_gold:
        return True
    if not task.open_slots:
        return False
    Task.objects.filter(pk=task.pk).update(
        open_slots=task.open_slots - 1, is_open=task.open_slots > 1
    )
    return True


def _answered_before(assignment: Assignment, values: forms.Values) -> Answer:
    answer = Answer.objects.get(assignment=assignment)
    if answer.values != values:
        raise claims.AlreadyAnswered
    assignment.state = Assignment.State.ANSWERED
    return answer
