import hashlib
from itertools import pairwise

import orjson
import pytest

from marketplace.flows import intake
from quality import due, feed, retraining, settling, snapshots
from quality.models import Cause, Push, Revision
from tasks_app.models import Item, Task
from tasks_app.staging import Record
from tests.factories import BIRDS, NOON, a_project, bring_answers, bring_items, later
from tests.quality.labels import (
    a_retrained_project,
    add_items,
    answer,
    kinds,
    some_labels,
    text_about,
)

pytestmark = pytest.mark.django_db


def prepared(project, now=NOON):
    return retraining.prepare(project=project, trigger=Push.Trigger.MANUAL, now=now)


def body(push):
    return b"".join(snapshots.chunks(push))


def rows(push):
    return [orjson.loads(line) for line in body(push).splitlines()]


def test_a_snapshot_holds_each_resolved_label_once_by_seq():
    project = a_retrained_project()
    of_kind = some_labels(project, 9)

    push = prepared(project)

    found = rows(push)
    assert push.n_labels == len(found) == 9
    assert {row["external_id"]: row["value"] for row in found} == of_kind
    assert all(before["seq"] < after["seq"] for before, after in pairwise(found))
    row = next(row for row in found if row["external_id"] == "a0")
    assert row == {
        "external_id": "a0",
        "part": None,
        "payload": {"text": text_about("wren", "a0")},
        "field": "kind",
        "value": "wren",
        "distribution": row["distribution"],
        "confidence": row["distribution"]["wren"],
        "n_answers": 2,
        "seq": row["seq"],
    }


def test_a_snapshot_is_the_same_for_ever_whatever_comes_after():
    project = a_retrained_project()
    some_labels(project, 6)
    push = prepared(project)
    before = body(push)
    assert hashlib.sha256(before).hexdigest() == push.sha256

    intake.withdraw(project=project, item=Item.objects.get(external_id="a0"), because="a mistake")
    answer(project, {"a1": "wren"}, workers=["Wilma", "Wolf", "Walt"], now=later(10))
    task = Task.objects.get(item__external_id="a2")
    task.answers.all().delete()
    Task.objects.filter(pk=task.pk).update(n_answers=0)
    due.mark(project_id=project.pk, task_ids=[task.pk], now=NOON, cause=Cause.FLAG)
    settling.settle(project=project, now=later(60))
    some_labels(project, 3, start=6)

    states = {row.state for row in Revision.objects.filter(is_latest=True)}
    assert states == {"withdrawn", "resolved", "provisional"}
    assert body(push) == before


def test_what_was_withdrawn_is_in_no_later_snapshot():
    project = a_retrained_project()
    some_labels(project, 6)
    prepared(project)
    Push.objects.update(state=Push.State.DONE)
    intake.withdraw(project=project, item=Item.objects.get(external_id="a0"), because="")

    push = prepared(project, now=later(1))

    assert {row["external_id"] for row in rows(push)} == {"a1", "a2", "a3", "a4", "a5"}


def test_a_later_snapshot_holds_the_latest_value():
    project = a_retrained_project(max_answers=9)
    some_labels(project, 6)
    answer(project, {"a0": "owl"}, workers=["Wilma", "Wolf", "Walt", "Willi"], now=later(10))

    found = {row["external_id"]: row["value"] for row in rows(prepared(project))}

    assert found["a0"] == "owl"
    assert len(found) == 6


def test_gold_and_unresolved_tasks_are_left_out():
    project = a_retrained_project()
    some_labels(project, 3)
    add_items(project, {"g1": "owl"}, gold={"kind": "owl"})
    add_items(project, kinds(["b1", "b2"]))
    answer(project, {"g1": "owl"})
    answer(project, {"b1": "wren"}, workers=["Wim"])

    assert {row["external_id"] for row in rows(prepared(project))} == {"a0", "a1", "a2"}


def test_parts_of_an_item_have_their_own_rows_and_the_stitched_row_none():
    project = a_retrained_project(split={"by": "list", "path": "/birds"})
    payload = {"birds": ["first", "second"], "place": "hedge"}
    records = [Record(1, {"external_id": "s1", "payload": payload})]
    bring_items(project, records)
    answer(project, {"s1": "wren"}, part=0)
    answer(project, {"s1": "owl"}, part=1)
    assert Revision.objects.filter(task=None).exists()

    found = rows(prepared(project))

    assert [(row["part"], row["value"], row["payload"]) for row in found] == [
        (0, "wren", {"birds": "first", "place": "hedge"}),
        (1, "owl", {"birds": "second", "place": "hedge"}),
    ]


@pytest.mark.parametrize(("rule_field", "expected"), [({"field": "kind"}, 2), ({}, 4)])
def test_with_a_field_only_its_labels_are_in(rule_field, expected):
    nests = {"key": "nests", "type": "choice", "labels": ["yes", "no"]}
    project = a_project(
        form=[BIRDS, nests],
        retraining={"after": 5, "sink": "webhook"} | rule_field,
        min_answers=2,
        target_confidence=0.6,
    )
    add_items(project, kinds(["a0", "a1"]))
    answers = [
        {"external_id": name, "worker": worker, "answer": {"kind": "owl", "nests": "no"}}
        for name in ("a0", "a1")
        for worker in ("Wim", "Wanda")
    ]
    records = [Record(row, record) for row, record in enumerate(answers, 1)]
    bring_answers(project, records)
    settling.settle(project=project, now=NOON)

    assert len(rows(prepared(project))) == expected


def test_blocks_join_without_a_gap(monkeypatch):
    project = a_retrained_project()
    some_labels(project, 7)
    push = prepared(project)
    whole = body(push)

    monkeypatch.setattr(snapshots, "BLOCK", 2)
    monkeypatch.setattr(snapshots, "LINES_PER_CHUNK", 3)

    assert body(push) == whole


def test_numbers_of_any_size_in_a_payload_are_told():
    project = a_retrained_project()
    huge = {"text": "a big bird", "n": 1e30, "m": -(2**63)}
    records = [Record(1, {"external_id": "h", "payload": huge})]
    bring_items(project, records)
    answer(project, {"h": "owl"})

    assert rows(prepared(project))[0]["payload"] == huge


def test_a_label_whose_confidence_alone_was_refitted_is_not_new():
    project = a_retrained_project(max_answers=9)
    some_labels(project, 6)
    before = feed.head(project)
    answer(project, {"a0": "wren"}, workers=["Wilma"], now=later(10))
    answer(project, {"a1": "wren"}, workers=["Wilma", "Wolf", "Walt", "Willi"], now=later(20))
    assert {"a0", "a1"} <= {
        row.item.external_id for row in Revision.objects.filter(seq__gt=before, state="resolved")
    }

    def n_new(after):
        return snapshots.n_new(
            project=project,
            field="kind",
            after=after,
            up_to_seq=feed.head(project),
            at_most=100,
        )

    assert n_new(before) == 1
    assert n_new(0) == 6
