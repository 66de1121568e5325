"""Intervals of single shares, rates, means and medians."""

from fractions import Fraction
from math import comb

import numpy as np
import pytest

from quality.core import (
    beta_interval,
    mean_interval,
    median_ranks,
    rate_interval,
    share_interval,
)


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


@pytest.mark.parametrize("n", [6, 7, 25, 200])
def test_intervals_of_medians_hold_what_they_promise(n):
    rng = np.random.default_rng(n)
    times = np.sort(rng.exponential(1.0, (20_000, n)), axis=1)
    (low, high), n_drawn = median_ranks(np.array([n]))[0], len(times)
    held = ((times[:, low - 1] <= np.log(2)) & (times[:, high - 1] >= np.log(2))).mean()
    # What is promised is the probability that of n coins fewer than low show one side.
    promised = 1 - 2 * sum(comb(n, k) for k in range(low)) / 2**n
    assert promised >= 0.95
    assert held == pytest.approx(promised, abs=4 * (0.05 * 0.95 / n_drawn) ** 0.5)


@pytest.mark.parametrize("n", [6, 40, 1000, 1001])
def test_no_narrower_ranks_would_do(n):
    ((low, high),) = median_ranks(np.array([n]))
    narrower = Fraction(2 * sum(comb(n, k) for k in range(low + 1)), 2**n)
    assert low + high == n + 1
    assert 1 - narrower < Fraction(95, 100)


def test_ranks_are_those_of_the_sign_test():
    # Of 16 coins three fall on one side by .0106, of 20 five by .0207, and one more by > .025.
    assert median_ranks(np.array([16, 20])).tolist() == [[4, 13], [6, 15]]


def test_five_numbers_are_too_few_for_an_interval_of_their_median():
    assert median_ranks(np.arange(7)).tolist() == [[0, 0]] * 6 + [[1, 6]]
