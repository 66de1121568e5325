"""What a fit says of its workers, and how well it predicts them."""

import numpy as np
import pytest
from hypothesis import given, settings

from quality.core.categorical import DawidSkene, Default, Majority
from quality.core.votes import Votes
from tests.core.categorical.everyone import EVERYONE, MODELS
from tests.core.factories import a_crowd, any_votes, codes, votes_of

every = pytest.mark.parametrize("aggregator", EVERYONE)
some = settings(max_examples=30, deadline=None)


@every
@some
@given(votes=any_votes())
def test_confusion_rows_are_distributions_within_their_intervals(aggregator, votes):
    errors = aggregator().fit(votes).workers_
    low, high = np.moveaxis(errors.interval(), -1, 0)

    assert errors.confusion.shape == (votes.n_workers, errors.labels.size, errors.labels.size)
    np.testing.assert_allclose(errors.confusion.sum(axis=2), 1.0)
    assert np.all((low >= 0) & (low <= high) & (high <= 1))
    assert np.all(low <= errors.confusion + 1e-9)
    assert np.all(errors.confusion <= high + 1e-9)


@every
@some
@given(votes=any_votes())
def test_a_worker_is_known_by_no_more_than_their_votes(aggregator, votes):
    errors = aggregator().fit(votes).workers_

    cast = np.bincount(votes.worker, minlength=votes.n_workers)
    assert np.all(errors.n_effective >= 0)
    assert np.all(errors.n_effective.sum(axis=1) <= cast + 1e-9)


@every
@some
@given(votes=any_votes())
def test_the_predictive_likelihood_is_one_where_two_votes_meet(aggregator, votes):
    predicted = aggregator().fit(votes).loo_

    if np.bincount(votes.task, minlength=1).max() < 2:
        assert np.isnan(predicted)
    else:
        assert np.isfinite(predicted)
        assert predicted <= 0


@every
def test_labels_that_nobody_gave_are_one_row(aggregator):
    errors = aggregator().fit(votes_of([[4, 1], [1, 1]], n_labels=6)).workers_

    assert errors.labels.tolist() == [1, 4, -1]


@every
def test_some_workers_are_described_as_among_all(aggregator):
    votes, _ = a_crowd(accuracy=np.linspace(0.5, 0.95, 10), n_labels=3)
    fitted = aggregator().fit(votes)

    some_of_them = fitted.errors_of(codes([7, 2]))

    np.testing.assert_array_equal(some_of_them.confusion, fitted.workers_.confusion[[7, 2]])
    np.testing.assert_array_equal(some_of_them.n_effective, fitted.workers_.n_effective[[7, 2]])


def test_more_than_fits_in_memory_is_refused():
    votes = Votes(codes([0] * 600), np.arange(600), np.arange(600), 1, 600, 600)
    fitted = Majority().fit(votes)

    with pytest.raises(ValueError, match="ask for some workers"):
        _ = fitted.workers_
    assert fitted.errors_of(codes([599])).confusion.shape == (1, 600, 600)


@pytest.mark.parametrize("aggregator", MODELS)
def test_better_workers_are_seen_to_be_better(aggregator):
    accuracy = np.linspace(0.45, 0.95, 12)
    votes, _ = a_crowd(accuracy=accuracy, n_labels=3, n_tasks=600, redundancy=6)

    confusion = aggregator().fit(votes).workers_.confusion

    seen = np.diagonal(confusion, axis1=1, axis2=2).mean(axis=1)
    assert np.corrcoef(seen, accuracy)[0, 1] > 0.9


@pytest.mark.parametrize("aggregator", MODELS)
def test_a_worker_is_better_known_by_more_votes(aggregator):
    votes, _ = a_crowd(accuracy=[0.8] * 8, n_tasks=300, redundancy=5)
    seldom = (votes.worker != 0) | (votes.task < 30)
    thinned = Votes(
        votes.task[seldom], votes.worker[seldom], votes.label[seldom], votes.n_tasks, 8, 2
    )

    errors = aggregator().fit(thinned).workers_

    width = np.diff(errors.interval(), axis=-1)[..., 0]
    assert errors.n_effective[0].sum() < errors.n_effective[1].sum()
    assert np.all(width[0] > width[1])


@every
def test_votes_that_predict_each_other_are_told_from_noise(aggregator):
    votes, _ = a_crowd(accuracy=[0.9] * 8, n_tasks=300)
    noise, _ = a_crowd(accuracy=[0.5] * 8, n_tasks=300)

    good, poor = aggregator().fit(votes).loo_, aggregator().fit(noise).loo_

    assert good > -0.6
    assert good > poor


def test_the_confusions_of_a_biased_worker_are_found():
    votes, truth = a_crowd(accuracy=[0.85] * 7, n_tasks=800)
    said = np.where((votes.worker == 0) & (truth[votes.task] == 1), 0, votes.label)
    biased = Votes(votes.task, votes.worker, said, 800, 7, 2)

    for aggregator in (DawidSkene, Default):
        confusion = aggregator().fit(biased).workers_.confusion[0]
        assert confusion[0, 0] > 0.75
        assert confusion[1, 0] > 0.85


def test_dawid_and_skene_recover_the_confusions():
    rng = np.random.default_rng(5)
    true = rng.dirichlet(np.ones(3), size=(6, 3)) * 0.4 + 0.6 * np.eye(3)
    truth = rng.integers(3, size=3000)
    draws = rng.random((3000, 6))
    said = (draws[:, :, None] > true[np.arange(6)[None], truth[:, None]].cumsum(axis=2)).sum(axis=2)

    confusion = DawidSkene().fit(votes_of(said, n_labels=3)).workers_.confusion

    np.testing.assert_allclose(confusion, true, atol=0.06)
