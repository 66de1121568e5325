"""How sure a suspicion must be: more so while answers come in than once all is quiet."""

import numpy as np
import pytest

from quality import settling
from quality.core import Accuracy
from quality.models import Flag, Reliability, Settling
from tasks_app.staging import Record
from tests.factories import NOON, a_project, bring_answers, later, some_items

pytestmark = pytest.mark.django_db

FLOOR = 0.7
N_TASKS = 40
# Of so many answers, so many right, and the accuracy is below the floor with this probability.
DOUBTED, SURELY_POOR = (23, 0.96), (19, 0.999)


def a_project_with_one(tenant, n_right):
    """Five workers who are always right, and "wobbler", who is right so often."""
    project = a_project(tenant, reliability_floor=FLOOR)
    items = some_items(project, N_TASKS)
    said = [(item, f"w{worker}", "owl") for item in items for worker in range(5)]
    said += [
        (item, "wobbler", "owl" if place < n_right else ["wren", "other"][place % 2])
        for place, item in enumerate(items)
    ]
    records = [
        Record(row, {"external_id": item.external_id, "worker": worker, "answer": {"kind": label}})
        for row, (item, worker, label) in enumerate(said, 1)
    ]
    bring_answers(project, records)
    return project


def below_the_floor(project):
    """The probability that the wobbler's accuracy is below the floor, from the stored row."""
    row = Reliability.objects.get(project=project, worker__username="wobbler")
    n, alpha, beta = (np.array([float(x)]) for x in (row.n_answers, row.alpha, row.beta))
    return float(Accuracy(n, n, alpha, beta).below(FLOOR)[0])


def flagged(project):
    return list(Flag.objects.filter(project=project).values_list("worker__username", flat=True))


def test_a_doubted_worker_is_flagged_only_once_all_is_quiet(tenant):
    n_right, probability = DOUBTED
    project = a_project_with_one(tenant, n_right)

    grown = settling.settle(project=project, now=NOON)

    assert grown.n_fitted == 6 * N_TASKS
    assert below_the_floor(project) == pytest.approx(probability, abs=0.01)
    assert flagged(project) == []

    quiet = settling.settle(project=project, now=later(60))

    assert Settling.objects.get(project=project).refit_at is None
    assert below_the_floor(project) == pytest.approx(probability, abs=0.01)
    assert [flag.worker.username for flag in quiet.flags] == flagged(project) == ["wobbler"]


def test_a_surely_poor_worker_is_flagged_while_answers_come_in(tenant):
    n_right, probability = SURELY_POOR
    project = a_project_with_one(tenant, n_right)

    settling.settle(project=project, now=NOON)

    assert Settling.objects.get(project=project).refit_at is not None
    assert below_the_floor(project) == pytest.approx(probability, abs=0.001)
    assert flagged(project) == ["wobbler"]
