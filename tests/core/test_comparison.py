from itertools import combinations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.core.orders import BradleyTerry, NoisyBradleyTerry, PairVotes
from tests.core.factories import any_order, codes

MODELS = [BradleyTerry, NoisyBradleyTerry]
N_ITEMS = 4


def votes_of(rows, n_items=N_ITEMS, n_workers=None):
    """Votes from rows of worker, left, right, outcome; a task for each pair that occurs."""
    pairs = sorted({(left, right) for _, left, right, _ in rows})
    return PairVotes(
        codes([pairs.index((left, right)) for _, left, right, _ in rows]),
        codes([worker for worker, *_ in rows]),
        np.array([outcome for *_, outcome in rows], dtype=np.float64),
        codes([left for left, _ in pairs]),
        codes([right for _, right in pairs]),
        n_items,
        n_workers or max((worker for worker, *_ in rows), default=-1) + 1,
    )


@st.composite
def any_votes(draw):
    pairs = list(combinations(range(N_ITEMS), 2))
    asked = draw(st.lists(st.tuples(st.integers(0, 3), st.sampled_from(pairs)), unique=True))
    outcomes = st.sampled_from([0.0, 0.5, 1.0])
    return votes_of([(w, *pair, draw(outcomes)) for w, pair in asked], n_workers=4)


