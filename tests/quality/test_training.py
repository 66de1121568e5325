import math
import os
import signal
import subprocess
import sys
from datetime import timedelta
from pathlib import Path
from urllib.parse import urlsplit

import pytest
from django.conf import settings
from django.db import connection
from django.utils import timezone

from quality import learning, retraining, snapshots
from quality.core import classifier
from quality.models import ModelVersion, Prediction, Push
from tasks_app.models import Task
from tests.factories import NOON, later
from tests.quality.labels import (
    a_retrained_project,
    add_items,
    answer,
    asked,
    at,
    kinds,
    some_labels,
    text_about,
    trained,
)

ROOT = Path(__file__).parents[2]


def outcome(project):
    """Everything a training leaves behind that clients can see, but times and ids."""
    (push,) = retraining.pushes(project=project)
    (model,) = ModelVersion.objects.filter(project=project)
    told = Prediction.objects.filter(project=project).order_by("task__item__external_id")
    tasks = Task.objects.filter(project=project).order_by("item__external_id")
    return {
        "push": retraining.row(push) | {"id": None, "snapshot": None},
        "sha256": push.sha256,
        "leased_until": push.leased_until,
        "model": (model.version, model.n_train, model.metrics, model.push == push),
        "predictions": list(
            told.values_list("task__item__external_id", "value", "score", "distribution")
        ),
        "ranks": list(tasks.values_list("item__external_id", "rank")),
    }


@pytest.mark.django_db
def test_a_training_makes_a_version_with_its_card_and_predicts_open_tasks():
    project = a_retrained_project()
    of_kind = some_labels(project, 60)
    add_items(project, kinds(f"open{number}" for number in range(6)))
    add_items(project, {"gold": "owl"}, gold={"kind": "owl"})
    asked(project)

    push = trained(project)

    held_out = {name for name in of_kind if learning.is_held_out(name)}
    model = push.model
    assert (push.state, push.error, push.leased_until) == ("done", "", None)
    assert (model.version, model.n_train, model.previous) == ("v1", 60 - len(held_out), None)
    assert set(model.metrics) == {
        *("accuracy", "log_loss", "ece", "n_test", "majority_accuracy", "previous_accuracy")
    }
    assert model.metrics["n_test"] == len(held_out) > 0
    assert model.metrics["accuracy"] > model.metrics["majority_accuracy"]
    assert model.metrics["previous_accuracy"] is None
    told = Prediction.objects.filter(project=project)
    # Gold too: a prediction shown on all other work would tell it apart.
    assert {row.task.item.external_id for row in told} == {"gold"} | {f"open{n}" for n in range(6)}
    for row in told:
        assert row.score == row.distribution[row.value] == max(row.distribution.values())
        assert row.task.rank == (0 if row.task.is_gold else row.score)
        assert math.isclose(sum(row.distribution.values()), 1, abs_tol=0.001)


@pytest.mark.django_db
def test_a_fifth_of_the_items_is_never_learned_from(monkeypatch):
    project = a_retrained_project()
    of_kind = some_labels(project, 60)
    seen = []

    def fit(features, labels, weights):
        seen.extend(features)
        return honest_fit(features, labels, weights)

    honest_fit = classifier.fit
    monkeypatch.setattr(classifier, "fit", fit)
    for number in (1, 2):
        asked(project, now=later(number))
        trained(project, now=later(number))
        of_kind |= some_labels(project, 30, start=60) if number == 1 else {}

    held_out = {name for name in of_kind if learning.is_held_out(name)}
    texts = {name: text_about(kind, name) for name, kind in of_kind.items()}
    learned_from = {texts[name] for name in of_kind if name not in held_out}
    assert 0.1 < len(held_out) / len(of_kind) < 0.3
    assert set(seen) == learned_from
    assert len(seen) == sum(ModelVersion.objects.values_list("n_train", flat=True))


@pytest.mark.django_db
def test_the_card_of_a_version_tells_how_good_the_one_before_is_on_the_same_rows():
    project = a_retrained_project()
    some_labels(project, 30)
    asked(project)
    trained(project)
    some_labels(project, 90, start=30)
    asked(project)

    model = trained(project).model

    assert (model.version, model.previous.version) == ("v2", "v1")
    assert 0 < model.metrics["previous_accuracy"] <= 1
    assert model.metrics["n_test"] > model.previous.metrics["n_test"]


