import pytest

from marketplace.flows import intake
from quality import predictions, retraining
from quality.models import ModelVersion, Prediction, Push
from tasks_app import claims
from tasks_app.errors import Invalid
from tasks_app.models import Item, Task
from tasks_app.staging import Record
from tests.factories import BIRDS, NOON, a_project, a_worker, later, some_items, task_of
from tests.quality.labels import a_retrained_project, add_items, answer, kinds, some_labels

pytestmark = pytest.mark.django_db


def add(project, *records, partial=False, now=NOON):
    numbered = [Record(row, record) for row, record in enumerate(records, 1)]
    upload = predictions.upload(project=project, records=numbered, partial=partial, now=now)
    with upload as checked:
        return checked.store()


def told(external_id, **overrides):
    return {
        "external_id": external_id,
        "model_version": "m1",
        "field": "kind",
        "value": "owl",
    } | overrides


def faults(project, *records):
    with pytest.raises(Invalid) as refused:
        add(project, *records)
    return [(fault.row, fault.pointer, fault.code) for fault in refused.value.faults]


def sure(external_id, p, **overrides):
    rest = round(1 - p, 4)
    return told(external_id, distribution={"owl": p, "wren": rest, "other": 0}, **overrides)


def claimed_order(project, n):
    worker = a_worker(project.tenant)
    found = []
    for _ in range(n):
        found += claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=1, now=NOON)
    return [task_of(lease).item.external_id for lease in found]


def test_predictions_are_kept_and_read_back():
    project = a_project()
    add_items(project, kinds(["i1", "i2"]))

    report = add(project, told("i1", score=0.8), sure("i2", 0.9))

    assert (report.accepted, report.duplicates, report.rejected) == (2, 0, 0)
    first, second = predictions.listed(project=project).order_by("pk")
    assert predictions.row(first) == {
        "external_id": "i1",
        "part": None,
        "task": Task.objects.get(item__external_id="i1").uid,
        "field": "kind",
        "model_version": "m1",
        "value": "owl",
        "score": 0.8,
        "distribution": None,
        "created_at": NOON,
    }
    assert second.distribution == {"owl": 0.9, "wren": 0.1, "other": 0}


def test_a_model_of_elsewhere_is_registered_by_its_predictions():
    project = a_project()
    add_items(project, kinds(["i1"]))

    add(project, told("i1"), told("i1", model_version="m2"))

    found = [predictions.model_row(model) for model in predictions.models(project=project)]
    assert {model["version"] for model in found} == {"m1", "m2"}
    assert {(model["push"], model["snapshot"], model["metrics"]) for model in found} == {
        (None, None, None)
    }


def test_one_for_the_same_task_field_and_model_is_replaced():
    project = a_project()
    add_items(project, kinds(["i1"]))
    add(project, told("i1"))

    again = add(project, told("i1"), now=later(1))
    other = add(project, told("i1", value="wren"), now=later(2))
    twice = add(project, told("i1", value="other"), told("i1", value="owl"), now=later(3))

    assert (again.accepted, again.duplicates) == (0, 1)
    assert (other.accepted, other.duplicates) == (1, 0)
    assert (twice.accepted, twice.duplicates) == (1, 1)
    prediction = Prediction.objects.get()
    assert (prediction.value, prediction.created_at) == ("owl", later(3))


def test_the_lists_can_be_narrowed():
    project = a_project()
    add_items(project, kinds(["i1", "i2"]))
    add(project, told("i1"), told("i2"), told("i1", model_version="m2"))

    assert predictions.listed(project=project, model_version="m1").count() == 2
    assert predictions.listed(project=project, external_id="i1").count() == 2
    assert predictions.listed(project=project, model_version="m2", external_id="i2").count() == 0


@pytest.mark.parametrize(
    ("wrong", "pointer", "code"),
    [
        ({"external_id": "nobody"}, "/external_id", "unknown_item"),
        ({"part": 0}, "/part", "unknown_part"),
        ({"field": "colour"}, "/field", "unknown_field"),
        ({"value": "eagle"}, "/value", "unknown_label"),
        ({"value": 3}, "/value", "schema"),
        ({"score": 1.2}, "/score", "schema"),
        ({"model_version": ""}, "/model_version", "schema"),
        ({"model_version": "m" * 101}, "/model_version", "schema"),
        ({"distribution": {"owl": 0.5, "wren": 0.4}}, "/distribution", "not_a_distribution"),
        ({"distribution": {"owl": 0.5, "eagle": 0.5}}, "/distribution/eagle", "unknown_label"),
        ({"distribution": {"owl": 2, "wren": -1}}, "/distribution/owl", "schema"),
        ({"sure": True}, "/sure", "unknown_field"),
    ],
)
def test_what_is_wrong_with_a_row_is_named_and_nothing_is_stored(wrong, pointer, code):
    project = a_project()
    add_items(project, kinds(["i1", "i2"]))

    assert (2, pointer, code) in faults(project, told("i1"), told("i2") | wrong)
    assert not Prediction.objects.exists()
    assert not ModelVersion.objects.exists()


def test_in_parts_the_good_rows_are_kept():
    project = a_project()
    add_items(project, kinds(["i1"]))

    report = add(
        project,
        told("i1", field="colour", model_version="bad"),
        told("i1"),
        told("nobody", model_version="worse"),
        partial=True,
    )

    assert (report.accepted, report.duplicates, report.rejected) == (1, 0, 2)
    assert [fault.row for fault in report.faults] == [1, 3]
    assert list(ModelVersion.objects.values_list("version", flat=True)) == ["m1"]


