"""From answers to consensus: revisions, places, the feed."""

import random
from datetime import timedelta

import pytest

from marketplace.flows import intake
from quality import due, feed, settling
from quality.models import Revision, SettleDue, Settling
from tasks_app import answers, claims
from tasks_app.models import Task
from tasks_app.staging import Record
from tests.factories import (
    NOON,
    a_project,
    a_task,
    a_worker,
    bring_answers,
    later,
    some_items,
)
from tests.quality.crowds import a_crowd, answer, latest, record, settled

pytestmark = pytest.mark.django_db


def test_three_equal_answers_are_told_as_one_row(tenant):
    project = a_project(tenant, target_confidence=0.99)
    task = a_task(project)
    for _ in range(3):
        answer(task, a_worker(tenant), "owl")

    outcome = settled(project)

    (row,) = feed.changes(project, after=0, limit=10)
    assert outcome.n_revisions == 1
    assert (row["seq"], row["revision"], row["value"], row["n_answers"]) == (1, 1, "owl", 3)
    assert row["share"] == 1.0
    assert sum(row["distribution"].values()) == pytest.approx(1, abs=1e-3)
    assert not SettleDue.objects.exists()


def test_a_task_short_of_the_target_gets_one_more_place_until_the_maximum(tenant):
    project = a_project(tenant, min_answers=2, max_answers=4)
    task = a_task(project)
    states = []
    for step, label in enumerate(["owl", "wren", "owl", "wren"]):
        answer(task, a_worker(tenant), label, now=later(step))
        settled(project, now=later(step))
        task.refresh_from_db()
        states.append((task.state, task.open_slots, task.answers_due))

    assert states == [
        ("open", 1, 1),
        ("open", 1, 1),
        ("open", 1, 1),
        ("unresolvable", 0, 0),
    ]
    assert latest(project)[task.item.external_id]["state"] == "unresolvable"


def test_a_task_that_meets_the_target_is_resolved_and_closed(tenant):
    project = a_project(tenant)
    items = some_items(project, 20)
    a_crowd(project, items, accuracy=1.0)

    settled(project)

    tasks = Task.objects.filter(project=project)
    assert {(task.state, task.open_slots, task.is_open) for task in tasks} == {
        ("resolved", 0, False)
    }
    rows = feed.changes(project, after=0, limit=100)
    assert {row["state"] for row in rows} == {"resolved"}
    assert all(row["resolved_at"] == "2026-03-01T12:00:00Z" for row in rows)


def test_a_live_lease_on_a_resolved_task_is_honoured_and_revises(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    (item,) = some_items(project, 1)
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)
    a_crowd(project, [item], accuracy=1.0)
    settled(project)
    task = Task.objects.get(item=item)
    assert (task.state, task.open_slots, task.answers_due) == ("resolved", 0, 1)

    answers.submit(
        uid=lease.uid, worker_id=lease.worker_id, values={"kind": "wren"}, elapsed_s=None, now=NOON
    )
    due.mark(project_id=project.pk, task_ids=[task.pk], now=NOON)
    settled(project, now=later(1))

    row = latest(project)[item.external_id]
    assert (row["revision"], row["n_answers"], row["state"]) == (2, 9, "resolved")


def test_an_answer_that_came_after_the_reading_leaves_the_task_due(tenant, monkeypatch):
    project = a_project(tenant)
    task = a_task(project)
    answer(task, a_worker(tenant), "owl")
    read = settling.ballots.read

    def read_then_answer(*arguments):
        found = read(*arguments)
        answer(task, a_worker(tenant), "wren")
        return found

    monkeypatch.setattr(settling.ballots, "read", read_then_answer)
    settled(project)
    monkeypatch.undo()

    assert SettleDue.objects.filter(task=task).exists()
    assert feed.head(project) == 0
    settled(project)
    assert latest(project)[task.item.external_id]["n_answers"] == 2


def test_a_settler_that_lost_its_lease_writes_nothing(tenant, monkeypatch):
    project = a_project(tenant)
    answer(a_task(project), a_worker(tenant), "owl")
    read = settling.ballots.read

    def read_slowly(*arguments):
        Settling.objects.filter(project=project).update(fence=99)
        return read(*arguments)

    monkeypatch.setattr(settling.ballots, "read", read_slowly)

    assert settled(project) is None
    assert feed.head(project) == 0
    assert SettleDue.objects.exists()


def test_one_settler_at_a_time(tenant):
    project = a_project(tenant)
    Settling.objects.filter(project=project).update(leased_until=later(5))

    assert settled(project, now=NOON) is None
    assert settled(project, now=later(6)) is not None


def test_running_it_again_changes_nothing(tenant):
    project = a_project(tenant)
    a_crowd(project, some_items(project, 5))
    settled(project)
    head = feed.head(project)

    settled(project)
    settled(project, now=later(60))
    settled(project, now=later(120))

    assert feed.head(project) == head


