"""Judging further votes by what a fit learned."""

import numpy as np
import pytest

from quality.core.categorical import Default, Online, confusions, infer, model_of
from quality.core.votes import Votes
from tests.core.factories import a_crowd, codes, votes_of

ACCURACY = np.linspace(0.55, 0.95, 20)


def some_tasks(votes, tasks):
    """The votes on these tasks, renumbered."""
    kept = np.isin(votes.task, tasks)
    return Votes(
        np.searchsorted(tasks, votes.task[kept]),
        votes.worker[kept],
        votes.label[kept],
        tasks.size,
        votes.n_workers,
        votes.n_labels,
    )


@pytest.mark.parametrize("n_labels", [2, 4])
def test_the_fits_own_votes_are_judged_as_the_fit_did(n_labels):
    votes, _ = a_crowd(accuracy=ACCURACY, n_labels=n_labels, seed=3)
    fitted = Default().fit(votes)

    inference = infer(votes, model_of(fitted))

    moved = np.abs(inference.posterior - fitted.posterior_).max(axis=1)
    # On a few tasks of equal voices more than one posterior is consistent with itself.
    assert np.quantile(moved, 0.97) < 1e-4
    assert moved.max() < 0.05


def test_some_tasks_are_judged_as_among_all():
    votes, _ = a_crowd(accuracy=ACCURACY, n_labels=3, seed=4)
    fitted = Default().fit(votes)
    tasks = np.array([3, 50, 51, 120])

    inference = infer(some_tasks(votes, tasks), model_of(fitted))

    np.testing.assert_allclose(inference.posterior, fitted.posterior_[tasks], atol=1e-4)


def test_a_good_workers_vote_moves_more_than_a_poor_ones():
    votes, _ = a_crowd(accuracy=[0.55, 0.98, 0.8, 0.8, 0.8, 0.8], n_tasks=400, seed=5)
    model = model_of(Default().fit(votes))

    poor = infer(Votes(codes([0]), codes([0]), codes([1]), 1, 6, 2), model).posterior[0, 1]
    good = infer(Votes(codes([0]), codes([1]), codes([1]), 1, 6, 2), model).posterior[0, 1]

    assert 0.4 < poor < good < 1


def test_a_worker_not_met_yet_counts_as_a_typical_one():
    votes, _ = a_crowd(accuracy=[0.55, 0.98, 0.8, 0.8, 0.8, 0.8], n_tasks=400, seed=5)
    model = model_of(Default().fit(votes))

    def told(worker):
        vote = Votes(codes([0]), codes([worker]), codes([1]), 1, worker + 1, 2)
        return infer(vote, model).stop_posterior[0, 1]

    assert told(0) < told(6) < told(1)


def test_a_label_that_nobody_gave_before_is_possible():
    votes = votes_of([[0, 0, 0], [1, 1, 1], [0, 0, 1]] * 5, n_labels=4)
    model = model_of(Default().fit(votes))

    posterior = infer(votes_of([[3, 3, 3]], n_labels=4), model).posterior

    assert posterior[0].argmax() == 3
    assert posterior.sum() == pytest.approx(1)


def test_gold_wins_over_votes():
    votes, _ = a_crowd(accuracy=ACCURACY, seed=6)
    model = model_of(Default().fit(votes))

    posterior = infer(votes_of([[0, 0, 0]], n_labels=2), model, gold=codes([1])).posterior

    np.testing.assert_array_equal(posterior, [[0.0, 1.0]])


def test_a_model_over_other_labels_is_refused():
    model = model_of(Default().fit(votes_of([[0, 1]], n_labels=2)))

    with pytest.raises(ValueError, match="labels"):
        infer(votes_of([[0, 1]], n_labels=3), model)


def test_confusions_recover_how_workers_err():
    votes, _ = a_crowd(accuracy=[0.6, 0.95, 0.8, 0.8, 0.8], n_tasks=1500, n_labels=3, seed=7)

    matrices = confusions(model_of(Default().fit(votes)))

    assert matrices.shape == (6, 3, 3)
    np.testing.assert_allclose(matrices.sum(axis=2), 1.0)
    for worker, accuracy in enumerate([0.6, 0.95]):
        np.testing.assert_allclose(np.diag(matrices[worker]), accuracy, atol=0.06)


def test_a_vote_that_is_followed_is_as_good_as_one_that_is_judged():
    votes, _ = a_crowd(accuracy=ACCURACY, n_labels=3, n_tasks=300, seed=8)
    kept = np.arange(votes.task.size) % 25 != 0
    before = Votes(
        votes.task[kept],
        votes.worker[kept],
        votes.label[kept],
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )
    fitted = Default().fit(before)
    online = Online(fitted)

    for row in np.flatnonzero(~kept).tolist():
        online.update(int(votes.task[row]), int(votes.worker[row]), int(votes.label[row]))

    judged = infer(votes, model_of(fitted)).posterior
    assert np.abs(online.posterior_ - judged).mean() < 0.005
    np.testing.assert_allclose(online.posterior_.sum(axis=1), 1.0)


def test_a_followed_vote_says_which_task_it_moved():
    votes = votes_of([[0, 0, -1], [1, 1, -1], [0, 1, -1]], n_labels=2)
    fitted = Default().fit(votes)
    online = Online(fitted)

    posterior = online.update(task=2, worker=2, label=1)

    assert posterior[1] > fitted.posterior_[2, 1]
    np.testing.assert_array_equal(online.posterior_[:2], fitted.posterior_[:2])
    assert online.stop_posterior_[2, 1] > fitted.stop_posterior_[2, 1]


def test_gold_is_not_moved_by_votes():
    fitted = Default().fit(votes_of([[0, 0], [1, 1]], n_labels=2), gold=codes([0, -1]))

    np.testing.assert_array_equal(Online(fitted).update(task=0, worker=5, label=1), [1.0, 0.0])


@pytest.mark.parametrize(
    ("vote", "complaint"),
    [
        ((0, 0, 1), "worker 0 voted more than once on task 0"),
        ((9, 0, 1), "task must lie in 0..1"),
        ((0, 7, 9), "label must lie in 0..1"),
        ((0, -1, 1), "worker must be at least 0"),
    ],
)
def test_a_vote_that_cannot_be_is_refused_and_changes_nothing(vote, complaint):
    online = Online(Default().fit(votes_of([[0, 0], [1, 1]], n_labels=2)))
    before = online.posterior_.copy()

    with pytest.raises(ValueError, match=complaint):
        online.update(*vote)

    np.testing.assert_array_equal(online.posterior_, before)


def test_a_worker_cannot_be_followed_twice_on_a_task():
    online = Online(Default().fit(votes_of([[0, 0], [1, 1]], n_labels=2)))
    online.update(0, 7, 1)

    with pytest.raises(ValueError, match="more than once"):
        online.update(0, 7, 0)
