"""Intervals of single shares, rates and means."""

import numpy as np
import pytest

from quality.core import beta_interval, mean_interval, rate_interval, share_interval


def test_a_share_of_nothing_may_be_anything():
    assert share_interval(0, 0) == pytest.approx((0.025, 0.975))


def test_ten_of_ten_leave_the_known_lower_end():
    # 1 - F(x) = .975 of Beta(11, 1): x = .025 ** (1 / 11).
    assert share_interval(10, 10)[0] == pytest.approx(0.025 ** (1 / 11))


def test_ends_of_a_share_mirror_those_of_its_rest():
    low, high = share_interval(3.5, 10)
    rest = share_interval(6.5, 10)
    assert (low, high) == pytest.approx((1 - rest[1], 1 - rest[0]))
    assert beta_interval(4.5, 7.5) == pytest.approx((low, high))


@pytest.mark.parametrize(("right", "n"), [(3, 2), (-1, 2)])
def test_no_share_is_refused(right, n):
    with pytest.raises(ValueError, match="is no share"):
        share_interval(right, n)


def test_intervals_of_rates_hold_what_they_promise():
    rng = np.random.default_rng(5)
    counts = rng.poisson(7.0 * 2.0, 2000)
    ends = np.array([rate_interval(int(n), 2.0) for n in counts])
    held = ((ends[:, 0] <= 7.0) & (ends[:, 1] >= 7.0)).mean()
    assert 0.93 < held < 0.97


def test_a_rate_needs_time():
    with pytest.raises(ValueError, match="positive span"):
        rate_interval(1, 0.0)


def test_intervals_of_means_hold_what_they_promise():
    rng = np.random.default_rng(6)
    ends = np.array([mean_interval(rng.normal(1.0, 2.0, 5)) for _ in range(2000)])
    held = ((ends[:, 1] <= 1.0) & (ends[:, 2] >= 1.0)).mean()
    assert 0.93 < held < 0.97


@pytest.mark.parametrize("n", [0, 1])
def test_a_mean_of_fewer_than_two_numbers_has_no_interval(n):
    with pytest.raises(ValueError, match="needs two numbers"):
        mean_interval(np.ones(n))
