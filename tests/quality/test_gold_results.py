"""What answers to gold came to: written once, as settling takes them in."""

import pytest
from django.db import IntegrityError, connection, transaction
from django.test.utils import CaptureQueriesContext

from quality import ballots, reliability
from quality.gold import results
from quality.models import GoldResult, SettleDue
from tasks_app.models import Answer, Task
from tests.factories import NOON, a_project, a_worker, later, some_items
from tests.quality.crowds import answer, record, settled

pytestmark = pytest.mark.django_db

EITHER = {"kind": {"accepted": [{"value": "owl"}, {"value": "other", "weight": 0.75}]}}


def test_an_answer_to_gold_has_its_result_once_it_is_settled(tenant):
    project, wim = a_project(tenant, gold_rate=1.0), a_worker(tenant)
    (gold,) = some_items(project, 1, gold={"kind": "owl"})
    answer(gold.tasks.get(), wim, "wren")
    settled(project)

    (result,) = GoldResult.objects.all()
    assert (result.worker, result.task, result.project) == (wim, gold.tasks.get(), project)
    assert (result.score, result.counts, result.answered_at) == (0.0, True, NOON)
    assert not SettleDue.objects.exists()


def test_recorded_answers_to_gold_have_results_too(tenant):
    project = a_project(tenant)
    gold, other = some_items(project, 1, gold=EITHER) + some_items(project, 1)
    record(
        project,
        [
            (item.external_id, worker, {"kind": label})
            for worker, label in (("wim", "owl"), ("wanda", "other"), ("wes", "wren"))
            for item in (gold, other)
        ],
    )
    settled(project)

    scores = GoldResult.objects.values_list("worker__username", "score")
    assert dict(scores) == {"wim": 1.0, "wanda": 0.75, "wes": 0.0}


def test_what_is_known_of_workers_is_read_from_results(tenant):
    project = a_project(tenant)
    items = some_items(project, 3, gold=EITHER)
    given = ["owl", "other", "wren"]
    record(
        project,
        [
            (item.external_id, "wim", {"kind": label})
            for item, label in zip(items, given, strict=True)
        ],
    )
    settled(project)
    wim = Answer.objects.first().worker_id

    gold = reliability.figures(project, [wim])[wim].gold
    assert (gold["n"], gold["n_right"], gold["value"]) == (3, 1.75, 0.5833)
    assert gold["interval"][0] < gold["value"] < gold["interval"][1]


def test_settling_again_writes_no_result_twice(tenant):
    project = a_project(tenant)
    (gold,) = some_items(project, 1, gold={"kind": "owl"})
    record(project, [(gold.external_id, "wim", {"kind": "owl"})])
    settled(project)
    record(project, [(gold.external_id, "wanda", {"kind": "owl"})])
    settled(project, now=later(1))
    results.take_in(project=project, task_ids=[gold.tasks.get().pk])

    assert GoldResult.objects.count() == 2


@pytest.mark.parametrize("n_workers", [1, 12])
def test_however_many_answers_there_are_results_cost_the_same_queries(tenant, n_workers):
    project = a_project(tenant)
    items = some_items(project, 5, gold={"kind": "owl"})
    record(
        project,
        [
            (item.external_id, f"w{worker}", {"kind": "owl"})
            for item in items
            for worker in range(n_workers)
        ],
    )
    tasks = list(Task.objects.filter(project=project).values_list("pk", flat=True))

    with CaptureQueriesContext(connection) as queries:
        results.take_in(project=project, task_ids=tasks)

    assert GoldResult.objects.count() == 5 * n_workers
    # The lock, what is to be told, and its insert; two of them savepoints around.
    assert len(queries) == 5


def test_a_result_is_a_share(tenant):
    project = a_project(tenant)
    (gold,) = some_items(project, 1, gold={"kind": "owl"})
    record(project, [(gold.external_id, "wim", {"kind": "owl"})])
    settled(project)

    for score in (-0.1, 1.1):
        with pytest.raises(IntegrityError, match="gold_result_is_a_share"), transaction.atomic():
            GoldResult.objects.update(score=score)


def test_a_fit_is_bound_by_gold_with_one_right_value_only(tenant):
    project = a_project(tenant)
    sure, unsure = some_items(project, 1, gold={"kind": "owl"}) + some_items(
        project, 1, gold=EITHER
    )

    gold = ballots.read(project).gold

    assert gold == {sure.tasks.get().pk: {"kind": "owl"}, unsure.tasks.get().pk: {}}
