"""How fast is too fast, task by task."""

import numpy as np
import pytest

from quality.core.fraud import Speed, too_fast
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
    assert np.abs(speed.score).max() < 1


def test_nobody_is_flagged_for_being_fast():
    assert not {name for name in Speed.__slots__ if "flag" in name}


def test_the_order_of_the_answers_does_not_matter(times):
    order = np.random.default_rng(0).permutation(times[0].size)

    given, mixed = too_fast(*times), too_fast(*(column[order] for column in times))

    np.testing.assert_allclose(mixed.score, given.score)
    np.testing.assert_array_equal(mixed.p_value, given.p_value)


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
