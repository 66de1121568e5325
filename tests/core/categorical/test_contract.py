"""What every aggregator of labels promises, whatever the votes."""

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.core.categorical.everyone import EVERYONE, LIKELIEST
from tests.core.factories import a_crowd, any_gold, any_order, any_votes, renamed, reordered

every = pytest.mark.parametrize("aggregator", EVERYONE)
some = settings(max_examples=40, deadline=None)


@every
@some
@given(votes=any_votes())
def test_every_row_is_a_distribution(aggregator, votes):
    posterior = aggregator().fit(votes).posterior_

    assert posterior.shape == (votes.n_tasks, votes.n_labels)
    assert posterior.dtype == np.float64
    assert np.all((posterior >= 0) & (posterior <= 1))
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0, atol=1e-9)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_the_names_of_workers_do_not_matter(aggregator, votes, data):
    names = data.draw(any_order(votes.n_workers))

    before = aggregator().fit(votes).posterior_
    after = aggregator().fit(renamed(votes, worker=names)).posterior_

    np.testing.assert_allclose(after, before, atol=1e-9)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_the_names_of_tasks_do_not_matter(aggregator, votes, data):
    names = data.draw(any_order(votes.n_tasks))

    before = aggregator().fit(votes).posterior_
    after = aggregator().fit(renamed(votes, task=names)).posterior_

    np.testing.assert_allclose(after[names], before, atol=1e-9)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_the_names_of_labels_do_not_matter(aggregator, votes, data):
    names = data.draw(any_order(votes.n_labels))

    before = aggregator().fit(votes).posterior_
    after = aggregator().fit(renamed(votes, label=names)).posterior_

    np.testing.assert_allclose(after[:, names], before, atol=1e-9)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_the_order_of_votes_does_not_matter_by_a_bit(aggregator, votes, data):
    order = data.draw(any_order(votes.task.size))

    before = aggregator().fit(votes).posterior_
    after = aggregator().fit(reordered(votes, order)).posterior_

    np.testing.assert_array_equal(after, before)


@every
@pytest.mark.parametrize("seed", [1, 2, 3])
def test_names_do_not_matter_in_a_larger_crowd(aggregator, seed):
    votes, _ = a_crowd(accuracy=np.linspace(0.5, 0.95, 20), n_labels=3, redundancy=4, seed=seed)
    rng = np.random.default_rng(seed)
    task, worker, label = rng.permutation(200), rng.permutation(20), rng.permutation(3)

    before = aggregator().fit(votes).posterior_
    after = aggregator().fit(renamed(votes, task=task, worker=worker, label=label)).posterior_

    np.testing.assert_allclose(after[task][:, label], before, atol=1e-9)


@every
@some
@given(votes=any_votes())
def test_the_same_votes_give_the_same_posterior_by_a_bit(aggregator, votes):
    same = aggregator()

    first = same.fit(votes).posterior_
    again = same.fit(votes).posterior_
    other = aggregator().fit(votes).posterior_

    np.testing.assert_array_equal(first, again)
    np.testing.assert_array_equal(first, other)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_the_arguments_are_left_alone(aggregator, votes, data):
    gold = data.draw(any_gold(votes.n_tasks, votes.n_labels))
    prior = np.ones(votes.n_labels)
    start = np.full((votes.n_tasks, votes.n_labels), 1.0 / votes.n_labels)
    for array in (votes.task, votes.worker, votes.label, gold, prior, start):
        array.flags.writeable = False

    aggregator().fit(votes, gold=gold, prior=prior, start=start)


@every
@some
@given(votes=any_votes(), data=st.data())
def test_gold_wins_over_votes(aggregator, votes, data):
    gold = data.draw(any_gold(votes.n_tasks, votes.n_labels))

    posterior = aggregator().fit(votes, gold=gold).posterior_

    tasks = np.flatnonzero(gold >= 0)
    np.testing.assert_array_equal(posterior[tasks], np.eye(votes.n_labels)[gold[tasks]])
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0, atol=1e-9)


@every
@some
@given(votes=any_votes())
def test_ties_are_where_two_labels_are_equally_probable(aggregator, votes):
    fitted = aggregator().fit(votes)

    ordered = np.sort(fitted.posterior_, axis=1)
    expected = np.zeros(votes.n_tasks, dtype=bool)
    if votes.n_labels > 1:
        expected = ordered[:, -1] - ordered[:, -2] < 1e-9
    np.testing.assert_array_equal(fitted.ties_, expected)


@pytest.mark.parametrize("aggregator", LIKELIEST)
@some
@given(votes=any_votes(), data=st.data())
def test_the_objective_never_falls(aggregator, votes, data):
    gold = data.draw(st.none() | any_gold(votes.n_tasks, votes.n_labels))

    fitted = aggregator(max_rounds=40, tol=0).fit(votes, gold=gold)

    assert fitted.objective_.size >= 2
    assert np.all(np.isfinite(fitted.objective_))
    assert np.all(np.diff(fitted.objective_) >= -1e-8)


@pytest.mark.parametrize("aggregator", LIKELIEST)
def test_the_objective_rises_while_there_is_something_to_learn(aggregator):
    votes, _ = a_crowd(accuracy=[0.9, 0.9, 0.6, 0.6, 0.5], n_labels=3, redundancy=3)

    fitted = aggregator(max_rounds=5, tol=0).fit(votes)

    assert np.all(np.diff(fitted.objective_) > 0)


@every
@some
@given(votes=any_votes())
def test_a_fit_says_how_it_went(aggregator, votes):
    fitted = aggregator().fit(votes)

    assert fitted.rounds_ >= 1
    assert isinstance(fitted.converged_, bool)
    np.testing.assert_allclose(np.exp(fitted.log_prior_).sum(), 1.0, atol=1e-6)
