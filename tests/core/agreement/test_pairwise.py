"""The agreement of each pair of workers."""

import numpy as np
import pytest

from quality.core.agreement import cohen_kappa, pairwise


@pytest.fixture
def crowd():
    rng = np.random.default_rng(3)
    task, worker = np.nonzero(rng.random((40, 5)) < 0.7)
    return task, worker, rng.integers(0, 3, task.size)


def test_each_pair_has_the_kappa_of_the_two_alone(crowd):
    task, worker, value = crowd
    found = pairwise(task, worker, value, 5)
    for one in range(5):
        for other in range(one + 1, 5):
            kept = np.isin(worker, [one, other])
            shared = np.isin(task, np.intersect1d(task[worker == one], task[worker == other]))
            both = kept & shared
            alone = cohen_kappa(task[both], worker[both], value[both], n_draws=0)
            assert found.kappa[one, other] == pytest.approx(alone.value)
            assert found.n_shared[one, other] == both.sum() / 2


def test_matrices_are_symmetric_and_count_equal_answers(crowd):
    task, worker, value = crowd
    found = pairwise(task, worker, value, 5)
    assert (found.n_equal == found.n_equal.T).all()
    assert np.allclose(found.kappa, found.kappa.T, equal_nan=True)
    assert (np.diag(found.n_equal) == np.bincount(worker, minlength=5)).all()


def test_who_shares_nothing_has_no_kappa():
    found = pairwise(np.array([0, 1]), np.array([0, 1]), np.array([0, 0]), 2)
    assert found.n_shared[0, 1] == 0
    assert np.isnan(found.kappa[0, 1])


def test_nobody_gives_an_empty_matrix():
    none = np.zeros(0, dtype=np.int64)
    assert pairwise(none, none, none, 0).kappa.shape == (0, 0)


def test_columns_of_unequal_length_are_refused():
    with pytest.raises(ValueError, match="one entry per answer"):
        pairwise(np.array([0]), np.array([0, 1]), np.array([0]), 2)
