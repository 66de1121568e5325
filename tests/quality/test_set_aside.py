"""Suspects and floors: whose answers count no more, and who is suspected again."""

import random

import pytest

from marketplace.accounts.models import User
from marketplace.flows import deciding, projects
from quality import due, feed, reliability
from quality.models import Flag, WorkerModel
from tasks_app.models import Task
from tests.factories import (
    NOON,
    a_flag,
    a_project,
    a_user,
    later,
    some_items,
)
from tests.quality.crowds import a_crowd, record, settled

pytestmark = pytest.mark.django_db


def test_a_confirmed_flag_sets_answers_aside_and_reopens_tasks(tenant):
    project = a_project(tenant, reliability_floor=0.7, max_answers=4)
    items = some_items(project, 40)
    a_crowd(project, items, n_workers=3, accuracy=0.97, seed=3)
    chance = random.Random(5)
    record(
        project,
        [
            (item.external_id, "clicker", {"kind": chance.choice(["owl", "wren", "other"])})
            for item in items
        ],
    )
    settled(project)
    flag = Flag.objects.get()
    assert flag.worker.username == "clicker"
    assert flag.evidence["n"] == 40
    assert "below this project's floor of 0.70" in flag.reason
    assert {
        "external_id",
        "part",
        "field",
        "answer",
        "value",
        "confidence",
        "guideline_version",
    } == set(flag.evidence["answers"][0])
    before = feed.head(project)

    deciding.confirm(flag=flag, by=a_user(tenant, "manager"), note="yes")
    settled(project, now=later(1))

    rows = feed.changes(project, after=before, limit=1000)
    assert {row["cause"] for row in rows} == {"flag"}
    assert {(row["n_answers"], row["n_set_aside"]) for row in rows} == {(3, 1)}
    frozen = flag.evidence
    flag.refresh_from_db()
    assert (flag.state, flag.evidence) == ("confirmed", frozen)


def test_a_dismissed_suspicion_waits_for_half_as_many_answers_more(tenant):
    project = a_project(tenant, reliability_floor=0.7)
    items = some_items(project, 90)
    a_crowd(project, items, n_workers=4, accuracy=0.97)

    def click(some):
        chance = random.Random(5)
        record(
            project,
            [
                (item.external_id, "clicker", {"kind": chance.choice(["wren", "other"])})
                for item in some
            ],
        )
        due.mark_refit(project=project, now=NOON)
        settled(project)

    click(items[:40])
    flag = Flag.objects.get()
    deciding.dismiss(flag=flag, by=a_user(tenant, "manager"), note="no")
    click(items[40:55])
    assert Flag.objects.count() == 1
    click(items[55:65])
    assert Flag.objects.filter(state="open").count() == 1


def test_new_floors_and_targets_apply_from_the_next_settle(tenant):
    project = a_project(tenant, target_confidence=0.999, max_answers=3)
    items = some_items(project, 4)
    record(
        project,
        [
            (item.external_id, f"w{worker}", {"kind": "wren" if worker == place % 3 else "owl"})
            for place, item in enumerate(items)
            for worker in range(3)
        ],
    )
    settled(project)
    assert set(Task.objects.values_list("state", flat=True)) == {"unresolvable"}

    project = projects.change(project=project, guidelines=None, target_confidence=0.55)
    settled(project, now=later(10**9))

    assert set(Task.objects.values_list("state", flat=True)) == {"resolved"}


def test_what_an_earlier_fit_knew_of_workers_who_count_no_more_is_forgotten(tenant):
    project = a_project(tenant)
    items = some_items(project, 6)
    a_crowd(project, items, n_workers=4)
    record(project, [(item.external_id, "wild", {"kind": "other"}) for item in items])
    settled(project)
    wild = User.objects.get(username="wild")
    assert WorkerModel.objects.filter(worker=wild).exists()
    a_flag(project, wild, state="confirmed", decided_at=NOON)
    due.mark_refit(project=project, now=NOON)

    settled(project, now=later(1))

    # The fit saw fewer labels now: rows of the one before could not be read with it.
    assert not WorkerModel.objects.filter(worker=wild).exists()
    assert reliability.confusion(project, wild.pk) == {}
    (item,) = some_items(project, 1)
    record(project, [(item.external_id, "wild", {"kind": "owl"})])
    assert settled(project, now=later(2)) is not None
