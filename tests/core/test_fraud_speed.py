"""How fast is too fast, task by task."""

import numpy as np
import pytest

from quality.core.fraud import BUDGETS, Budgets, too_fast
from tests.core.factories import codes

N_TASKS, N_WORKERS = 50, 20
HASTY = 3


@pytest.fixture
def times():
    """Every worker does every task; tasks take from ten seconds to an hour."""
    rng = np.random.default_rng(2)
    task, worker = (grid.ravel() for grid in np.indices((N_TASKS, N_WORKERS)))
    usual = np.exp(rng.uniform(np.log(10), np.log(3600), size=N_TASKS))
    return task, worker, usual[task] * rng.lognormal(0, 0.5, task.size)


def a_crowd(seed, n_hasty=0):
    """Sixty workers, each of a pace of their own, five to each of 600 tasks; some do not read."""
    rng = np.random.default_rng(seed)
    task = np.repeat(np.arange(600), 5)
    worker = np.concatenate([rng.choice(60, 5, replace=False) for _ in range(600)])
    usual = np.exp(rng.uniform(np.log(10), np.log(600), 600))
    pace = rng.normal(0, 0.3, 60) - np.log(6) * (np.arange(60) < n_hasty)
    return task, worker, usual[task] * np.exp(pace[worker] + rng.normal(0, 0.5, task.size))


def test_a_hasty_worker_stands_out_among_slow_and_quick_tasks(times):
    task, worker, elapsed_s = times
    hasty = np.where(worker == HASTY, elapsed_s / 8, elapsed_s)

    speed = too_fast(task, worker, hasty)

    assert speed.score.argmax() == HASTY
    assert speed.p_value[HASTY] < 1e-6
    assert speed.share_fast[HASTY] > 0.8
    assert np.delete(speed.share_fast, HASTY).max() < 0.25


def test_doing_the_quick_tasks_is_not_being_fast(times):
    task, worker, elapsed_s = times
    quick = np.argsort([np.median(elapsed_s[task == one]) for one in range(N_TASKS)])[:15]
    kept = (worker != HASTY) | np.isin(task, quick)

    speed = too_fast(task[kept], worker[kept], elapsed_s[kept])

    assert speed.p_value[HASTY] > 0.01


def test_usual_workers_have_usual_p_values(times):
    speed = too_fast(*times)

    assert speed.p_value.min() > 0.001
    assert not speed.is_flagged.any()
    assert np.abs(speed.score).max() < 1


def test_in_a_crowd_of_quick_and_slow_workers_the_quickest_is_within_the_budget():
    shares = [too_fast(*a_crowd(seed)).is_flagged.mean() for seed in range(30)]

    assert 0 < np.mean(shares) < 2 * BUDGETS.too_fast


def test_a_fifth_of_the_crowd_that_does_not_read_is_found():
    found = [too_fast(*a_crowd(seed, n_hasty=12)).is_flagged for seed in range(10)]

    assert np.mean([flagged[:12].mean() for flagged in found]) > 0.9
    assert np.mean([flagged[12:].mean() for flagged in found]) < BUDGETS.too_fast


def test_a_budget_of_more_finds_more(times):
    task, worker, elapsed_s = times
    hasty = np.where(worker == HASTY, elapsed_s / 1.5, elapsed_s)

    strict, lax = (too_fast(task, worker, hasty, budgets=Budgets(too_fast=b)) for b in (1e-4, 0.2))

    assert not strict.is_flagged[HASTY]
    assert lax.is_flagged[HASTY]


def test_what_is_fast_for_its_task_is_told_answer_by_answer(times):
    task, worker, elapsed_s = times

    speed = too_fast(task, worker, elapsed_s)

    np.testing.assert_array_equal(speed.is_fast, elapsed_s < speed.fast_below)
    assert 0.02 < speed.is_fast.mean() < 0.1
    assert all(np.ptp(speed.fast_below[task == one]) == 0 for one in range(N_TASKS))


def test_the_order_of_the_answers_does_not_matter(times):
    order = np.random.default_rng(0).permutation(times[0].size)

    given, mixed = too_fast(*times), too_fast(*(column[order] for column in times))

    np.testing.assert_allclose(mixed.score, given.score)
    np.testing.assert_allclose(mixed.p_value, given.p_value)


def test_workers_without_answers_are_not_fast():
    speed = too_fast(codes([0, 0]), codes([0, 2]), np.array([1.0, 0.0]), n_workers=4)

    assert speed.n.tolist() == [1, 0, 1, 0]
    assert np.all(speed.p_value[[1, 3]] == 1)
    assert np.isnan(speed.share_fast[[1, 3]]).all()
    assert too_fast(codes([]), codes([]), np.zeros(0)).score.size == 0


@pytest.mark.parametrize(
    ("elapsed_s", "says"),
    [
        ([1.0], "one entry per answer"),
        ([1.0, -1.0], "finite and at least 0"),
        ([1.0, np.nan], "finite and at least 0"),
    ],
)
def test_times_that_are_none_are_refused(elapsed_s, says):
    with pytest.raises(ValueError, match=says):
        too_fast(codes([0, 1]), codes([0, 1]), np.array(elapsed_s))


def test_a_worker_beyond_the_number_given_is_refused():
    with pytest.raises(ValueError, match="worker codes must lie in"):
        too_fast(codes([0]), codes([2]), np.ones(1), n_workers=2)
