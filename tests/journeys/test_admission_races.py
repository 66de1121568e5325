"""Uploads, invitations and projects that come at the same time as their opposite."""

import pytest

from marketplace.flows import projects, tenants
from tasks_app.models import Admission, Answer, Project
from tasks_app.recorded import ProjectNotTaking
from tasks_app.staging import Record
from tests.factories import BIRDS, a_project, a_tenant, bring_answers, some_items
from tests.tasks_app.test_races import all_at_once

pytestmark = pytest.mark.django_db(transaction=True)


def test_recorded_answers_are_refused_after_a_close_that_the_upload_did_not_see():
    project = a_project(a_tenant())
    (item,) = some_items(project, 1)
    Project.objects.filter(pk=project.pk).update(state=Project.State.CLOSED)
    answer = {"external_id": item.external_id, "worker": "Wim", "answer": {"kind": "owl"}}

    with pytest.raises(ProjectNotTaking):
        bring_answers(
            project,
            [Record(1, answer)],
        )

    assert not Answer.objects.exists()


def test_workers_invited_beside_new_projects_are_admitted_to_all_of_them():
    tenant = a_tenant()

    def invited(number):
        return lambda: tenants.invite(tenant=tenant, username=f"wanda-{number}", email="")

    def drawn_up(number):
        return lambda: projects.draft(
            tenant=tenant,
            slug=f"birds-{number}",
            name="Birds",
            form=[BIRDS],
            split={"by": "none"},
            guidelines="Look well.",
        )

    all_at_once([deed(number) for number in range(6) for deed in (invited, drawn_up)])

    assert Admission.objects.filter(project__tenant_id=tenant.pk).count() == 36
