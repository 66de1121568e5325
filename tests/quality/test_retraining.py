from concurrent.futures import ThreadPoolExecutor
from threading import Barrier

import pytest
from django.db import connection

from marketplace.flows import training
from quality import retraining
from quality.core import classifier
from quality.models import ModelVersion, Push
from tests.factories import NOON, a_project, later
from tests.quality.labels import (
    BUILTIN,
    a_retrained_project,
    add_items,
    answer,
    asked,
    at,
    kinds,
    some_labels,
    trained,
)


@pytest.mark.django_db
def test_a_push_comes_with_as_many_new_labels_as_the_rule_waits_for():
    project = a_retrained_project()
    some_labels(project, 4)
    training.after_settling(project=project)
    assert not Push.objects.exists()

    some_labels(project, 2, start=4)
    training.after_settling(project=project)

    push = Push.objects.get()
    assert (push.trigger, push.n_labels, push.state) == ("count", 6, "pending")


@pytest.mark.django_db
def test_the_next_push_counts_from_the_last_one():
    project = a_retrained_project()
    some_labels(project, 30)
    asked(project)
    trained(project)
    some_labels(project, 4, start=30)
    training.after_settling(project=project)
    assert Push.objects.count() == 1

    some_labels(project, 1, start=34)
    training.after_settling(project=project)

    assert list(Push.objects.order_by("pk").values_list("n_labels", flat=True)) == [30, 35]


@pytest.mark.django_db
def test_a_project_without_a_rule_is_not_retrained():
    project = a_project()
    training.after_settling(project=project)

    with pytest.raises(retraining.NoRetraining):
        training.ask(project=project)


@pytest.mark.django_db
def test_asking_for_what_the_last_push_held_is_refused():
    project = a_retrained_project()
    with pytest.raises(retraining.NothingNew):
        asked(project)
    some_labels(project, 30)
    asked(project)
    trained(project)

    with pytest.raises(retraining.NothingNew):
        asked(project)


@pytest.mark.django_db
def test_asking_while_a_push_is_under_way_gives_that_push():
    project = a_retrained_project()
    some_labels(project, 3)
    push = asked(project)
    some_labels(project, 3, start=3)

    assert asked(project) == push


@pytest.mark.django_db
def test_a_push_that_waits_under_a_rule_of_old_gives_way():
    project = a_retrained_project(retraining={"after": 5, "sink": "webhook"})
    some_labels(project, 6)
    old = asked(project)
    project.retraining = BUILTIN

    push = asked(project)

    old.refresh_from_db()
    assert (old.state, old.error) == ("failed", "the retraining rule was changed")
    assert (push.state, push.rule["sink"], push.up_to_seq) == ("pending", "builtin", old.up_to_seq)


@pytest.mark.django_db
def test_a_push_to_webhooks_is_not_run_here():
    project = a_retrained_project(retraining={"after": 5, "sink": "webhook"})
    some_labels(project, 6)
    push = asked(project)

    assert retraining.take(now=NOON) is None
    assert (push.state, push.announced_at) == ("pending", None)


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("rule", "one_kind", "because"),
    [
        ({}, True, "all labels to learn from are the same"),
        ({"text": "/nowhere"}, False, "no payload has anything to learn from at /nowhere"),
        ({"field": "gone"}, False, "no such field"),
    ],
)
def test_a_push_that_cannot_succeed_fails_at_once_and_says_why(rule, one_kind, because):
    project = a_retrained_project()
    of_kind = some_labels(project, 0) or kinds(f"a{n}" for n in range(12))
    add_items(project, of_kind)
    answer(project, dict.fromkeys(of_kind, "owl") if one_kind else of_kind)
    push = asked(project)
    Push.objects.update(rule=push.rule | rule)

    push = trained(project)

    assert (push.state, push.attempts, push.leased_until) == ("failed", 1, None)
    assert because in push.error
    assert not ModelVersion.objects.exists()
    assert retraining.take(now=later(1e6)) is None


@pytest.mark.django_db
def test_a_failed_attempt_waits_and_is_repeated_at_most_ten_times(monkeypatch):
    project = a_retrained_project()
    some_labels(project, 12)
    asked(project)

    def break_down(*args):
        raise MemoryError("no room")

    monkeypatch.setattr(classifier, "fit", break_down)
    push = trained(project)
    assert (push.state, push.attempts, push.error) == ("pending", 1, "MemoryError: no room")
    assert retraining.take(now=later(4)) is None
    assert retraining.take(now=later(5)) == push
    Push.objects.update(state=Push.State.PENDING, fence=1)

    for number in range(2, 11):
        push = trained(project, now=later(number * 4000))

    assert (push.state, push.attempts) == ("failed", 10)
    assert asked(project, now=later(1)).state == "pending"


@pytest.mark.django_db
def test_a_push_whose_runs_all_die_is_given_up():
    project = a_retrained_project()
    some_labels(project, 12)
    asked(project)

    for number in range(10):
        assert retraining.take(now=later(30 * number)) is not None

    assert retraining.take(now=later(400)) is None
    push = Push.objects.get()
    assert (push.state, push.error) == ("failed", "10 runs were begun and none came to its end")


@pytest.mark.django_db
def test_a_run_that_lost_its_lease_cannot_commit():
    project = a_retrained_project()
    some_labels(project, 12)
    asked(project)
    sleeper = retraining.take(now=NOON)
    assert retraining.take(now=later(19)) is None
    successor = retraining.take(now=later(21))

    retraining.run(push=sleeper, clock=at(later(22)))

    assert not ModelVersion.objects.exists()
    assert Push.objects.get().state == "running"
    retraining.run(push=successor, clock=at(later(23)))
    assert Push.objects.get().state == "done"


@pytest.mark.django_db
def test_a_failure_of_a_run_that_lost_its_lease_is_not_noted(monkeypatch):
    project = a_retrained_project()
    some_labels(project, 12)
    asked(project)
    sleeper = retraining.take(now=NOON)
    retraining.take(now=later(21))
    monkeypatch.setattr(classifier, "fit", lambda *args: 1 / 0)

    retraining.run(push=sleeper, clock=at(later(22)))

    push = Push.objects.get()
    assert (push.state, push.attempts, push.error) == ("running", 0, "")


@pytest.mark.django_db
def test_what_waits_is_told():
    project = a_retrained_project()
    assert not training.is_due(NOON)
    assert training.oldest_due(NOON) == 0
    some_labels(project, 12)

    asked(project)
    assert training.is_due(NOON)
    assert training.oldest_due(later(7)) == 7

    retraining.take(now=NOON)
    assert not training.is_due(later(7))
    assert training.oldest_due(later(50)) == 30


@pytest.mark.django_db(transaction=True)
def test_racing_callers_note_one_push():
    project = a_retrained_project()
    some_labels(project, 6)
    start = Barrier(6)

    def ask(_):
        connection.ensure_connection()
        start.wait()
        try:
            return asked(project).pk
        finally:
            connection.close()

    with ThreadPoolExecutor(6) as pool:
        found = set(pool.map(ask, range(6)))

    assert len(found) == Push.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_racing_trainers_run_a_push_once():
    project = a_retrained_project()
    some_labels(project, 6)
    asked(project)
    start = Barrier(4)

    def take(_):
        connection.ensure_connection()
        start.wait()
        try:
            return retraining.take(now=NOON)
        finally:
            connection.close()

    with ThreadPoolExecutor(4) as pool:
        taken = [push for push in pool.map(take, range(4)) if push]

    assert len(taken) == 1
