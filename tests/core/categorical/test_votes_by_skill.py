"""Votes without a model: plain, and weighted by agreement."""

import numpy as np
import pytest

from quality.core.categorical import Majority, Wawa, ZeroBasedSkill
from tests.core.factories import a_crowd, codes, votes_of

# The third worker is outvoted on two tasks of three.
TABLE = [[0, 0, 1], [1, 1, 0], [0, 0, 0]]


def test_shares_are_smoothed_by_one_vote_per_label():
    posterior = Majority().fit(votes_of([[0, 0, 1]], n_labels=2)).posterior_

    np.testing.assert_allclose(posterior, [[3 / 5, 2 / 5]])


def test_shares_are_plain_without_smoothing():
    posterior = Majority(smoothing=0).fit(votes_of([[0, 0, 1]], n_labels=2)).posterior_

    np.testing.assert_allclose(posterior, [[2 / 3, 1 / 3]])


def test_smoothing_follows_the_prior():
    votes = votes_of([[0, 0, 1]], n_labels=2)

    posterior = Majority().fit(votes, prior=np.array([0.25, 0.75])).posterior_

    np.testing.assert_allclose(posterior, [[2.5 / 5, 2.5 / 5]])


def test_ties_are_reported():
    votes = votes_of([[0, 1], [0, 0], [-1, -1], [0, 1]], n_labels=2)

    ties = Majority().fit(votes, gold=codes([-1, -1, -1, 1])).ties_

    assert ties.tolist() == [True, False, True, False]


def test_skill_is_agreement_with_the_majority():
    fitted = Wawa().fit(votes_of(TABLE, n_labels=2, n_workers=4))

    np.testing.assert_allclose(fitted.skill_, [1, 1, 1 / 3, 0])
    np.testing.assert_allclose(fitted.posterior_[0], [6 / 7, 1 / 7])


def test_half_a_tie_is_half_an_agreement():
    fitted = Wawa().fit(votes_of([[0, 1]], n_labels=2))

    np.testing.assert_allclose(fitted.skill_, 0.5)
    np.testing.assert_allclose(fitted.posterior_, 0.5)


def test_the_vote_stands_where_nobody_has_any_skill():
    gold = codes([1, 1, -1])

    fitted = Wawa().fit(votes_of([[0, 0, 0], [0, 0, 0], [0, 0, 1]], n_labels=2), gold=gold)

    np.testing.assert_allclose(fitted.posterior_[2, 0], 1.0)


def test_skill_settles_where_the_vote_it_weighs_agrees():
    fitted = ZeroBasedSkill().fit(votes_of(TABLE, n_labels=2))

    np.testing.assert_allclose(fitted.skill_, [1, 1, 1 / 3], atol=1e-6)


@pytest.mark.parametrize("aggregator", [Wawa, ZeroBasedSkill])
def test_weighing_workers_beats_counting_votes(aggregator):
    votes, truth = a_crowd(accuracy=[0.95, 0.95, 0.9, 0.55, 0.5, 0.5], n_tasks=800, redundancy=6)

    weighed = (aggregator().fit(votes).posterior_.argmax(axis=1) == truth).mean()
    counted = (Majority().fit(votes).posterior_.argmax(axis=1) == truth).mean()

    assert weighed > counted


@pytest.mark.parametrize("broken", [{"n_rounds": 0}, {"steps": 0}, {"pace": 0.0}, {"pace": 1.5}])
def test_broken_settings_are_refused(broken):
    with pytest.raises(ValueError, match="must be positive"):
        ZeroBasedSkill(**broken)