@pytest.mark.django_db
def test_numbers_are_learned_from_too_though_they_came_as_text():
    rule = {"after": 5, "sink": "builtin", "field": "kind", "numeric": ["/wing", "/weight"]}
    project = a_retrained_project(retraining=rule)
    for number in range(30):
        payload = {"wing": str(5 + 30 * (number % 2) + number % 5), "weight": number % 7}
        add_items(project, {f"n{number}": "owl"}, payload=payload)
    answer(project, {f"n{number}": ("wren", "owl")[number % 2] for number in range(30)})
    add_items(project, {"open": "owl"}, payload={"wing": "37"})
    asked(project)

    push = trained(project)

    assert push.model.metrics["accuracy"] == 1
    assert Prediction.objects.get().value == "owl"


@pytest.mark.django_db(transaction=True)
def test_a_run_that_lives_keeps_its_lease(monkeypatch):
    project = a_retrained_project()
    some_labels(project, 12)
    asked(project)
    push = retraining.take(now=NOON)
    monkeypatch.setattr(retraining, "BEAT_S", 0.01)
    kept = []

    def fit(*args):
        while not kept:
            kept.extend(Push.objects.filter(leased_until__gt=later(100)))
        return honest_fit(*args)

    honest_fit = classifier.fit
    monkeypatch.setattr(classifier, "fit", fit)

    retraining.run(push=push, clock=at(later(90)))

    assert Push.objects.get().state == "done"


@pytest.mark.django_db
def test_a_version_skips_a_name_that_a_model_of_elsewhere_has():
    project = a_retrained_project()
    some_labels(project, 12)
    ModelVersion.objects.create(project=project, version="v1", created_at=NOON)
    asked(project)

    assert trained(project).model.version == "v2"


# What the child process does; it dies by its own hand at the place it is told.
CHILD = """
import os, signal, sys, time
import django
django.setup()
from django.db import connection
from sklearn.linear_model import LogisticRegression
from marketplace.flows import training
from tasks_app.models import Project

def die(*args, **kwargs):
    os.kill(os.getpid(), signal.SIGKILL)

def die_after_ranking(execute, sql, params, many, context):
    result = execute(sql, params, many, context)
    if "SET rank" in sql:
        die()
    return result

slug, place = sys.argv[1:]
training.ask(project=Project.objects.get(slug=slug))
if place == "after the snapshot":
    die()
if place == "mid-fit":
    LogisticRegression.fit = die
with connection.execute_wrapper(die_after_ranking):
    training.train_due(until=time.monotonic() + 60)
"""


@pytest.mark.django_db(transaction=True)
@pytest.mark.parametrize("place", ["after the snapshot", "mid-fit", "before the commit"])
def test_a_killed_training_ends_as_an_undisturbed_one(place):
    undisturbed, project = a_retrained_project(), a_retrained_project()
    for each in (undisturbed, project):
        some_labels(each, 40)
        add_items(each, kinds(f"open{number}" for number in range(8)))
    asked(undisturbed)
    trained(undisturbed)

    child = subprocess.run(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", CHILD, project.slug, place],
        cwd=ROOT,
        env={
            **os.environ,
            "DATABASE_URL": _database_url(),
            "DJANGO_SETTINGS_MODULE": "marketplace.settings",
        },
        check=False,
    )
    push = Push.objects.get(project=project)
    died_as, n_models = push.state, ModelVersion.objects.filter(project=project).count()
    trained(project, now=timezone.now() + timedelta(minutes=1))

    assert child.returncode == -signal.SIGKILL
    assert died_as == ("pending" if place == "after the snapshot" else "running")
    assert n_models == 0
    assert outcome(project) == outcome(undisturbed)
    assert (
        outcome(project)["sha256"]
        == snapshots.freeze(project=project, field="kind", up_to_seq=push.up_to_seq).sha256
    )


def _database_url():
    name = connection.settings_dict["NAME"]
    return urlsplit(settings.DATABASE_URL)._replace(path=f"/{name}").geturl()
