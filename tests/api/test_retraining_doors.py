import hashlib

import pytest

from quality import retraining
from quality.models import Push
from tasks_app.models import Project
from tests.factories import NOON
from tests.quality.labels import BUILTIN, add_items, kinds, some_labels

REDUNDANCY = {"min": 2, "max": 3, "target_confidence": 0.6}


@pytest.fixture
def project(rosa, birds) -> Project:
    """An open project with thirty labels, three open items and a builtin rule."""
    changed = rosa.patch(f"/projects/{birds}/", {"retraining": BUILTIN, "redundancy": REDUNDANCY})
    assert changed.status == 200, changed.body
    project = Project.objects.get(slug=birds)
    some_labels(project, 30)
    add_items(project, kinds(["open0", "open1", "open2"]))
    return project


def test_a_push_is_asked_for_run_and_read(carl, project):
    asked = carl.post("/projects/birds/retraining/")
    retraining.run(push=retraining.take(now=Push.objects.get().created_at), clock=lambda: NOON)
    again = carl.post("/projects/birds/retraining/")
    listed = carl.get("/projects/birds/retraining/")

    assert asked.status == 202
    assert asked.body | {"id": None, "snapshot": None} == {
        "id": None,
        "snapshot": None,
        "trigger": "manual",
        "n_labels": 30,
        "state": "pending",
        "attempts": 0,
        "error": "",
        "model_version": None,
    }
    assert (again.status, again["code"]) == (409, "nothing_new")
    assert listed["results"] == [asked.body | {"state": "done", "model_version": "v1"}]
    (model,) = carl.get("/projects/birds/models/")["results"]
    assert (model["version"], model["push"], model["snapshot"]) == (
        "v1",
        asked["id"],
        asked["snapshot"],
    )
    assert set(model) == {
        *("version", "push", "snapshot", "n_train", "metrics", "previous", "created_at")
    }


def test_a_snapshot_is_pulled_by_its_id_and_proves_its_digest(carl, rosa, mallory, wim, project):
    snapshot = carl.post("/projects/birds/retraining/")["snapshot"]

    pulled = carl.get(f"/snapshots/{snapshot}/")

    assert (pulled.status, len(pulled.body)) == (200, 30)
    assert pulled.headers["Content-Type"] == "application/x-ndjson"
    assert pulled.headers["Concord-Sha256"] == hashlib.sha256(pulled.raw).hexdigest()
    assert rosa.get(f"/snapshots/{snapshot}/").raw == pulled.raw
    assert mallory.get(f"/snapshots/{snapshot}/").status == 404
    assert wim.get(f"/snapshots/{snapshot}/").status == 403


def test_a_project_without_a_rule_is_not_retrained(rosa, birds):
    asked = rosa.post(f"/projects/{birds}/retraining/")

    assert (asked.status, asked["code"]) == (409, "no_retraining")


@pytest.mark.parametrize(
    ("content_type", "body"),
    [
        (
            "application/json",
            b'[{"external_id": "open0", "model_version": "m1", "field": "kind", "value": "owl",'
            b' "score": 0.5, "distribution": {"owl": 0.5, "wren": 0.5}}]',
        ),
        (
            "application/x-ndjson",
            b'{"external_id": "open0", "model_version": "m1", "field": "kind", "value": "owl",'
            b' "score": 0.5, "distribution": {"owl": 0.5, "wren": 0.5}}\n',
        ),
        (
            "text/csv",
            b"external_id,part,model_version,field,value,score,distribution\n"
            b'open0,,m1,kind,owl,0.5,"{""owl"": 0.5, ""wren"": 0.5}"\n',
        ),
    ],
)
def test_predictions_come_in_and_are_read(carl, project, content_type, body):
    report = carl.post("/projects/birds/predictions/", body, content_type=content_type)
    listed = carl.get("/projects/birds/predictions/?model_version=m1&external_id=open0")

    assert (report.status, report["accepted"], report["duplicates"]) == (201, 1, 0)
    assert "tasks" not in report.body
    (row,) = listed["results"]
    assert (row["external_id"], row["value"], row["score"]) == ("open0", "owl", 0.5)
    assert row["distribution"] == {"owl": 0.5, "wren": 0.5}


def test_a_bad_prediction_is_named_by_its_row(carl, project):
    good = {"external_id": "open0", "model_version": "m1", "field": "kind", "value": "owl"}

    refused = carl.post("/projects/birds/predictions/", [good, good | {"value": "eagle"}])

    assert refused.status == 422
    assert [(fault["row"], fault["pointer"]) for fault in refused["errors"]] == [(2, "/value")]
