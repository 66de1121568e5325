"""What is marked to be studied while a study is under way is studied after it."""

from datetime import timedelta

import pytest

from quality import settling, study
from quality.models import Standing, Study
from quality.study import material, running
from tasks_app.staging import Record
from tests.factories import NOON, a_project, bring_answers, later, some_items

pytestmark = pytest.mark.django_db

RESTED = later(60)


@pytest.fixture
def project(tenant):
    """A project whose study is due as soon as the one before has rested."""
    project = a_project(tenant)
    records = [
        Record(row, {"external_id": item.external_id, "worker": "ana", "answer": {"kind": "owl"}})
        for row, item in enumerate(some_items(project, 12), 1)
    ]
    bring_answers(project, records)
    settling.settle(project=project, now=NOON)
    Study.objects.filter(project=project).update(due_at=RESTED, rests_until=RESTED, is_quiet=False)
    return project


@pytest.mark.parametrize("before_s", [-1, 0, 3])
def test_the_mark_of_a_refit_that_began_while_the_last_study_rested_is_not_lost(
    project, monkeypatch, before_s
):
    read = material.read

    def read_and_be_told(of):
        # The refit of the quiet began earlier than this study, and is through only now.
        study.mark(project=of, is_quiet=True, now=RESTED - timedelta(seconds=before_s))
        return read(of)

    monkeypatch.setattr(running.material, "read", read_and_be_told)
    assert study.run(project=project, clock=lambda: RESTED, follow=lambda _: None)

    waiting = Study.objects.get(project=project)
    assert waiting.is_quiet
    assert waiting.due_at is not None
    assert study.due(now=later(600)) == [project.pk]


def test_a_study_ends_what_it_was_taken_for(project):
    assert study.run(project=project, clock=lambda: RESTED, follow=lambda _: None)

    assert study.due(now=later(600)) == []


def test_answers_that_nobody_shares_are_no_agreement(project):
    records = [
        Record(row, {"external_id": external_id, "worker": "ben", "answer": {"kind": "owl"}})
        for row, external_id in enumerate(project.items.values_list("external_id", flat=True)[:5])
    ]
    bring_answers(project, records)

    assert study.run(project=project, clock=lambda: RESTED, follow=lambda _: None)

    told = Standing.objects.get(worker__username="ana").figures
    assert told["agreement"]["n"] == 5
    # The series is that of drift, in which every answer has its place.
    assert sum(run["n"] for run in told["series"]) == 12
