"""How long workers take: the median of their times, and between which ends it surely lies."""

import pytest

from quality import reliability
from tasks_app.models import Answer
from tests.factories import NOON, a_project, a_worker, some_items

pytestmark = pytest.mark.django_db


def took(project, worker, times):
    """Answers of the worker that took so long each, None where nobody knows."""
    items = some_items(project, len(times))
    Answer.objects.bulk_create(
        Answer(
            project=project,
            task=item.tasks.get(),
            worker=worker,
            values={"kind": "owl"},
            answered_at=NOON,
            elapsed_s=elapsed_s,
        )
        for item, elapsed_s in zip(items, times, strict=True)
    )


def figures(project, *workers):
    found = reliability.figures(project, [worker.pk for worker in workers])
    return [found[worker.pk] for worker in workers]


def test_the_ends_are_times_of_the_ranks_that_the_number_of_times_asks_for(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    took(project, wim, [7.0, 3.0, 20.0, 12.0, *range(100, 116)])

    (found,) = figures(project, wim)

    # Of twenty the sixth and the fifteenth: 3, 7, 12, 20, 100, [101, …, 110], 111, …
    assert (found.median_s, found.median_s_interval) == (105.5, [101.0, 110.0])


def test_each_worker_has_the_ranks_of_their_own_number(tenant):
    project, wim, wanda = a_project(tenant), a_worker(tenant), a_worker(tenant)
    took(project, wim, range(1, 41))
    took(project, wanda, range(1, 10))

    found = figures(project, wim, wanda)

    assert [one.median_s_interval for one in found] == [[14.0, 27.0], [2.0, 8.0]]


def test_fewer_than_six_times_have_a_median_without_interval(tenant):
    project, wim, wanda = a_project(tenant), a_worker(tenant), a_worker(tenant)
    took(project, wim, [1.0, 2.0, 3.0, 4.0, 5.0, None, None])
    took(project, wanda, [1.0, 2.0, 3.0, 4.0, 5.0, 6.0, None])

    few, enough = figures(project, wim, wanda)

    assert (few.n_answers, few.median_s, few.median_s_interval) == (7, 3.0, None)
    assert (enough.median_s, enough.median_s_interval) == (3.5, [1.0, 6.0])


def test_without_times_there_is_no_median(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    took(project, wim, [None] * 8)

    (found,) = figures(project, wim)

    assert (found.n_answers, found.median_s, found.median_s_interval) == (8, None, None)


def test_times_on_other_projects_do_not_count(tenant):
    project, other, wim = a_project(tenant), a_project(tenant), a_worker(tenant)
    took(project, wim, [1.0] * 6)
    took(other, wim, [9.0] * 60)

    (found,) = figures(project, wim)

    assert (found.n_answers, found.median_s, found.median_s_interval) == (6, 1.0, [1.0, 1.0])
