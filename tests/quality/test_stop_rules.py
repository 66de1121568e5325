"""When tasks stop: the threshold of each field, and what it learns."""

import random

import pytest

from quality import feed, settling
from quality.models import Settling, StopRule
from tasks_app.models import Task
from tasks_app.staging import Record
from tests.factories import BIRDS, NOON, a_project, bring_answers, bring_items, later

pytestmark = pytest.mark.django_db

PAIR = {**BIRDS, "labels": ["wren", "owl"]}


def add(project, external_ids, **more):
    """Items of these ids."""
    records = [
        Record(row, {"external_id": external_id, "payload": {}} | more)
        for row, external_id in enumerate(external_ids, 1)
    ]
    bring_items(project, records)


def deceived(project, truth, *, n_workers=6, seed=1, said_of=lambda said: {"kind": said}):
    """Everybody sees the wrong bird in every third item, and errs on one in ten beside."""
    chance = random.Random(seed)
    other = {"wren": "owl", "owl": "wren"}
    rows = []
    for place, (external_id, kind) in enumerate(truth.items()):
        seen = other[kind] if place % 3 == 0 else kind
        for worker in range(n_workers):
            said = other[seen] if chance.random() < 0.1 else seen
            rows.append((external_id, f"w{worker}", said))
    records = [
        Record(row, {"external_id": external_id, "worker": worker, "answer": said_of(said)})
        for row, (external_id, worker, said) in enumerate(rows, 1)
    ]
    bring_answers(project, records)


def truths(prefix, n):
    return {f"{prefix}{place}": ["wren", "owl"][place % 2] for place in range(n)}


@pytest.fixture
def deceiving(tenant):
    """A project whose gold shows that its workers are deceived together."""
    project = a_project(tenant, form=[PAIR], target_confidence=0.9, max_answers=20)
    known = truths("g", 60)
    for kind in ("wren", "owl"):
        add(project, [key for key, true in known.items() if true == kind], gold={"kind": kind})
    asked = truths("i", 40)
    add(project, asked)
    deceived(project, known | asked)
    return project


def test_without_anything_learned_the_target_is_the_threshold(tenant):
    project = a_project(tenant, form=[PAIR], target_confidence=0.8)
    add(project, ["i0", "i1"])
    deceived(project, truths("i", 2), n_workers=3)

    settling.settle(project=project, now=NOON)

    (row, *_) = feed.changes(project, after=0, limit=10)
    assert row["aggregator"]["name"] == "default"
    assert row["aggregator"]["parameters"]["tau"] == 0.8
    assert row["aggregator"]["parameters"]["tau_version"] == 0
    assert not StopRule.objects.exists()


def test_gold_that_is_missed_raises_the_threshold_in_a_new_version(deceiving):
    settling.settle(project=deceiving, now=NOON)

    (rule,) = StopRule.objects.filter(project=deceiving)
    assert (rule.version, rule.basis, rule.target) == (1, "gold", 0.9)
    assert rule.tau > 0.99
    assert rule.accuracy < 0.9
    rows = feed.changes(deceiving, after=0, limit=1000)
    assert {row["aggregator"]["parameters"]["tau"] for row in rows} == {rule.tau}
    assert {row["state"] for row in rows if row["stop_posterior"] < rule.tau} <= {"provisional"}
    assert any(0.9 <= row["stop_posterior"] < rule.tau for row in rows)


def test_a_refit_that_learns_nothing_new_keeps_the_version(deceiving):
    settling.settle(project=deceiving, now=NOON)
    Settling.objects.filter(project=deceiving).update(refit_at=NOON)

    settling.settle(project=deceiving, now=later(10))

    assert StopRule.objects.filter(project=deceiving).count() == 1


def test_a_changed_target_counts_at_once(deceiving):
    settling.settle(project=deceiving, now=NOON)
    assert Task.objects.filter(project=deceiving, is_gold=False, state="open").exists()
    deceiving.target_confidence = 0.6
    deceiving.save()
    Settling.objects.filter(project=deceiving).update(refit_at=NOON)

    settling.settle(project=deceiving, now=later(10))

    rule = StopRule.objects.filter(project=deceiving).latest("version")
    assert (rule.version, rule.target) == (2, 0.6)


@pytest.mark.parametrize("aggregator", ["default", "hierarchical", "majority"])
def test_a_field_is_judged_by_the_aggregator_that_it_names(tenant, aggregator):
    project = a_project(tenant, form=[{**PAIR, "aggregator": aggregator}], target_confidence=0.99)
    add(project, ["i0", "i1", "i2"])
    deceived(project, truths("i", 3), n_workers=4)

    settling.settle(project=project, now=NOON)

    rows = feed.changes(project, after=0, limit=10)
    assert {row["aggregator"]["name"] for row in rows} == {aggregator}
    for row in rows:
        stated = max(row["distribution"].values())
        assert (stated == row["stop_posterior"]) == (aggregator != "default")
    if aggregator == "majority":
        (row, *_) = rows
        assert row["confidence"] == pytest.approx((row["share"] * 4 + 1) / 6, abs=1e-4)


def test_a_raised_target_with_little_to_judge_by_is_a_version_of_its_own(tenant):
    project = a_project(tenant, form=[PAIR], target_confidence=0.8)
    add(project, ["i0", "i1"])
    deceived(project, truths("i", 2), n_workers=3)
    settling.settle(project=project, now=NOON)
    StopRule.objects.create(
        project=project,
        field="kind",
        version=1,
        target=0.8,
        tau=0.9,
        basis="leave_one_out",
        n_checked=300,
        made_at=NOON,
    )
    project.target_confidence = 0.95
    project.save()
    for step in (10, 20):
        Settling.objects.filter(project=project).update(refit_at=NOON)
        settling.settle(project=project, now=later(step))

    rules = StopRule.objects.filter(project=project).order_by("version")
    assert [(rule.version, rule.target, rule.tau) for rule in rules] == [
        (1, 0.8, 0.9),
        (2, 0.95, 0.95),
    ]


def test_every_version_that_a_revision_names_is_kept(deceiving):
    settling.settle(project=deceiving, now=NOON)

    named = {
        (row["field"], row["aggregator"]["parameters"]["tau_version"])
        for row in feed.changes(deceiving, after=0, limit=1000)
    }
    assert named == set(StopRule.objects.filter(project=deceiving).values_list("field", "version"))


def test_the_labels_of_a_multichoice_learn_a_threshold_too(tenant):
    field = {"key": "kinds", "type": "multichoice", "labels": ["wren", "owl"]}
    project = a_project(tenant, form=[field], target_confidence=0.9, max_answers=20)
    known = truths("g", 60)
    for kind in ("wren", "owl"):
        ids = [key for key, true in known.items() if true == kind]
        add(project, ids, gold={"kinds": [kind]})
    deceived(project, known, said_of=lambda said: {"kinds": [said]})

    settling.settle(project=project, now=NOON)

    assert StopRule.objects.get(project=project).basis == "gold"