def a_tournament(*, follows, n_items=30, n_tasks=400, redundancy=5, seed=0):
    """Votes of workers who follow true scores as often as said; and those scores."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.5, n_items)
    left = rng.integers(n_items, size=n_tasks)
    right = (left + rng.integers(1, n_items, size=n_tasks)) % n_items
    task = np.repeat(np.arange(n_tasks), redundancy)
    crowd = np.tile(np.arange(len(follows)), (n_tasks, 1))
    worker = rng.permuted(crowd, axis=1)[:, :redundancy].ravel()
    better = 1 / (1 + np.exp(scores[right] - scores[left]))[task]
    trust = np.asarray(follows)[worker]
    says_left = rng.random(task.size) < trust * better + (1 - trust) * (1 - better)
    votes = PairVotes(
        task, worker, says_left.astype(np.float64), left, right, n_items, len(follows)
    )
    return votes, scores


def test_two_items_are_as_far_apart_as_their_odds():
    votes = votes_of([(worker, 0, 1, float(worker < 75)) for worker in range(100)], n_items=2)

    fit = BradleyTerry(spread=100.0).fit(votes)

    # With hardly a prior the likeliest margin is the logarithm of 75 : 25.
    assert fit.scores_[0] - fit.scores_[1] == pytest.approx(np.log(3), abs=1e-3)
    assert fit.beats(codes([0]), codes([1])) == pytest.approx([0.75], abs=1e-3)
    # Its variance is one over 100 * .75 * .25.
    assert fit.posterior_[0, 0] == pytest.approx(1.0, abs=1e-4)
    assert fit.accuracy_.n.tolist() == [1.0] * 100


def test_scores_solve_the_equations_of_bradley_and_terry():
    votes, _ = a_tournament(follows=[1.0] * 6)
    fit = BradleyTerry(spread=3.0).fit(votes)

    expected = fit.beats(votes.left, votes.right)[votes.task]
    surplus = np.zeros(votes.n_items)
    np.add.at(surplus, votes.left[votes.task], votes.outcome - expected)
    np.add.at(surplus, votes.right[votes.task], expected - votes.outcome)
    assert fit.converged_
    np.testing.assert_allclose(surplus, fit.scores_ / 9, atol=1e-6)


def test_errors_are_those_of_the_dense_inverse():
    votes, _ = a_tournament(follows=[1.0] * 6, n_items=8, n_tasks=20)
    fit = BradleyTerry(spread=2.0).fit(votes)

    slope = np.zeros((votes.n_tasks, votes.n_items))
    slope[np.arange(votes.n_tasks), votes.left] = 1
    slope[np.arange(votes.n_tasks), votes.right] = -1
    chance = fit.beats(votes.left, votes.right)
    weight = np.bincount(votes.task) * chance * (1 - chance)
    covariance = np.linalg.inv(slope.T @ (weight[:, None] * slope) + np.eye(8) / 4)
    np.testing.assert_allclose(fit.errors_, np.sqrt(np.diag(covariance)))
    np.testing.assert_allclose(
        fit.interval_, fit.scores_[:, None] + 1.959964 * fit.errors_[:, None] * [-1, 1], rtol=1e-6
    )


def test_intervals_hold_the_truth_as_often_as_they_say():
    votes, scores = a_tournament(follows=[1.0] * 8, n_items=300, n_tasks=3000)

    low, high = BradleyTerry().fit(votes).interval_.T

    assert 0.9 < np.mean((low < scores) & (scores < high)) < 0.99


def test_noisy_workers_are_found_and_their_votes_discounted():
    follows = [1.0, 1.0, 1.0, 0.95, 0.5, 0.5, 0.5, 0.1]
    votes, scores = a_tournament(follows=follows, n_tasks=800)

    plain, noisy = BradleyTerry().fit(votes), NoisyBradleyTerry().fit(votes)

    assert np.corrcoef(noisy.scores_, scores)[0, 1] > np.corrcoef(plain.scores_, scores)[0, 1]
    assert noisy.follows_[:4].min() > 0.8
    assert np.abs(noisy.follows_[4:7] - 0.5).max() < 0.2
    assert noisy.follows_[7] < 0.3
    low, high = noisy.accuracy_.interval.T
    assert low[:4].min() > high[7]
    right = (noisy.posterior_[:, 0] > 0.5) == (scores[votes.left] > scores[votes.right])
    assert np.abs(noisy.posterior_.max(axis=1).mean() - right.mean()) < 0.05


def test_given_reliabilities_are_held():
    votes, _ = a_tournament(follows=[1.0, 1.0, 0.5, 0.5, 0.2])
    free = NoisyBradleyTerry().fit(votes)

    held = NoisyBradleyTerry().fit(votes, follows=free.follows_)

    np.testing.assert_array_equal(held.follows_, free.follows_)
    np.testing.assert_allclose(held.scores_, free.scores_, atol=1e-5)
    sure = NoisyBradleyTerry().fit(votes, follows=np.ones(5))
    np.testing.assert_allclose(sure.scores_, BradleyTerry().fit(votes).scores_, atol=1e-8)


@pytest.mark.parametrize("model", MODELS)
@given(votes=any_votes())
@settings(deadline=None, max_examples=50)
def test_every_fit_keeps_the_laws(model, votes):
    before = [votes.task.copy(), votes.worker.copy(), votes.outcome.copy()]

    fit = model().fit(votes)

    assert np.isfinite(fit.scores_).all()
    assert (fit.errors_ > 0).all()
    np.testing.assert_allclose(fit.posterior_.sum(axis=1), 1.0)
    assert np.diff(fit.objective_).min(initial=0.0) > -1e-9
    assert fit.rounds_ == fit.objective_.size
    assert fit.converged_
    assert fit.accuracy_.value.shape == (votes.n_workers,)
    for kept, now in zip(before, [votes.task, votes.worker, votes.outcome], strict=True):
        np.testing.assert_array_equal(kept, now)


@pytest.mark.parametrize("model", MODELS)
@given(votes=any_votes(), data=st.data())
@settings(deadline=None, max_examples=50)
def test_names_and_order_do_not_matter(model, votes, data):
    order = data.draw(any_order(votes.task.size))
    item, worker = data.draw(any_order(N_ITEMS)), data.draw(any_order(4))
    task = data.draw(any_order(votes.n_tasks))
    place = np.argsort(task)
    renamed = PairVotes(
        place[votes.task[order]],
        worker[votes.worker[order]],
        1 - votes.outcome[order],
        item[votes.right[task]],
        item[votes.left[task]],
        N_ITEMS,
        4,
    )

    ours, theirs = model(tol=1e-6).fit(votes), model(tol=1e-6).fit(renamed)

    np.testing.assert_allclose(ours.scores_, theirs.scores_[item], atol=1e-4)
    np.testing.assert_allclose(
        ours.posterior_, theirs.posterior_[place][:, ::-1].reshape(-1, 2), atol=1e-4
    )
    np.testing.assert_allclose(ours.accuracy_.value, theirs.accuracy_.value[worker], atol=1e-4)
    assert ours.cycles_.n_triads == theirs.cycles_.n_triads


def test_always_winning_and_disconnected_items_stay_finite():
    votes = votes_of([(0, 0, 1, 1.0), (1, 0, 1, 1.0), (0, 2, 3, 0.0)], n_items=5)

    fit = NoisyBradleyTerry().fit(votes)

    assert fit.scores_[0] > fit.scores_[1]
    assert fit.scores_[4] == 0.0
    assert fit.errors_[4] == pytest.approx(2.0)
    assert 0.5 < fit.posterior_[0, 0] < 1


def test_a_tie_is_half_a_vote_for_each():
    tied = votes_of([(0, 0, 1, 0.5), (1, 0, 1, 0.5)], n_items=2)

    fit = BradleyTerry().fit(tied)

    np.testing.assert_allclose(fit.scores_, 0.0, atol=1e-9)
    np.testing.assert_allclose(fit.posterior_, 0.5)


def test_cycles_of_the_majority_are_reported():
    circle = [(0, 0, 1, 1.0), (0, 1, 2, 1.0), (0, 2, 0, 1.0), (0, 0, 3, 1.0), (0, 4, 5, 1.0)]
    votes = votes_of(circle, n_items=6)

    cycles = BradleyTerry().fit(votes).cycles_

    assert cycles.groups == ((0, 1, 2),)
    assert cycles.n_triads == 1
    straight = votes_of([(0, 0, 1, 1.0), (0, 1, 2, 1.0), (0, 0, 2, 1.0)])
    assert BradleyTerry().fit(straight).cycles_.groups == ()
    assert BradleyTerry().fit(straight).cycles_.n_triads == 0


def test_a_tied_pair_closes_no_circle():
    votes = votes_of([(0, 0, 1, 1.0), (0, 1, 2, 1.0), (0, 2, 0, 1.0), (1, 2, 0, 0.0)])

    assert BradleyTerry().fit(votes).cycles_.n_triads == 0


@pytest.mark.parametrize("model", MODELS)
def test_no_votes_at_all_leave_the_prior(model):
    fit = model().fit(votes_of([], n_items=0, n_workers=2))
    assert fit.scores_.size == 0
    assert fit.posterior_.shape == (0, 2)

    unasked = PairVotes(codes([]), codes([]), np.zeros(0), codes([0]), codes([1]), 2, 1)
    np.testing.assert_allclose(model().fit(unasked).posterior_, [[0.5, 0.5]])


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"outcome": np.array([0.3])}, "outcome must be 1"),
        ({"outcome": np.zeros(2)}, "one entry per vote"),
        ({"right": codes([0])}, "two different items"),
        ({"right": codes([9])}, "right codes must lie in"),
        ({"worker": codes([7])}, "worker codes must lie in"),
    ],
)
def test_broken_votes_are_refused(change, complaint):
    parts = {
        "task": codes([0]),
        "worker": codes([0]),
        "outcome": np.ones(1),
        "left": codes([0]),
        "right": codes([1]),
        "n_items": 2,
        "n_workers": 1,
    }
    PairVotes(**parts)

    with pytest.raises(ValueError, match=complaint):
        PairVotes(**parts | change)


@pytest.mark.parametrize("follows", [np.ones(3), np.full(2, 1.5)])
def test_broken_reliabilities_are_refused(follows):
    with pytest.raises(ValueError, match="one probability per worker"):
        NoisyBradleyTerry().fit(votes_of([(1, 0, 1, 1.0)]), follows=follows)


@pytest.mark.parametrize("change", [{"max_rounds": 0}, {"spread": 0.0}])
def test_broken_parameters_are_refused(change):
    with pytest.raises(ValueError, match="must be positive"):
        BradleyTerry(**change)
