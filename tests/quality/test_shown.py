"""Payloads as workers see them, read some at a time."""

import pytest

from quality import shown
from tasks_app.models import Task
from tests.factories import a_project, some_items


@pytest.mark.django_db
def test_payloads_come_some_at_a_time_and_none_is_left_out(monkeypatch, django_assert_num_queries):
    project = a_project(split={"by": "list", "path": "/pages"})
    some_items(project, 2, payload={"pages": ["one", "two", "three"]})
    task_ids = list(Task.objects.filter(project=project).values_list("pk", flat=True))
    monkeypatch.setattr(shown, "AT_ONCE", 4)

    with django_assert_num_queries(2):
        seen = dict(shown.payloads(project, task_ids))

    assert set(seen) == set(task_ids)
    pages = sorted(payload["pages"] for payload in seen.values())
    assert pages == sorted(["one", "two", "three"] * 2)


@pytest.mark.django_db
def test_tasks_of_other_projects_are_not_shown():
    some_items(a_project(), 1)
    task_ids = list(Task.objects.values_list("pk", flat=True))

    assert list(shown.payloads(a_project(), task_ids)) == []


@pytest.mark.parametrize(
    ("places", "kept"),
    [
        (("/a", "/b/c"), {"a": 1, "b": {"c": 2}}),
        (("/list/0", "/list/1"), {"list": {"0": 3, "1": 4}}),
        (("/b", "/b/c"), {"b": {"c": 2, "d": 5}}),
        (("/a", "/x"), None),
    ],
)
def test_only_what_is_pointed_at_is_kept(places, kept):
    payload = {"a": 1, "b": {"c": 2, "d": 5}, "list": [3, 4], "rest": "long"}

    assert shown.only(payload, places) == kept
