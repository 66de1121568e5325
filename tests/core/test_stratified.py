"""Two shares compared within strata."""

import numpy as np
import pytest

from quality.core.stratified import difference


def counts(*strata):
    return np.array(strata, dtype=np.int64)


def test_one_stratum_is_tested_exactly():
    # Fisher's lady: 3 of 4 right among the first, 1 of 4 among the second: 17 of 70.
    found = difference(counts((3, 1)), counts((1, 3)))

    assert found.value == pytest.approx(0.5)
    assert found.p_value == pytest.approx(17 / 70)
    assert found.low < 0 < 0.5 < found.high


def test_what_differs_between_strata_only_makes_no_difference():
    # The one is good and met the first kind often, the other is bad and met the second.
    found = difference(counts((90, 9), (1, 10)), counts((10, 1), (9, 90)))

    assert found.value == pytest.approx(0.0)
    assert found.p_value > 0.4


def test_what_differs_within_every_stratum_is_found():
    found = difference(counts((19, 12), (18, 9)), counts((1, 8), (2, 11)))

    assert found.low > 0.2
    assert found.p_value < 0.001


def test_shares_of_all_and_nothing_are_not_certain():
    found = difference(counts((2, 0)), counts((0, 2)))

    assert (found.value, found.high) == (1.0, 1.0)
    assert found.low < 0.7


def test_nothing_is_compared_where_nobody_had_both():
    assert difference(counts((3, 0), (0, 3)), counts((1, 0), (0, 1))) is None
    assert difference(counts().reshape(0, 2), counts().reshape(0, 2)) is None


def test_where_all_are_right_there_is_no_doubt_of_a_leak():
    assert difference(counts((3, 3), (2, 4)), counts((0, 0), (0, 0))).p_value == 1.0
