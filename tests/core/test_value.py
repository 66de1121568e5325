"""What one more answer would tell."""

import numpy as np
import pytest
from scipy.stats import entropy

from quality.core.value import information


def test_a_perfect_worker_tells_all_that_is_not_known():
    posterior = np.array([[0.5, 0.5], [0.9, 0.1], [1.0, 0.0]])

    np.testing.assert_allclose(information(posterior, np.eye(2)), entropy(posterior, axis=1))


def test_a_worker_who_always_says_the_same_tells_nothing():
    posterior = np.array([[0.5, 0.5], [0.9, 0.1]])

    told = information(posterior, np.array([[1.0, 0.0], [1.0, 0.0]]))

    np.testing.assert_allclose(told, 0.0, atol=1e-12)


def test_it_is_the_mutual_information_of_truth_and_answer():
    posterior, confusion = np.array([[0.7, 0.3]]), np.array([[0.8, 0.2], [0.4, 0.6]])
    joint = posterior[0][:, None] * confusion
    apart = np.outer(joint.sum(axis=1), joint.sum(axis=0))

    assert information(posterior, confusion)[0] == pytest.approx(
        (joint * np.log(joint / apart)).sum()
    )


def test_several_workers_are_compared_at_once():
    good, poor = np.array([[0.9, 0.1], [0.1, 0.9]]), np.array([[0.6, 0.4], [0.4, 0.6]])
    posterior = np.array([[0.5, 0.5], [0.8, 0.2], [0.99, 0.01]])

    told = information(posterior, np.stack([good, poor]))

    assert told.shape == (2, 3)
    assert np.all(told[0] > told[1])
    assert np.all(np.diff(told, axis=1) < 0)


@pytest.mark.parametrize(
    ("posterior", "confusion"), [((3,), (2, 2)), ((3, 2), (2,)), ((3, 2), (3, 3))]
)
def test_other_shapes_are_refused(posterior, confusion):
    with pytest.raises(ValueError, match=r"posterior|confusion"):
        information(np.zeros(posterior), np.zeros(confusion))
