import numpy as np
from hypothesis import given
from hypothesis import strategies as st

from quality.core import posterior_median


def test_the_median_is_the_first_label_to_reach_a_half():
    posterior = np.array([[0.5, 0.1, 0.4], [0.4, 0.1, 0.5], [0.1, 0.2, 0.7], [0.1] * 2 + [0.8]])

    assert posterior_median(posterior).tolist() == [0, 1, 2, 2]


def test_a_half_lost_to_rounding_is_a_half():
    assert posterior_median(np.array([[0.1] * 10])).tolist() == [4]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(any))
def test_half_the_probability_lies_on_either_side(weights):
    posterior = np.array([weights]) / sum(weights)

    (median,) = posterior_median(posterior)

    assert posterior[0, : median + 1].sum() >= 0.5 - 1e-9
    assert posterior[0, median:].sum() >= 0.5 - 1e-9


def test_no_tasks_have_no_medians():
    assert posterior_median(np.zeros((0, 3))).shape == (0,)