def test_the_order_of_answers_does_not_matter_once_quiet(tenant):
    """Promise 8: value, distribution and confidence are a function of the set of answers."""
    chance = random.Random(7)
    ids = [f"x{i}" for i in range(30)]
    rows = [
        (external_id, f"w{worker}", {"kind": chance.choice(["owl", "owl", "owl", "wren"])})
        for external_id in ids
        for worker in range(5)
    ]
    told = []
    for order in (rows, rows[::-1], sorted(rows, key=lambda row: row[1])):
        project = a_project(tenant)
        for external_id in ids:
            some_items(project, 1, external_id=external_id)
        for start in range(0, len(order), 37):
            record(project, order[start : start + 37])
            settled(project, now=NOON)
        settled(project, now=NOON + timedelta(minutes=1))
        told.append(
            {
                external_id: (row["value"], row["distribution"], row["confidence"])
                for external_id, row in latest(project).items()
            }
        )

    assert told[0] == told[1] == told[2]
    assert set(told[0]) == set(ids)


def test_split_items_are_stitched_when_their_last_part_is_decided(tenant):
    project = a_project(tenant, split={"by": "list", "path": "/birds"}, target_confidence=0.6)
    (item,) = some_items(project, 1, payload={"birds": ["a", "b"]})

    def answers_to(part, label):
        bring_answers(
            project,
            [
                Record(
                    i,
                    {
                        "external_id": item.external_id,
                        "part": part,
                        "worker": f"w{i}",
                        "answer": {"kind": label},
                    },
                )
                for i in range(1, 5)
            ],
        )
        settled(project)

    answers_to(0, "owl")
    assert not Revision.objects.filter(task=None).exists()
    answers_to(1, "wren")

    row = [row for row in feed.changes(project, after=0, limit=100) if row["task"] is None][-1]
    assert (row["task"], row["part"], row["state"]) == (None, None, "resolved")
    assert [part["value"] for part in row["value"]] == ["owl", "wren"]
    assert row["n_answers"] == 8
    assert (row["share"], row["interval"], row["distribution"]) == (None, None, None)
    lowest = min(part["confidence"] for part in row["value"])
    assert row["confidence"] == lowest


def test_withdrawn_items_are_told_and_settled_no_more(tenant):
    project = a_project(tenant)
    items = some_items(project, 3)
    a_crowd(project, items)
    settled(project)
    before = feed.head(project)

    intake.withdraw(project=project, item=items[0], because="wrong picture")
    settled(project, now=later(5))

    rows = feed.changes(project, after=before, limit=100)
    assert (rows[0]["external_id"], rows[0]["state"], rows[0]["cause"]) == (
        items[0].external_id,
        "withdrawn",
        "withdrawal",
    )
    assert items[0].external_id not in {row["external_id"] for row in rows[1:]}


def test_gold_yields_no_row_but_teaches_the_fit(tenant):
    project = a_project(tenant)
    (gold,) = some_items(project, 1, gold={"kind": "owl"})
    record(project, [(gold.external_id, "wim", {"kind": "owl"})])

    settled(project)

    assert feed.head(project) == 0
    assert not SettleDue.objects.exists()


def test_every_type_of_field_is_judged(tenant):
    form = [
        {"key": "kind", "type": "choice", "labels": ["owl", "wren"]},
        {"key": "marks", "type": "multichoice", "labels": ["red", "blue", "green"]},
        {"key": "size", "type": "ordinal", "labels": ["small", "middle", "large"]},
        {"key": "length", "type": "number", "unit": "cm", "tolerance": 0.1},
        {"key": "note", "type": "text", "required": False},
    ]
    project = a_project(tenant, form=form)
    (item,) = some_items(project, 1)
    record(
        project,
        [
            (
                item.external_id,
                f"w{i}",
                {
                    "kind": "owl",
                    "marks": ["blue", "red"],
                    "size": size,
                    "length": 10 + i / 10,
                    "note": note,
                },
            )
            for i, (size, note) in enumerate(
                [("small", "Grey  owl."), ("middle", "grey owl"), ("large", "brown")]
            )
        ],
    )
    settled(project)

    rows = {row["field"]: row for row in feed.changes(project, after=0, limit=10)}
    assert {key: row["value"] for key, row in rows.items() if key != "length"} == {
        "kind": "owl",
        "marks": ["red", "blue"],
        "size": "middle",
        "note": "Grey  owl.",
    }
    low, high = rows["length"]["interval"]
    assert low < rows["length"]["value"] < high
    assert 0 < rows["length"]["confidence"] < 1
    assert rows["note"]["share"] == pytest.approx(0.6667)
