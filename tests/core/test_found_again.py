"""How far drawn boxes are the known ones."""

import numpy as np
import pytest

from quality.core.regions import found_again

FIRST, SECOND = (0, 0, 10, 10), (50, 50, 10, 10)


def drawn(*boxes):
    rows = np.array([box for box, _ in boxes], dtype=float).reshape(-1, 4)
    return rows, np.array([label for _, label in boxes], dtype=np.int64)


def test_the_same_boxes_in_any_order_are_found_again():
    known = drawn((FIRST, 0), (SECOND, 1))

    assert found_again(drawn((SECOND, 1), (FIRST, 0)), known, least=1.0) == 1.0


def test_a_box_under_another_label_is_not_found():
    assert found_again(drawn((FIRST, 1)), drawn((FIRST, 0)), least=0.5) == 0.0


def test_what_is_left_out_and_what_is_too_much_take_their_share():
    known = drawn((FIRST, 0), (SECOND, 0))

    assert found_again(drawn((FIRST, 0)), known, least=0.5) == pytest.approx(2 / 3)
    assert found_again(known, drawn((FIRST, 0)), least=0.5) == pytest.approx(2 / 3)


def test_one_known_box_is_found_once_only():
    near = (1, 0, 10, 10)

    assert found_again(drawn((FIRST, 0), (near, 0)), drawn((FIRST, 0)), least=0.5) == 2 / 3


def test_pairs_are_chosen_so_that_most_are_found():
    # The first drawn box could be either known one, the second only the left.
    known = drawn(((0, 0, 10, 10), 0), ((4, 0, 10, 10), 0))
    given = drawn(((2, 0, 10, 10), 0), ((-2, 0, 10, 10), 0))

    assert found_again(given, known, least=0.6) == 1.0


def test_an_overlap_that_is_just_enough_is_enough():
    # Of 4 of 6 parts each way.
    assert found_again(drawn(((0, 0, 3, 1), 0)), drawn(((1, 0, 3, 1), 0)), least=0.5) == 1.0
    assert found_again(drawn(((0, 0, 3, 1), 0)), drawn(((1, 0, 3, 1), 0)), least=0.51) == 0.0


def test_nothing_is_right_where_nothing_is_known():
    assert found_again(drawn(), drawn(), least=0.5) == 1.0
    assert found_again(drawn((FIRST, 0)), drawn(), least=0.5) == 0.0
    assert found_again(drawn(), drawn((FIRST, 0)), least=0.5) == 0.0
