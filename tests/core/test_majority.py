import numpy as np
import pytest

from quality.core import Majority
from tests.core.factories import codes, votes_of


def test_shares_are_smoothed_by_one_vote_per_label():
    posterior = Majority().fit(votes_of([[0, 0, 1]], n_labels=2)).posterior_

    np.testing.assert_allclose(posterior, [[3 / 5, 2 / 5]])


def test_ties_are_reported():
    votes = votes_of([[0, 1], [0, 0], [-1, -1], [0, 1]], n_labels=2)

    ties = Majority().fit(votes, gold=codes([-1, -1, -1, 1])).ties_

    assert ties.tolist() == [True, False, True, False]


def test_smoothing_must_be_positive():
    with pytest.raises(ValueError, match="smoothing"):
        Majority(smoothing=0)
