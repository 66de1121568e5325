"""Crowds at the edge: none, one of a kind, strangers, and very many labels."""

import tracemalloc

import numpy as np
import pytest

from quality.core.votes import Votes
from tests.core.categorical.everyone import EVERYONE
from tests.core.factories import codes, votes_of

pytestmark = pytest.mark.parametrize("aggregator", EVERYONE)
MANY = 100_000


def test_no_tasks_have_no_posterior(aggregator):
    fitted = aggregator().fit(Votes(codes([]), codes([]), codes([]), 0, 0, 2))

    assert fitted.posterior_.shape == (0, 2)
    assert fitted.ties_.shape == (0,)
    assert fitted.workers_.confusion.shape[0] == 0
    assert np.isnan(fitted.loo_)


def test_nobody_knows_a_task_without_votes(aggregator):
    fitted = aggregator().fit(Votes(codes([]), codes([]), codes([]), 2, 3, 4))

    np.testing.assert_allclose(fitted.posterior_, 0.25)
    assert fitted.ties_.all()
    assert fitted.workers_.confusion.shape[0] == 3


def test_a_task_without_votes_changes_nothing_for_the_others(aggregator):
    table = np.array([[0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 0]])
    with_gap = np.insert(table, 2, -1, axis=0)

    before = aggregator().fit(votes_of(table, n_labels=2)).posterior_
    after = aggregator().fit(votes_of(with_gap, n_labels=2)).posterior_

    np.testing.assert_array_equal(np.delete(after, 2, axis=0), before)


def test_a_worker_without_votes_changes_nothing(aggregator):
    table = np.array([[0, 0, 1], [1, 1, 1], [0, 1, 1], [1, 0, 0]])
    with_gap = np.insert(table, 1, -1, axis=1)

    before = aggregator().fit(votes_of(table, n_labels=2)).posterior_
    after = aggregator().fit(votes_of(with_gap, n_labels=2)).posterior_

    np.testing.assert_array_equal(after, before)


def test_a_single_label_is_certain(aggregator):
    fitted = aggregator().fit(votes_of([[0, 0], [0, -1], [-1, -1]], n_labels=1))

    np.testing.assert_allclose(fitted.posterior_, 1.0)
    np.testing.assert_allclose(fitted.workers_.confusion, 1.0)
    assert not fitted.ties_.any()


def test_a_lone_worker_is_believed(aggregator):
    posterior = aggregator().fit(votes_of([[0], [1], [1]], n_labels=2)).posterior_

    assert posterior.argmax(axis=1).tolist() == [0, 1, 1]


def test_a_lone_task_follows_the_most_votes(aggregator):
    posterior = aggregator().fit(votes_of([[2, 2, 0]], n_labels=3)).posterior_

    assert posterior.argmax() == 2


def test_a_single_vote_is_followed(aggregator):
    fitted = aggregator().fit(votes_of([[1]], n_labels=3))

    assert fitted.posterior_.argmax() == 1
    assert np.isnan(fitted.loo_)


def test_workers_who_share_no_task_do_not_disturb_each_other(aggregator):
    votes = votes_of([[0, 0, -1, -1], [1, 1, -1, -1], [-1, -1, 0, 0], [-1, -1, 1, 1]], n_labels=2)

    assert aggregator().fit(votes).posterior_.argmax(axis=1).tolist() == [0, 1, 0, 1]


def test_everybody_agrees_and_is_believed(aggregator):
    votes = votes_of([[label] * 4 for label in (0, 1, 2, 1, 0)], n_labels=3)

    fitted = aggregator().fit(votes)

    assert fitted.posterior_.argmax(axis=1).tolist() == [0, 1, 2, 1, 0]
    assert fitted.posterior_.max(axis=1).min() > 0.6


def test_only_gold_and_no_votes_is_known_all_the_same(aggregator):
    nobody = Votes(codes([]), codes([]), codes([]), 3, 0, 3)

    posterior = aggregator().fit(nobody, gold=codes([2, -1, 0])).posterior_

    np.testing.assert_array_equal(posterior[[0, 2]], np.eye(3)[[2, 0]])
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


def test_gold_may_be_a_label_that_nobody_gave(aggregator):
    votes = votes_of([[0, 0, 1], [1, 1, 1], [0, 1, 1]], n_labels=4)

    fitted = aggregator().fit(votes, gold=codes([3, -1, -1]))

    assert fitted.posterior_[0].tolist() == [0, 0, 0, 1]
    np.testing.assert_allclose(fitted.posterior_.sum(axis=1), 1.0, atol=1e-9)
    assert 3 in fitted.workers_.labels


def test_gold_on_every_task_leaves_nothing_to_infer(aggregator):
    gold = codes([1, 0, 1])

    posterior = aggregator().fit(votes_of([[0, 0], [1, 1], [0, 1]], 2), gold=gold).posterior_

    np.testing.assert_array_equal(posterior, np.eye(2)[gold])


def test_very_many_labels_cost_no_more_than_those_in_use(aggregator):
    few = votes_of([[7, 7, 3], [3, 3, 3], [7, 3, 5], [5, 5, 7], [-1, -1, -1]], n_labels=8)
    many = Votes(few.task, few.worker, few.label, few.n_tasks, few.n_workers, MANY)

    tracemalloc.start()
    fitted = aggregator().fit(many)
    errors, _, (_, peak) = fitted.workers_, fitted.loo_, tracemalloc.get_traced_memory()
    tracemalloc.stop()

    np.testing.assert_allclose(fitted.posterior_.sum(axis=1), 1.0)
    assert errors.labels.tolist() == [3, 5, 7, -1]
    assert peak < 12 * fitted.posterior_.nbytes


def test_labels_that_nobody_gave_share_their_probability_evenly(aggregator):
    votes = votes_of([[0, 1], [1, 1]], n_labels=6)

    posterior = aggregator().fit(votes).posterior_

    np.testing.assert_allclose(posterior[:, 2:], posterior[:, 2:3] * np.ones((1, 4)))
