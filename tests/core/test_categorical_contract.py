"""What every aggregator of labels promises."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core import DawidSkene, Majority, Votes
from tests.core.factories import N_TASKS, any_order, any_votes, codes, votes_of

pytestmark = pytest.mark.parametrize("aggregator", [Majority, DawidSkene])


@given(votes=any_votes())
def test_every_row_is_a_distribution(aggregator, votes):
    posterior = aggregator().fit(votes).posterior_

    assert posterior.shape == (votes.n_tasks, votes.n_labels)
    assert np.all(posterior >= 0)
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


@given(votes=any_votes(), data=st.data())
def test_the_names_of_workers_do_not_matter(aggregator, votes, data):
    renamed = data.draw(any_order(votes.n_workers))
    other = Votes(
        votes.task,
        renamed[votes.worker],
        votes.label,
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )

    np.testing.assert_allclose(
        aggregator().fit(votes).posterior_, aggregator().fit(other).posterior_, atol=1e-9
    )


@given(votes=any_votes(), data=st.data())
def test_the_names_of_tasks_do_not_matter(aggregator, votes, data):
    renamed = data.draw(any_order(votes.n_tasks))
    other = Votes(
        renamed[votes.task],
        votes.worker,
        votes.label,
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )

    np.testing.assert_allclose(
        aggregator().fit(votes).posterior_,
        aggregator().fit(other).posterior_[renamed],
        atol=1e-9,
    )


@given(votes=any_votes(), data=st.data())
def test_the_names_of_labels_do_not_matter(aggregator, votes, data):
    renamed = data.draw(any_order(votes.n_labels))
    other = Votes(
        votes.task,
        votes.worker,
        renamed[votes.label],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )

    np.testing.assert_allclose(
        aggregator().fit(votes).posterior_,
        aggregator().fit(other).posterior_[:, renamed],
        atol=1e-9,
    )


@given(votes=any_votes(), data=st.data())
def test_the_order_of_votes_does_not_matter(aggregator, votes, data):
    order = data.draw(any_order(votes.task.size))
    other = Votes(
        votes.task[order],
        votes.worker[order],
        votes.label[order],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )

    np.testing.assert_allclose(
        aggregator().fit(votes).posterior_, aggregator().fit(other).posterior_, atol=1e-9
    )


@given(votes=any_votes())
def test_the_same_votes_give_the_same_posterior(aggregator, votes):
    np.testing.assert_array_equal(
        aggregator().fit(votes).posterior_, aggregator().fit(votes).posterior_
    )


@given(votes=any_votes(n_labels=3), known=st.lists(st.integers(-1, 2), min_size=N_TASKS))
def test_gold_wins_over_votes(aggregator, votes, known):
    gold = codes(known)[: votes.n_tasks]

    posterior = aggregator().fit(votes, gold=gold).posterior_

    tasks = np.flatnonzero(gold >= 0)
    np.testing.assert_array_equal(posterior[tasks], np.eye(3)[gold[tasks]])
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


@given(votes=any_votes())
def test_the_arguments_are_left_alone(aggregator, votes):
    gold = np.full(votes.n_tasks, -1)
    for array in (votes.task, votes.worker, votes.label, gold):
        array.flags.writeable = False

    aggregator().fit(votes, gold=gold)


@pytest.mark.parametrize("gold", [[0], [0, 2], [-2, 0]])
def test_broken_gold_is_refused(aggregator, gold):
    with pytest.raises(ValueError, match="gold"):
        aggregator().fit(votes_of([[0], [1]], n_labels=2), gold=codes(gold))


def test_nobody_knows_a_task_without_votes(aggregator):
    votes = Votes(codes([]), codes([]), codes([]), 2, 0, 4)

    np.testing.assert_allclose(aggregator().fit(votes).posterior_, 0.25)


def test_a_single_label_is_certain(aggregator):
    posterior = aggregator().fit(votes_of([[0, 0], [0, -1]], n_labels=1)).posterior_

    np.testing.assert_allclose(posterior, 1.0)


def test_a_lone_worker_is_believed_but_not_blindly(aggregator):
    posterior = aggregator().fit(votes_of([[0], [1], [1]], n_labels=2)).posterior_

    assert posterior.argmax(axis=1).tolist() == [0, 1, 1]
    assert posterior.max() < 0.95


def test_a_lone_task_follows_the_most_votes(aggregator):
    posterior = aggregator().fit(votes_of([[2, 2, 0]], n_labels=3)).posterior_

    assert posterior.argmax() == 2
    assert posterior[0, 2] < 0.95


def test_groups_who_share_no_task_do_not_disturb_each_other(aggregator):
    votes = votes_of([[0, 0, -1, -1], [1, 1, -1, -1], [-1, -1, 0, 0], [-1, -1, 1, 1]], n_labels=2)

    assert aggregator().fit(votes).posterior_.argmax(axis=1).tolist() == [0, 1, 0, 1]


def test_a_label_nobody_used_stays_possible(aggregator):
    posterior = aggregator().fit(votes_of([[0, 1], [1, 1]], n_labels=3)).posterior_

    assert np.all(posterior[:, 2] > 0)
