from itertools import permutations

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.core.orders import PlackettLuce, RankingVotes
from tests.core.factories import any_order, codes


@st.composite
def any_votes(draw):
    n_items = draw(st.lists(st.integers(1, 4), max_size=3))
    pairs = [(task, worker) for task in range(len(n_items)) for worker in range(3)]
    given_by = draw(st.lists(st.sampled_from(pairs), unique=True)) if pairs else []
    orders = [draw(st.permutations(range(n_items[task]))) for task, _ in given_by]
    ranked = [tuple(order[: draw(st.integers(0, len(order)))]) for order in orders]
    left_out = draw(st.sampled_from(["below", "unseen"]))
    task, worker = codes([t for t, _ in given_by]), codes([w for _, w in given_by])
    return RankingVotes(task, worker, tuple(ranked), codes(n_items), 3, left_out)


def a_contest(*, concentration, n_tasks=150, n_items=5, redundancy=4, top=None, seed=0):
    """Rankings drawn from Plackett and Luce's model, and the true scores."""
    rng = np.random.default_rng(seed)
    scores = rng.normal(0, 1.5, (n_tasks, n_items))
    crowd = np.tile(np.arange(len(concentration)), (n_tasks, 1))
    worker = rng.permuted(crowd, axis=1)[:, :redundancy].ravel()
    task = np.repeat(np.arange(n_tasks), redundancy)
    noise = rng.gumbel(size=(task.size, n_items))
    utility = np.asarray(concentration)[worker][:, None] * scores[task] + noise
    ranking = tuple(tuple(row[:top].tolist()) for row in np.argsort(-utility, axis=1))
    votes = RankingVotes(task, worker, ranking, np.full(n_tasks, n_items), len(concentration))
    return votes, scores


def one_task(*rankings, n_items=3, left_out="below"):
    n_votes = len(rankings)
    return RankingVotes(
        codes([0] * n_votes), codes(range(n_votes)), rankings, codes([n_items]), n_votes, left_out
    )


def log_posterior(fit, votes):
    """Plackett and Luce's formula, ranking by ranking, choice by choice."""
    total = 0.0
    for utility, order, n_choices in choices(fit, votes):
        for first in range(n_choices):
            total += utility[order[first]] - np.log(np.exp(utility[order[first:]]).sum())
    total -= sum((scores**2).sum() for scores in fit.scores_) / (2 * fit.spread**2)
    return total - ((fit.concentration_ - 1) ** 2).sum() / (2 * fit.leeway**2)


def evidence(fit, votes):
    """The log-posterior, less what is not known of the scores: Laplace's approximation."""
    curvature = [np.eye(int(n)) / fit.spread**2 for n in votes.n_items]
    rows = zip(votes.task, votes.worker, choices(fit, votes), strict=True)
    for task, worker, (utility, order, n_choices) in rows:
        for first in range(n_choices):
            left = order[first:]
            share = np.exp(utility[left]) / np.exp(utility[left]).sum()
            spread = np.diag(share) - np.outer(share, share)
            curvature[task][np.ix_(left, left)] += fit.concentration_[worker] ** 2 * spread
    volume = sum(np.linalg.slogdet(block * fit.spread**2)[1] for block in curvature)
    return log_posterior(fit, votes) - volume / 2


def choices(fit, votes):
    """The utilities, the line-up and the number of choices of each ranking."""
    for task, worker, ranking in zip(votes.task, votes.worker, votes.ranking, strict=True):
        below = [i for i in range(votes.n_items[task]) if i not in ranking]
        order = [*ranking, *(below if votes.left_out == "below" else [])]
        yield fit.concentration_[worker] * fit.scores_[task], order, len(ranking)


