"""A part of the votes at a time, and what was learned once more."""

from collections.abc import Sequence

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.core.categorical import DawidSkene, Majority, OneCoin, Predictions
from tests.core.categorical.everyone import EVERYONE, LEAVING, LIKELIEST
from tests.core.factories import a_crowd, any_gold, any_votes

every = pytest.mark.parametrize("aggregator", EVERYONE)
some = settings(max_examples=30, deadline=None)


class Read(Sequence):
    """Blocks that are made when they are asked for, and not kept."""

    def __init__(self, blocks):
        self._blocks = blocks

    def __len__(self):
        return len(self._blocks)

    def __getitem__(self, number):
        return self._blocks[number]


@every
@some
@given(votes=any_votes(), n_blocks=st.integers(1, 4), data=st.data())
def test_blocks_are_fitted_as_the_whole(aggregator, votes, n_blocks, data):
    gold = data.draw(any_gold(votes.n_tasks, votes.n_labels))

    whole = aggregator().fit(votes, gold=gold)
    parts = aggregator().fit(votes.split(n_blocks), gold=gold)

    np.testing.assert_allclose(parts.posterior_, whole.posterior_, atol=1e-9)
    np.testing.assert_allclose(parts.objective_[-1:], whole.objective_[-1:], atol=1e-9)
    np.testing.assert_allclose(parts.loo_, whole.loo_, atol=1e-9)


@every
@pytest.mark.parametrize("n_labels", [2, 4])
@pytest.mark.parametrize("layout", [list, Read])
def test_blocks_of_a_larger_crowd_are_fitted_as_the_whole(aggregator, n_labels, layout):
    votes, truth = a_crowd(
        accuracy=np.linspace(0.5, 0.95, 25), n_tasks=500, n_labels=n_labels, redundancy=4
    )
    predictions = Predictions(((truth + (np.arange(500) % 5 == 0)) % n_labels)[None])

    whole = aggregator().fit(votes, predictions=predictions)
    parts = aggregator().fit(layout(votes.split(7)), predictions=predictions)

    assert parts.rounds_ == whole.rounds_
    np.testing.assert_allclose(parts.posterior_, whole.posterior_, atol=1e-9)
    np.testing.assert_allclose(parts.workers_.confusion, whole.workers_.confusion, atol=1e-9)
    np.testing.assert_allclose(parts.models_.confusion, whole.models_.confusion, atol=1e-9)
    np.testing.assert_allclose(parts.loo_, whole.loo_, atol=1e-9)


@every
def test_a_block_may_have_no_votes(aggregator):
    votes, _ = a_crowd(accuracy=[0.8] * 5, n_tasks=20)
    empty = type(votes)(*[votes.task[:0]] * 3, 3, votes.n_workers, votes.n_labels)

    whole = aggregator().fit(votes)
    parts = aggregator().fit([empty, *votes.split(2), empty])

    np.testing.assert_allclose(parts.posterior_[3:-3], whole.posterior_, atol=1e-9)


@pytest.mark.parametrize("aggregator", LIKELIEST)
def test_a_fit_goes_on_from_its_own_posterior_in_fewer_rounds(aggregator):
    votes, _ = a_crowd(accuracy=[0.9, 0.85, 0.8, 0.7, 0.7, 0.6], n_labels=3)
    cold = aggregator().fit(votes)

    warm = aggregator().fit(votes, start=cold.posterior_)

    np.testing.assert_allclose(warm.posterior_, cold.posterior_, atol=1e-4)
    assert cold.converged_
    assert warm.converged_
    assert warm.rounds_ < cold.rounds_


@pytest.mark.parametrize("aggregator", LEAVING)
def test_what_goes_on_learns_anew_how_alike_workers_are(aggregator):
    votes, _ = a_crowd(accuracy=[0.9, 0.85, 0.8, 0.7, 0.7, 0.6], n_labels=3)
    cold = aggregator().fit(votes)

    warm = aggregator().fit(votes, start=cold.posterior_)
    again = aggregator().fit(votes, start=warm.posterior_)

    np.testing.assert_allclose(warm.posterior_, cold.posterior_, atol=0.05)
    np.testing.assert_allclose(again.posterior_, warm.posterior_, atol=5e-3)


@pytest.mark.parametrize("aggregator", LIKELIEST)
def test_another_start_ends_at_the_same_place(aggregator):
    votes, _ = a_crowd(accuracy=[0.9, 0.85, 0.8, 0.8, 0.75, 0.7], n_labels=3)
    exact = {"tol": 1e-9, "max_rounds": 3000}
    cold = aggregator(**exact).fit(votes)

    warm = aggregator(**exact).fit(votes, start=Majority(smoothing=3.0).fit(votes).posterior_)

    np.testing.assert_allclose(warm.posterior_, cold.posterior_, atol=1e-6)


@pytest.mark.parametrize("aggregator", [DawidSkene, OneCoin])
@pytest.mark.parametrize("n_labels", [2, 3, 5])
def test_extrapolation_ends_at_the_same_place_in_fewer_rounds(aggregator, n_labels):
    votes, _ = a_crowd(
        accuracy=np.linspace(0.6, 0.9, 12), n_tasks=400, n_labels=n_labels, redundancy=6
    )
    exact = {"tol": 1e-12, "max_rounds": 5000}

    plain = aggregator(**exact, accelerate=False).fit(votes)
    fast = aggregator(**exact).fit(votes)

    np.testing.assert_allclose(fast.posterior_, plain.posterior_, atol=1e-6)
    assert fast.rounds_ < plain.rounds_


@pytest.mark.parametrize("aggregator", LIKELIEST)
def test_rounds_run_out_before_the_fit_has_settled(aggregator):
    votes, _ = a_crowd(accuracy=[0.6] * 5)

    short = aggregator(max_rounds=2).fit(votes)

    assert (short.rounds_, short.converged_) == (2, False)
    assert aggregator(max_rounds=5000).fit(votes).converged_
