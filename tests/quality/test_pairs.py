"""Whose pairs are shown: those of the workers with most answers, and only theirs are read."""

import random

import numpy as np
import pytest

from marketplace.accounts.models import User
from quality import ballots, pairs
from quality.core.agreement import pairwise
from quality.models import Flag
from tasks_app.models import Task
from tests.factories import BIRDS, NOON, a_flag, a_project, some_items
from tests.quality.crowds import record

pytestmark = pytest.mark.django_db

FORM = [
    {"key": "note", "type": "text"},
    BIRDS | {"required": False},
    {"key": "marks", "type": "multichoice", "labels": ["ring", "tuft"], "required": False},
]
# The first of how many tasks each answers, who come in this order.
BIRDS_OF = {"ana": 3, "ben": 6, "cem": 5, "dora": 5, "eve": 2}
MARKS_OF = {"ana": 6, "ben": 1, "cem": 2, "dora": 6, "eve": 5}


@pytest.fixture
def items(tenant):
    """Six items of a project where each worker answers more of one field than of another."""
    project = a_project(tenant, form=FORM, max_answers=20)
    items = some_items(project, 6)
    chance = random.Random(2)
    rows = []
    for worker, n in BIRDS_OF.items():
        for place, item in enumerate(items):
            answer = {"note": "seen"}
            if place < n:
                answer["kind"] = chance.choice(BIRDS["labels"])
            if place < MARKS_OF[worker]:
                answer["marks"] = chance.choice([["ring"], ["ring", "tuft"], []])
            rows.append((item.external_id, worker, answer))
    record(project, rows)
    return items


def shown(project, **asked):
    """The names of those whose pairs are shown."""
    found = pairs.of_project(project, **{"field": None, "limit": 200} | asked)
    name = dict(User.objects.values_list("pk", "username"))
    return [name[worker_id] for worker_id in found.worker_ids]


@pytest.mark.parametrize("key", ["kind", "marks"])
@pytest.mark.parametrize("limit", [5, 200])
def test_with_room_for_all_the_pairs_are_those_of_all_answers(items, key, limit):
    project = items[0].project
    (field,) = [one for one in project.form if one["key"] == key]
    (everything,) = ballots.by_field(ballots.read(project), [field])
    votes = everything.votes
    said = [str(value) for value in votes.values]
    whole = pairwise(votes.task, votes.worker, np.array(said), votes.n_workers)

    found = pairs.of_project(project, field=key, limit=limit)

    assert found.worker_ids == everything.worker_ids.tolist()
    assert found.found.n_shared.tolist() == whole.n_shared.tolist()
    assert found.found.n_equal.tolist() == whole.n_equal.tolist()
    assert np.array_equal(found.found.kappa, whole.kappa, equal_nan=True)


def test_among_fewer_the_pairs_are_the_same_as_among_all(items):
    project = items[0].project
    among_all = pairs.of_project(project, field="kind", limit=200)

    few = pairs.of_project(project, field="kind", limit=3)

    places = [among_all.worker_ids.index(worker_id) for worker_id in few.worker_ids]
    assert few.found.n_shared.tolist() == among_all.found.n_shared[places][:, places].tolist()
    assert np.array_equal(few.share, among_all.share[places][:, places], equal_nan=True)


def test_those_with_most_answers_to_the_field_are_shown(items):
    project = items[0].project

    assert shown(project, field="kind", limit=3) == ["ben", "cem", "dora"]
    assert shown(project, field="marks", limit=3) == ["ana", "dora", "eve"]


def test_of_equally_many_answers_those_who_came_first_are_shown(items):
    assert shown(items[0].project, limit=2) == ["ben", "cem"]


def test_by_default_the_first_field_that_anybody_answered_is_shown(items, tenant):
    only_marks = a_project(tenant, form=FORM)
    (item,) = some_items(only_marks, 1)
    record(only_marks, [(item.external_id, "fay", {"note": "seen", "marks": ["ring"]})])

    assert pairs.of_project(items[0].project, field=None, limit=200).field == "kind"
    assert pairs.of_project(only_marks, field=None, limit=200).field == "marks"
    assert shown(only_marks, field="kind") == []
    assert shown(only_marks, field="note") == []


def test_answers_that_count_no_more_take_no_place(items):
    project = items[0].project
    ben = User.objects.get(username="ben")
    a_flag(project, ben, state=Flag.State.CONFIRMED, decided_at=NOON)
    # That leaves each of the others two birds.
    Task.objects.filter(item__in=items[2:5]).update(state=Task.State.WITHDRAWN)

    assert shown(project, field="kind", limit=2) == ["ana", "cem"]
    assert shown(project, field="kind") == ["ana", "cem", "dora", "eve"]


def test_only_the_answers_of_those_shown_are_read(items, monkeypatch):
    counts = []
    read = ballots.read

    def counted(*asked, **narrowed):
        found = read(*asked, **narrowed)
        counts.append(found.answers.worker.size)
        return found

    monkeypatch.setattr(pairs.ballots, "read", counted)
    shown(items[0].project, limit=2)

    assert counts == [2 * len(items)]


def test_answers_are_read_of_some_tasks_by_some_workers(items):
    project = items[0].project
    tasks = [item.tasks.get().pk for item in items[:2]]
    ana = User.objects.get(username="ana").pk

    read = ballots.read(project, tasks, [ana])

    assert (read.answers.task.tolist(), read.answers.worker.tolist()) == (tasks, [ana, ana])
    assert ballots.read(project, worker_ids=[]).answers.task.size == 0
