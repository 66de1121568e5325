"""From which stop posterior tasks stop."""

import numpy as np
import pytest

from quality.core.categorical import Default, threshold
from quality.core.votes import Votes
from tests.core.factories import a_crowd, votes_of


def an_echoing_crowd(n_tasks=400, n_workers=10, seed=0):
    """Workers who err together: on a third of the tasks all of them see the wrong label."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(2, size=n_tasks)
    seen = np.where(rng.random(n_tasks) < 1 / 3, 1 - truth, truth)
    said = np.where(rng.random((n_tasks, n_workers)) < 0.9, seen[:, None], 1 - seen[:, None])
    return votes_of(said, n_labels=2), truth


def test_with_little_to_judge_by_it_is_the_target():
    stop = threshold(Default().fit(votes_of([[0, 0, 1], [1, 1, 1]], n_labels=2)), 0.95)

    assert (stop.tau, stop.basis) == (0.95, "target")


def test_independent_workers_keep_the_target():
    votes, _ = a_crowd(accuracy=np.linspace(0.6, 0.9, 20), n_tasks=400, redundancy=7)

    stop = threshold(Default().fit(votes), 0.9)

    assert (stop.tau, stop.basis) == (0.9, "leave_one_out")
    assert stop.accuracy >= 0.9
    assert stop.n_checked >= 200


def test_gold_that_was_missed_asks_for_more():
    votes, truth = an_echoing_crowd()
    gold = np.where(np.arange(truth.size) % 4 == 0, truth, -1)

    stop = threshold(Default().fit(votes, gold=gold), 0.9)

    assert stop.basis == "gold"
    assert stop.tau > 0.99
    assert stop.accuracy < 0.9


def test_gold_that_was_met_keeps_the_target():
    votes, truth = a_crowd(accuracy=np.full(20, 0.9), n_tasks=400, redundancy=7)
    gold = np.where(np.arange(truth.size) % 4 == 0, truth, -1)

    stop = threshold(Default().fit(votes, gold=gold), 0.9)

    assert (stop.tau, stop.basis) == (0.9, "gold")


@pytest.mark.parametrize("target", [1 / 3, 0.6, 0.9, 0.9500004, 0.999])
def test_it_is_never_below_the_target(target):
    votes, _ = a_crowd(accuracy=np.linspace(0.5, 0.99, 20), n_labels=3)

    assert target <= threshold(Default().fit(votes), target).tau < 1


def test_no_votes_at_all_keep_the_target():
    nothing = np.zeros(0, dtype=np.int64)

    assert threshold(Default().fit(Votes(nothing, nothing, nothing, 3, 0, 2)), 0.8).tau == 0.8


def test_gold_that_is_missed_whatever_the_threshold_asks_for_the_most():
    rng = np.random.default_rng(3)
    truth = rng.integers(2, size=80)
    seen = np.where(rng.random(80) < 0.5, truth, 1 - truth)
    votes = votes_of(np.repeat(seen[:, None], 3, axis=1), n_labels=2)
    gold = np.where(np.arange(80) < 60, truth, -1)

    stop = threshold(Default().fit(votes, gold=gold), 0.8)

    assert stop.basis == "gold"
    assert stop.tau > 0.98


def test_no_gold_stops_before_the_least_number_of_votes():
    votes, truth = a_crowd(accuracy=np.full(20, 0.75), n_tasks=300, redundancy=9, seed=2)
    gold = np.where(np.arange(300) < 150, truth, -1)
    fitted = Default().fit(votes, gold=gold)

    assert threshold(fitted, 0.7, least=9).accuracy > threshold(fitted, 0.7).accuracy
