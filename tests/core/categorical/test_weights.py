"""Votes that count for more or less, models' votes, and what was known before any vote."""

from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.core.categorical import (
    DawidSkene,
    Majority,
    OneCoin,
    Predictions,
    Wawa,
    ZeroBasedSkill,
)
from quality.core.votes import Votes
from tests.core.categorical.everyone import EVERYONE, MODELS
from tests.core.factories import a_crowd, any_votes, codes, reordered, votes_of

every = pytest.mark.parametrize("aggregator", EVERYONE)
some = settings(max_examples=30, deadline=None)
RIGHT = 0.95


@every
@some
@given(votes=any_votes(), data=st.data())
def test_a_vote_of_no_weight_is_no_vote(aggregator, votes, data):
    size = votes.task.size
    keep = np.array(data.draw(st.lists(st.booleans(), min_size=size, max_size=size)), dtype=bool)

    absent = aggregator().fit(reordered(votes, keep)).posterior_
    weightless = aggregator().fit(replace(votes, weight=keep.astype(float))).posterior_

    np.testing.assert_allclose(weightless, absent, atol=1e-9)


@every
@some
@given(votes=any_votes())
def test_a_weight_of_one_is_a_vote(aggregator, votes):
    plain = aggregator().fit(votes)
    weighted = aggregator().fit(replace(votes, weight=np.ones(votes.task.size)))

    np.testing.assert_allclose(weighted.posterior_, plain.posterior_, atol=1e-9)
    np.testing.assert_allclose(weighted.loo_, plain.loo_, atol=1e-9)


@pytest.mark.parametrize("aggregator", [Majority, Wawa, ZeroBasedSkill, OneCoin, DawidSkene])
def test_a_worker_of_weight_two_is_a_worker_and_their_double(aggregator):
    votes, _ = a_crowd(accuracy=[0.9, 0.8, 0.7, 0.7, 0.6], n_labels=3, redundancy=3)
    mine = votes.worker == 0
    double = Votes(
        np.append(votes.task, votes.task[mine]),
        np.append(votes.worker, np.full(mine.sum(), 5)),
        np.append(votes.label, votes.label[mine]),
        votes.n_tasks,
        6,
        3,
    )

    twice = aggregator().fit(replace(votes, weight=1.0 + mine)).posterior_
    both = aggregator().fit(double).posterior_

    np.testing.assert_allclose(twice, both, atol=1e-5)


@every
def test_the_heavier_side_wins(aggregator):
    votes = replace(votes_of([[0, 1]], n_labels=2), weight=np.array([2.0, 1.0]))

    assert aggregator().fit(votes).posterior_[0, 0] > 0.5


@every
def test_a_model_that_is_mostly_right_helps(aggregator):
    votes, truth = a_crowd(accuracy=[0.65] * 20, n_labels=3, n_tasks=400, redundancy=3)
    model = Predictions(_mostly(truth, 3)[None])

    alone = aggregator().fit(votes)
    helped = aggregator().fit(votes, predictions=model)

    assert _accuracy(helped, truth) > _accuracy(alone, truth) + 0.02


@pytest.mark.parametrize("aggregator", MODELS)
def test_the_confusion_of_a_model_is_learned(aggregator):
    votes, truth = a_crowd(accuracy=[0.8] * 20, n_labels=3, n_tasks=600, redundancy=7)
    sharp, blunt = _mostly(truth, 3), np.full(600, 1)

    models = aggregator().fit(votes, predictions=Predictions(np.stack([sharp, blunt]))).models_

    assert models.confusion.shape == (2, 3, 3)
    np.testing.assert_allclose(models.confusion[0].diagonal(), RIGHT, atol=0.12)
    assert models.confusion[1][:, 1].min() > 0.85


@every
def test_a_prediction_never_counts_for_more_than_the_cap(aggregator):
    votes, truth = a_crowd(accuracy=[0.7] * 10, n_tasks=100, redundancy=3)
    label = _mostly(truth, 2)[None]

    capped = aggregator().fit(votes, predictions=Predictions(label, np.full(label.shape, 50.0)))
    plain = aggregator().fit(votes, predictions=Predictions(label))
    light = aggregator().fit(votes, predictions=Predictions(label, np.full(label.shape, 0.5)))

    np.testing.assert_array_equal(capped.posterior_, plain.posterior_)
    assert np.abs(light.posterior_ - plain.posterior_).max() > 1e-3


@every
@pytest.mark.parametrize(
    "silent",
    [
        Predictions(np.full((1, 100), -1)),
        Predictions(np.zeros((1, 100), dtype=np.int64), cap=0.0),
        Predictions(np.zeros((0, 100), dtype=np.int64)),
    ],
)
def test_a_silent_model_changes_nothing(aggregator, silent):
    votes, _ = a_crowd(accuracy=[0.7] * 10, n_tasks=100, redundancy=3)

    alone = aggregator().fit(votes).posterior_
    beside = aggregator().fit(votes, predictions=silent).posterior_

    np.testing.assert_allclose(beside, alone, atol=1e-9)


@every
def test_a_model_is_no_worker(aggregator):
    votes, truth = a_crowd(accuracy=[0.7] * 10, n_tasks=100, redundancy=3)

    fitted = aggregator().fit(votes, predictions=Predictions(_mostly(truth, 2)[None]))

    assert fitted.workers_.confusion.shape[0] == 10
    assert fitted.models_.confusion.shape[0] == 1
    for name in ("skill_", "trust_"):
        assert getattr(fitted, name, np.zeros(10)).shape == (10,)


@every
def test_predictions_stand_in_where_nobody_voted(aggregator):
    votes = votes_of([[0, 0, 0], [1, 1, 1], [0, 0, 0], [1, 1, 1], [-1, -1, -1]], n_labels=2)

    fitted = aggregator().fit(votes, predictions=Predictions(codes([[0, 1, 0, 1, 1]])))

    assert fitted.posterior_[4, 1] > 0.5


@every
def test_the_prior_is_what_is_believed_without_votes(aggregator):
    votes = votes_of([[0, 1], [1, 1], [-1, -1]], n_labels=4)

    fitted = aggregator().fit(votes, prior=np.array([4.0, 3.0, 2.0, 1.0]))

    np.testing.assert_allclose(fitted.posterior_[2], [0.4, 0.3, 0.2, 0.1])
    np.testing.assert_allclose(fitted.posterior_.sum(axis=1), 1.0)


@every
def test_labels_that_nobody_gave_share_their_probability_by_the_prior(aggregator):
    votes = votes_of([[0, 1], [1, 1]], n_labels=4)

    posterior = aggregator().fit(votes, prior=np.array([3.0, 3.0, 3.0, 1.0])).posterior_

    np.testing.assert_allclose(posterior[:, 2], 3.0 * posterior[:, 3])


@pytest.mark.parametrize("aggregator", sorted(set(EVERYONE) - {Wawa, ZeroBasedSkill}, key=str))
def test_the_prior_tips_the_scales(aggregator):
    votes = votes_of([[0, 1], [1, 0], [1, 1], [0, 0]], n_labels=2)

    first = aggregator().fit(votes, prior=np.array([0.9, 0.1])).posterior_
    second = aggregator().fit(votes, prior=np.array([0.1, 0.9])).posterior_

    assert np.all(first[:2, 0] > second[:2, 0])
    assert np.all(first[:, 0] >= second[:, 0])


def _mostly(truth, n_labels):
    """The truth, but for one in twenty."""
    return (truth + (np.arange(truth.size) % 20 == 0)) % n_labels


def _accuracy(fitted, truth):
    return (fitted.posterior_.argmax(axis=1) == truth).mean()
