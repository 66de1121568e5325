import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from benchmarks import scores

# Two classes, four tasks: sure and right, sure and wrong, leaning and right, undecided.
POSTERIOR = np.array([[1.0, 0.0], [0.0, 1.0], [0.4, 0.6], [0.5, 0.5]])
GOLD = np.array([0, 0, 1, 1])


def test_a_tie_counts_as_its_share():
    assert scores.accuracy(POSTERIOR, GOLD) == (1 + 0 + 1 + 0.5) / 4


def test_the_share_of_a_tie_does_not_hang_on_rounding():
    nearly = np.array([[0.5 + 1e-15, 0.5 - 1e-15]])

    assert scores.accuracy(nearly, np.array([1])) == 0.5


def test_f1_is_the_mean_of_the_classes():
    first, second = 2 * 1 / (2 + 1.5), 2 * 1.5 / (2 + 2.5)

    assert scores.macro_f1(POSTERIOR, GOLD) == pytest.approx((first + second) / 2)


def test_a_class_that_is_neither_true_nor_chosen_has_no_f1():
    padded = np.hstack([POSTERIOR, np.zeros((4, 1))])

    assert scores.macro_f1(padded, GOLD) == scores.macro_f1(POSTERIOR, GOLD)


def test_a_certain_error_costs_no_more_than_the_floor():
    expected = -(np.log(1) + np.log(1e-6) + np.log(0.6) + np.log(0.5)) / 4

    assert scores.log_loss(POSTERIOR, GOLD) == pytest.approx(expected)


def test_calibration_error_weighs_the_gap_of_each_bin():
    stated = np.array([[0.9, 0.1], [0.9, 0.1], [0.6, 0.4]])

    # Right once of twice at .9, right at .6.
    found = scores.calibration_error(stated, np.array([0, 1, 0]))

    assert found == pytest.approx((2 * 0.4 + 0.4) / 3)


def test_who_says_what_is_so_is_calibrated():
    stated = np.tile([0.75, 0.25], (4, 1))

    assert scores.calibration_error(stated, np.array([0, 0, 0, 1])) == pytest.approx(0)


def test_the_root_of_the_mean_squared_error():
    assert scores.rmse(np.array([1.0, 5.0]), np.array([1.0, 2.0])) == pytest.approx(np.sqrt(4.5))


@pytest.mark.parametrize(
    ("said", "meant", "n"),
    [
        ("the cat sat", "the cat sat", 0),
        ("the cat sat", "the dog sat", 1),
        ("the sat", "the cat sat", 1),
        ("", "the cat sat", 3),
        ("cat the sat", "the cat sat", 2),
    ],
)
def test_edits_are_words_put_in_left_out_or_replaced(said, meant, n):
    assert scores.n_edits(said.split(), meant.split()) == n


texts = st.lists(st.sampled_from("abc"), max_size=6)


@given(texts, texts, texts)
def test_edits_are_a_distance(one, other, third):
    there = scores.n_edits(one, other)

    assert there == scores.n_edits(other, one)
    assert (there == 0) == (one == other)
    assert there <= scores.n_edits(one, third) + scores.n_edits(third, other)
