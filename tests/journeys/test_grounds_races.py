"""Two grounds of one decision change at the same time: the decision knows of both."""

import threading
import time

import pytest
from django.db import IntegrityError, connection, transaction

from marketplace.accounts import people
from marketplace.accounts.models import TenantWorker
from marketplace.flows import admitting, examining, knowing
from quality.models import Gate, Sitting, Skill, SkillValue, Standing
from tasks_app.models import Admission, Assignment
from tests.factories import NOON, a_project, a_tenant, a_worker, some_items
from tests.tasks_app.test_races import all_at_once

BOTH = {"all": [{"attribute": "country", "op": "exists"}, {"skill": "birds", "op": "exists"}]}
# Long enough for the other to come to where it waits.
WAITS_S = 0.5


@pytest.mark.django_db(transaction=True)
def test_of_two_grounds_that_come_at_once_neither_is_missed():
    tenant = a_tenant()
    worker = a_worker(tenant)
    skill = Skill.objects.create(
        tenant=tenant, name="birds", source=Skill.Source.BY_HAND, created_at=NOON
    )
    project = a_project(tenant, asked={"requirements": BOTH})

    def given_the_skill():
        knowing.set_skill(skill=skill, values={worker.pk: 1.0})
        connection.close()

    other = threading.Thread(target=given_the_skill)
    with transaction.atomic():
        knowing.keep_attributes(tenant=tenant, worker_id=worker.pk, attributes={"country": "CH"})
        other.start()
        time.sleep(WAITS_S)
    other.join()

    assert Admission.objects.get(project=project, worker=worker).may_claim


@pytest.mark.django_db(transaction=True)
def test_a_ground_that_changes_while_a_worker_is_met_is_not_missed():
    tenant = a_tenant()
    worker = a_worker(a_tenant())
    people.known(tenant=tenant, worker_ids=[worker.pk], now=NOON)
    project = a_project(tenant, access="open", asked={"requirements": {"list": "experts"}})

    def listed():
        knowing.put_on_list(tenant=tenant, name="experts", worker_ids=[worker.pk])
        connection.close()

    other = threading.Thread(target=listed)
    with transaction.atomic():
        admitting.meet(project=project, worker_ids=[worker.pk], now=NOON)
        other.start()
        time.sleep(WAITS_S)
    other.join()

    assert Admission.objects.get(project=project, worker=worker).may_claim


@pytest.mark.django_db(transaction=True)
def test_one_worker_at_many_doors_gets_no_more_exam_tasks_than_there_are():
    tenant = a_tenant()
    worker = a_worker(tenant)
    project = a_project(tenant, asked={"exam": {"n": 3, "pass_mark": 0.2, "paid": False}})
    some_items(project, 20, gold={"kind": "owl"})

    all_at_once(
        [lambda: examining.seat(project=project, worker_id=worker.pk, count=5) for _ in range(8)]
    )

    assert Assignment.objects.filter(worker=worker).count() == 3


def refused(constraint, deed):
    with pytest.raises(IntegrityError, match=constraint), transaction.atomic():
        deed()


@pytest.mark.django_db
def test_what_cannot_be_is_refused_by_the_database(tenant):
    project, worker = a_project(tenant), a_worker(tenant)
    terms = {"n": 3, "pass_mark": 0.2}
    refused(
        "gate_is_exam_or_training",
        lambda: Gate.objects.create(project=project, exam=terms, training=terms),
    )
    sitting = {"project": project, "worker": worker, "number": 1, "passed": True}
    refused(
        "sitting_score_within_n",
        lambda: Sitting.objects.create(**sitting, n=3, score=4, low=0.5, decided_at=NOON),
    )
    skill = Skill.objects.create(tenant=tenant, name="a", source="by_hand", created_at=NOON)
    refused(
        "skill_once_per_tenant",
        lambda: Skill.objects.create(tenant=tenant, name="a", source="gold", created_at=NOON),
    )
    refused(
        "skill_of_an_exam_has_its_project",
        lambda: Skill.objects.create(tenant=tenant, name="b", source="exam", created_at=NOON),
    )
    refused(
        "skill_value_within_its_interval",
        lambda: SkillValue.objects.create(
            skill=skill, worker=worker, value=1, low=2, high=3, n=1, changed_at=NOON
        ),
    )
    refused(
        "standing_counts_within_answers",
        lambda: Standing.objects.create(
            project=project,
            worker=worker,
            n_answers=1,
            n_accepted=2,
            n_timed=0,
            seconds=0,
            last_answer_at=NOON,
            figures={},
            studied_at=NOON,
        ),
    )
    assert TenantWorker.objects.get(worker=worker).attributes == {}
