import pytest

from benchmarks.stopping.replay import Point, Stopped
from benchmarks.stopping.savings import needed, outcome

ANSWERS = [100, 200, 300, 400]
# It dips, so that its running maximum is flat there.
CURVE = [0.70, 0.80, 0.79, 0.90]


@pytest.mark.parametrize(
    ("accuracy", "answers"),
    [(0.75, 150), (0.80, 200), (0.85, 350), (0.90, 400), (0.95, 400), (0.60, 100)],
)
def test_even_allocation_needs_what_its_best_so_far_needed(accuracy, answers):
    assert needed(ANSWERS, CURVE, accuracy) == pytest.approx(answers)


def test_savings_are_of_the_means_of_the_seeds():
    curves = [[Point(100, a), Point(200, b)] for a, b in ((0.6, 0.8), (0.7, 0.9))]
    ends = [Stopped(n, accuracy, 0.8, None, None) for n, accuracy in ((110, 0.7), (130, 0.8))]

    found = outcome("birds", 9.0, curves, ends)

    assert (found.used, found.accuracy, found.needed) == pytest.approx((120, 0.75, 150))
    assert found.saved == pytest.approx(1 - 120 / 150)
    assert found.gap == pytest.approx(0.05)
    assert found.counts


def test_a_set_that_more_answers_do_not_help_is_not_counted():
    curves = [[Point(100, 0.90), Point(200, 0.91)]]

    assert not outcome("easy", 9.0, curves, [Stopped(100, 0.9, 0.9, 0.9, 0.9)]).counts