@given(votes=any_votes())
@settings(deadline=None, max_examples=50)
def test_every_fit_keeps_the_laws(votes):
    before = votes.task.copy(), votes.n_items.copy()

    fit = PlackettLuce().fit(votes)

    assert fit.converged_
    assert fit.rounds_ == fit.objective_.size
    assert np.diff(fit.objective_).min(initial=0.0) > -1e-9
    assert fit.objective_[-1] == pytest.approx(evidence(fit, votes))
    assert [sorted(order.tolist()) for order in fit.consensus_] == [
        list(range(n)) for n in votes.n_items
    ]
    assert ((fit.confidence_ >= 0) & (fit.confidence_ <= fit.top_confidence_)).all()
    assert (fit.concentration_ >= 0).all()
    assert np.isfinite(fit.accuracy_.interval).all()
    np.testing.assert_array_equal(before[0], votes.task)
    np.testing.assert_array_equal(before[1], votes.n_items)


@given(votes=any_votes(), data=st.data())
@settings(deadline=None, max_examples=50)
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    worker, task = data.draw(any_order(3)), data.draw(any_order(votes.n_tasks))
    item = [data.draw(any_order(int(n))) for n in votes.n_items]
    place = np.argsort(task)
    renamed = RankingVotes(
        place[votes.task[order]],
        worker[votes.worker[order]],
        tuple(tuple(int(item[votes.task[row]][i]) for i in votes.ranking[row]) for row in order),
        votes.n_items[task],
        3,
        votes.left_out,
    )

    ours, theirs = PlackettLuce(tol=1e-6).fit(votes), PlackettLuce(tol=1e-6).fit(renamed)

    for code in range(votes.n_tasks):
        scores = theirs.scores_[place[code]][item[code]]
        np.testing.assert_allclose(ours.scores_[code], scores, atol=1e-4)
    np.testing.assert_allclose(ours.concentration_, theirs.concentration_[worker], atol=1e-4)
    np.testing.assert_allclose(ours.accuracy_.value, theirs.accuracy_.value[worker], atol=1e-3)


def test_the_likeliest_scores_of_one_task_are_found():
    votes = one_task((0, 1, 2), (0, 2, 1), (1, 0, 2), (0, 1, 2))
    fit = PlackettLuce().fit(votes, concentration=np.ones(4))

    fit.spread, fit.leeway = 2.0, 0.5
    best = log_posterior(fit, votes)
    for step in np.vstack([np.eye(3), -np.eye(3)]) * 1e-3:
        fit.scores_ = (fit.scores_[0] + step,)
        assert log_posterior(fit, votes) < best
        fit.scores_ = (fit.scores_[0] - step,)
    assert fit.consensus_[0].tolist() == [0, 1, 2]


def test_workers_who_guess_count_less():
    votes, scores = a_contest(concentration=[2.0, 2.0, 2.0, 0.0, 0.0, 0.0])
    truth = np.argsort(-scores, axis=1)

    learned = PlackettLuce().fit(votes)
    alike = PlackettLuce().fit(votes, concentration=np.ones(6))

    right = (np.array(learned.consensus_) == truth).all(axis=1)
    assert right.mean() > (np.array(alike.consensus_) == truth).all(axis=1).mean()
    assert learned.concentration_[:3].min() > 3 * learned.concentration_[3:].max()
    low, high = learned.accuracy_.interval.T
    assert low[:3].min() > high[3:].max()
    assert (np.abs(learned.accuracy_.value[3:] - 0.5) < 0.1).all()


@pytest.mark.parametrize("top", [None, 2])
def test_the_consensus_is_right_as_often_as_it_says_or_a_little_more(top):
    votes, scores = a_contest(concentration=[1.5, 1.0, 1.0, 0.5, 0.0], n_tasks=400, top=top)
    truth = np.argsort(-scores, axis=1)

    fit = PlackettLuce().fit(votes)

    order = np.array(fit.consensus_)
    kept = (order == truth).all(axis=1).mean() - fit.confidence_.mean()
    best = (order[:, 0] == truth[:, 0]).mean() - fit.top_confidence_.mean()
    assert -0.02 < kept < 0.1
    assert -0.02 < best < 0.1


