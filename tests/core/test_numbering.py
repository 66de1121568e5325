import numpy as np
import pytest
from hypothesis import example, given
from hypothesis import strategies as st

from quality.core.numbering import LONGEST, STRIP, numbered


@given(st.lists(st.text(st.characters(exclude_categories=()), max_size=LONGEST + 8), max_size=20))
@example(["", "", "\0"])
@example(["a", "a\0", "a\0\0", "ab"])
@example(["\ud800", "\U0001f989", "\uffff"])
@example(["a", "a" * LONGEST, "a" * (LONGEST + 1)])
def test_strings_are_numbered_as_python_sorts_them(ids):
    distinct, codes = numbered(ids)

    assert distinct == sorted(set(ids))
    assert [distinct[code] for code in codes] == ids


def test_strings_of_other_lengths_may_come_late():
    ids = ["owl", "wren"] * STRIP + ["o", "golden-crested wren"]

    distinct, codes = numbered(ids)

    assert distinct == ["golden-crested wren", "o", "owl", "wren"]
    assert codes.tolist() == [2, 3] * STRIP + [1, 0]


@pytest.mark.parametrize("late", [7, None, b"owl", ("owl",)])
def test_what_is_no_string_may_come_late(late):
    ids = ["wren", "owl"] * STRIP + [late]

    distinct, codes = numbered(ids)

    assert distinct == ["wren", "owl", late]
    assert codes.tolist() == [0, 1] * STRIP + [2]


@given(st.lists(st.integers(-5, 5) | st.floats(-5, 5), max_size=20))
def test_numbers_are_numbered_by_size(ids):
    distinct, codes = numbered(ids)

    assert distinct == sorted(set(ids))
    assert [distinct[code] for code in codes] == ids


def test_ids_that_cannot_be_compared_are_numbered_by_first_appearance():
    distinct, codes = numbered([5, 3, 4, 3, 1, "t"])

    assert distinct == [5, 3, 4, 1, "t"]
    assert codes.tolist() == [0, 1, 2, 1, 3, 4]


def test_the_ids_themselves_are_given_back():
    first = np.str_("owl")

    (owl,), _ = numbered([first, "owl"])

    assert owl is first