def test_a_withdrawn_item_takes_no_predictions():
    project = a_project()
    add_items(project, kinds(["i1"]))
    intake.withdraw(project=project, item=Item.objects.get(), because="")

    assert faults(project, told("i1")) == [(1, "/external_id", "item_withdrawn")]


def test_parts_are_predicted_one_by_one():
    project = a_project(split={"by": "list", "path": "/birds"})
    payload = {"birds": ["first", "second"]}
    (item,) = some_items(project, 1, payload=payload)

    add(project, told(item.external_id, part=1, value="wren"))

    assert Prediction.objects.get().task.part_index == 1


def test_a_set_has_a_probability_for_each_of_its_labels():
    colours = {"key": "kind", "type": "multichoice", "labels": ["red", "blue", "grey"]}
    project = a_project(form=[colours])
    add_items(project, kinds(["i1", "i2"]))

    add(
        project,
        told("i1", value=["blue", "red"], distribution={"red": 0.9, "blue": 0.8, "grey": 0.3}),
        told("i2", value=["blue", "red"], distribution={"red": 0.9, "blue": 0.6, "grey": 0.1}),
    )

    assert Prediction.objects.earliest("pk").value == ["red", "blue"]
    assert claimed_order(project, 2) == ["i2", "i1"]


def test_a_number_is_predicted_with_a_score_and_no_distribution():
    project = a_project(form=[{"key": "kind", "type": "number", "minimum": 0}])
    add_items(project, kinds(["i1", "i2"]))

    add(project, told("i1", value=3.5, score=0.9), told("i2", value=2, score=0.4))

    assert faults(project, told("i1", value=1, distribution={"1": 1})) == [
        (1, "/distribution", "schema")
    ]
    assert claimed_order(project, 2) == ["i2", "i1"]


def test_tasks_are_claimed_least_sure_first_and_unpredicted_ones_before_them():
    project = a_project()
    add_items(project, kinds(["sure", "unsure", "middling", "unpredicted"]))

    add(project, sure("sure", 0.98), sure("unsure", 0.4), sure("middling", 0.7))

    assert claimed_order(project, 4) == ["unpredicted", "unsure", "middling", "sure"]


def test_priority_goes_before_doubt():
    project = a_project()
    add_items(project, {"urgent": "owl"}, priority=5)
    add_items(project, {"unsure": "owl"})

    add(project, sure("urgent", 0.99), sure("unsure", 0.4))

    assert claimed_order(project, 2) == ["urgent", "unsure"]


def test_the_newest_prediction_decides_and_of_several_fields_the_least_sure():
    nests = {"key": "nests", "type": "choice", "labels": ["yes", "no"]}
    project = a_project(form=[BIRDS, nests])
    add_items(project, kinds(["i1", "i2"]))
    add(project, sure("i1", 0.99), sure("i2", 0.5))

    add(project, sure("i1", 0.6, model_version="m2"), now=later(1))
    both = {"field": "nests", "value": "yes", "distribution": {"yes": 0.55, "no": 0.45}}
    add(project, told("i1", **both), now=later(2))

    ranks = dict(Task.objects.values_list("item__external_id", "rank"))
    assert ranks == {"i1": 0.55, "i2": 0.5}


def test_the_newest_predictions_of_tasks_are_told_by_field():
    project = a_project()
    add_items(project, kinds(["i1", "i2"]))
    add(project, told("i1", value="wren"))
    add(project, told("i1", model_version="m2", score=0.7), now=later(1))
    task, unpredicted = Task.objects.order_by("pk")

    assert predictions.newest(task_ids=[task.pk, unpredicted.pk]) == {
        task.pk: {
            "kind": {"model_version": "m2", "value": "owl", "score": 0.7, "distribution": None}
        }
    }


def test_a_project_without_a_route_keeps_its_order():
    project = a_project(route="none")
    add_items(project, kinds(["sure", "unsure"]))

    add(project, sure("sure", 0.98), sure("unsure", 0.4))

    assert claimed_order(project, 2) == ["sure", "unsure"]


def test_a_task_that_was_begun_keeps_its_place():
    project = a_project()
    add_items(project, kinds(["answered", "leased", "untouched"]))
    answer(project, {"answered": "owl"}, workers=["Wim"])
    leased = Task.objects.get(item__external_id="leased")
    Task.objects.filter(pk=leased.pk).update(open_slots=2)

    add(project, *(sure(name, 0.9) for name in ("answered", "leased", "untouched")))

    ranks = dict(Task.objects.values_list("item__external_id", "rank"))
    assert ranks["untouched"] == 0.9
    assert ranks["leased"] == 0
    assert ranks["answered"] != 0.9


def test_a_training_sets_the_order_of_claims():
    project = a_retrained_project()
    some_labels(project, 40)
    add_items(project, kinds(f"open{number}" for number in range(5)))
    retraining.prepare(project=project, trigger=Push.Trigger.MANUAL, now=NOON)
    retraining.run(push=retraining.take(now=NOON), clock=lambda: NOON)

    scores = {row.task.item.external_id: row.score for row in predictions.listed(project=project)}

    assert claimed_order(project, 5) == sorted(scores, key=lambda name: (scores[name], name))