def test_concentrations_have_the_most_evidence():
    votes, _ = a_contest(concentration=[1.5, 1.0, 1.0, 0.5, 0.0], n_tasks=60)
    fit = PlackettLuce(tol=1e-6).fit(votes)

    for worker in range(5):
        for step in (-0.05, 0.05):
            near = fit.concentration_.copy()
            near[worker] = max(0.0, near[worker] + step)
            other = PlackettLuce().fit(votes, concentration=near)
            assert evidence(other, votes) <= fit.objective_[-1]


def test_nobody_asked_leaves_every_order_as_likely():
    fit = PlackettLuce().fit(one_task(n_items=4))

    assert fit.consensus_[0].tolist() == [0, 1, 2, 3]
    assert fit.confidence_[0] == pytest.approx(1 / 24, abs=0.02)
    assert fit.top_confidence_[0] == pytest.approx(1 / 4, abs=0.03)


def test_what_is_left_out_is_below_or_unseen():
    below = PlackettLuce().fit(one_task((0, 1), (0, 1), (0, 1)))
    unseen = PlackettLuce().fit(one_task((0, 1), (0, 1), (0, 1), left_out="unseen"))

    assert below.consensus_[0].tolist() == [0, 1, 2]
    assert unseen.consensus_[0].tolist() == [0, 2, 1]
    assert unseen.scores_[0][2] == 0.0


def test_all_orders_equally_often_are_a_draw():
    fit = PlackettLuce().fit(one_task(*permutations(range(3))))

    np.testing.assert_allclose(fit.scores_[0], 0.0, atol=1e-6)


def test_tasks_of_different_size_fit_together_as_alone():
    both = RankingVotes(
        codes([0, 0, 1, 1]),
        codes([0, 1, 2, 3]),
        ((0, 1), (0, 1), (2, 0, 1), (2, 1, 0)),
        codes([2, 3]),
        4,
    )
    alone = one_task((2, 0, 1), (2, 1, 0))

    together, apart = PlackettLuce().fit(both), PlackettLuce().fit(alone)

    np.testing.assert_allclose(together.concentration_[2:], apart.concentration_, atol=0.05)
    assert together.consensus_[1].tolist() == apart.consensus_[0].tolist()


def test_a_tie_goes_to_the_lower_code():
    assert PlackettLuce().fit(one_task((0, 1), (1, 0), n_items=2)).consensus_[0].tolist() == [0, 1]


@pytest.mark.parametrize(
    ("change", "complaint"),
    [
        ({"ranking": ((0, 0),)}, "row 0: an item is ranked twice"),
        ({"ranking": ((0, 2),)}, "row 0: items must lie in 0..1"),
        ({"ranking": ()}, "one entry per vote"),
        ({"n_items": codes([0])}, "needs an item"),
        ({"n_items": codes([5000])}, "at most 500 items"),
        ({"left_out": "above"}, "left_out must be"),
        ({"worker": codes([4])}, "worker codes must lie in"),
    ],
)
def test_broken_votes_are_refused(change, complaint):
    parts = {
        "task": codes([0]),
        "worker": codes([0]),
        "ranking": ((1, 0),),
        "n_items": codes([2]),
        "n_workers": 1,
    }
    RankingVotes(**parts)

    with pytest.raises(ValueError, match=complaint):
        RankingVotes(**parts | change)


@pytest.mark.parametrize("concentration", [np.ones(2), np.array([-1.0])])
def test_broken_concentrations_are_refused(concentration):
    with pytest.raises(ValueError, match="one entry per worker"):
        PlackettLuce().fit(one_task((0, 1)), concentration=concentration)


@pytest.mark.parametrize("change", [{"max_rounds": 0}, {"spread": 0.0}, {"leeway": 0.0}])
def test_broken_parameters_are_refused(change):
    with pytest.raises(ValueError, match="must be positive"):
        PlackettLuce(**change)
