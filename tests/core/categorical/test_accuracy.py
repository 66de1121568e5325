"""Crowds whose truth is known: who finds it, and who says how sure they are."""

import numpy as np
import pytest

from quality.core.categorical import DawidSkene, Default, Hierarchical, Majority
from tests.core.categorical.everyone import EVERYONE, MODELS
from tests.core.factories import a_crowd, codes, votes_of

UNEVEN = [0.95, 0.9, 0.55, 0.5, 0.5]


@pytest.mark.parametrize("aggregator", EVERYONE)
@pytest.mark.parametrize("n_labels", [2, 4])
def test_good_workers_find_the_truth(aggregator, n_labels):
    votes, truth = a_crowd(accuracy=[0.85] * 10, n_labels=n_labels, redundancy=7, n_tasks=400)

    assert _accuracy(aggregator().fit(votes), truth) > 0.95


@pytest.mark.parametrize("aggregator", MODELS)
def test_weighing_workers_beats_counting_votes(aggregator):
    votes, truth = a_crowd(accuracy=UNEVEN, n_tasks=600)

    weighed = _accuracy(aggregator().fit(votes), truth)

    assert weighed > _accuracy(Majority().fit(votes), truth) + 0.05


@pytest.mark.parametrize("aggregator", EVERYONE)
def test_labels_are_not_swapped_in_a_crowd_of_poor_workers(aggregator):
    votes, truth = a_crowd(accuracy=[0.56] * 12, redundancy=7, n_tasks=300)

    assert _accuracy(aggregator().fit(votes), truth) > 0.5


@pytest.mark.parametrize("aggregator", MODELS)
def test_gold_teaches_who_is_reliable(aggregator):
    table = np.array([[0, 1]] * 20 + [[1, 0]] * 20 + [[1, 0]])
    gold = codes([0] * 20 + [1] * 20 + [-1])

    posterior = aggregator().fit(votes_of(table, n_labels=2), gold=gold).posterior_

    assert posterior[-1].argmax() == 1


def test_one_worker_who_always_says_the_same_does_not_flip_a_majority():
    table = [[0, 0, 1]] + [[-1, -1, 1]] * 20 + [[1, 1, 1], [0, 0, 1]]

    posterior = Default().fit(votes_of(table, n_labels=2)).posterior_

    assert posterior[0].argmax() == 0


@pytest.mark.parametrize("seed", range(4))
def test_the_default_is_honest_with_three_votes_a_task(seed):
    votes, truth = a_crowd(
        accuracy=np.linspace(0.55, 0.95, 30), n_tasks=1500, redundancy=3, seed=seed
    )

    posterior = Default().fit(votes).posterior_

    sure = posterior.max(axis=1) >= 0.9
    right = posterior.argmax(axis=1) == truth
    assert sure.sum() > 200
    assert right[sure].mean() > posterior.max(axis=1)[sure].mean() - 0.03


def test_the_default_is_better_calibrated_than_dawid_and_skene():
    votes, truth = a_crowd(
        accuracy=np.linspace(0.4, 0.9, 60), n_tasks=300, n_labels=4, redundancy=3
    )

    assert _log_loss(Default().fit(votes), truth) < 0.6 * _log_loss(DawidSkene().fit(votes), truth)


def test_votes_that_err_together_make_the_default_less_sure():
    alone, truth = a_crowd(accuracy=[0.75] * 4, n_tasks=400, redundancy=4)
    copied = votes_of(np.repeat(_table(alone), 3, axis=1), n_labels=2)
    apart, _ = a_crowd(accuracy=[0.75] * 12, n_tasks=400, redundancy=12)

    echoed, plain = Default().fit(copied), Default().fit(apart)

    assert echoed.correlations_.min() > plain.correlations_.max()
    assert echoed.posterior_.max(axis=1).mean() < plain.posterior_.max(axis=1).mean()
    assert _log_loss(echoed, truth) < 0.6 * _log_loss(DawidSkene().fit(copied), truth)


def test_the_posterior_to_stop_by_is_that_of_the_hierarchical_model():
    votes, _ = a_crowd(accuracy=UNEVEN, n_tasks=200)

    fitted = Default().fit(votes)

    alone = Hierarchical(max_rounds=fitted.max_rounds, tol=fitted.tol).fit(votes)
    np.testing.assert_array_equal(fitted.stop_posterior_, alone.posterior_)


def test_the_default_is_never_as_sure_as_its_surest_member():
    votes, _ = a_crowd(accuracy=UNEVEN, n_tasks=200)

    fitted = Default().fit(votes)

    surest = np.max([member.posterior_ for member in fitted.members_], axis=0)
    assert np.all(fitted.posterior_ <= np.maximum(surest, Majority().fit(votes).posterior_) + 1e-9)


def _table(votes):
    """One row per task, where everybody voted on everything."""
    return votes.label.reshape(votes.n_tasks, votes.n_workers)


def _accuracy(fitted, truth):
    return (fitted.posterior_.argmax(axis=1) == truth).mean()


def _log_loss(fitted, truth):
    return -np.log(np.clip(fitted.posterior_[np.arange(truth.size), truth], 1e-6, 1)).mean()
