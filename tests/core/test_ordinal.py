from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from quality.core.categorical import Default
from quality.core.latent_scale import LatentScale
from quality.core.ordinal import OrdinalDefault, infer, ordinal_model_of, posterior_median
from quality.core.votes import Votes
from tests.core.factories import a_crowd, any_order, any_votes, codes, votes_of

AGGREGATORS = [LatentScale, OrdinalDefault]
slow = settings(deadline=None, max_examples=25)


def a_crowd_on_a_scale(*, n_tasks=400, n_labels=5, redundancy=4, n_workers=40, seed=0):
    """Labels of workers who lean and blur; the truth, their biases and their scales."""
    rng = np.random.default_rng(seed)
    truth = rng.integers(n_labels, size=n_tasks)
    bias, scale = rng.normal(0, 0.4, n_workers), np.exp(rng.normal(-0.3, 0.5, n_workers))
    everybody = np.tile(np.arange(n_workers), (n_tasks, 1))
    worker = rng.permuted(everybody, axis=1)[:, :redundancy].ravel()
    task = np.repeat(np.arange(n_tasks), redundancy)
    felt = truth[task] + bias[worker] + scale[worker] * rng.normal(size=worker.size)
    label = np.clip(np.rint(felt), 0, n_labels - 1).astype(np.int64)
    return Votes(task, worker, label, n_tasks, n_workers, n_labels), truth, bias, scale


def log_loss(posterior, truth):
    return -np.log(np.maximum(posterior[np.arange(truth.size), truth], 1e-6)).mean()


def steps_off(posterior, truth):
    return np.abs(posterior_median(posterior) - truth).mean()


def test_the_median_is_the_first_label_to_reach_a_half():
    posterior = np.array([[0.5, 0.1, 0.4], [0.4, 0.1, 0.5], [0.1, 0.2, 0.7], [0.1] * 2 + [0.8]])

    assert posterior_median(posterior).tolist() == [0, 1, 2, 2]


def test_a_half_lost_to_rounding_is_a_half():
    assert posterior_median(np.array([[0.1] * 10])).tolist() == [4]


@given(st.lists(st.integers(0, 9), min_size=2, max_size=6).filter(any))
def test_half_the_probability_lies_on_either_side(weights):
    posterior = np.array([weights]) / sum(weights)

    (median,) = posterior_median(posterior)

    assert posterior[0, : median + 1].sum() >= 0.5 - 1e-9
    assert posterior[0, median:].sum() >= 0.5 - 1e-9


def test_no_tasks_have_no_medians():
    assert posterior_median(np.zeros((0, 3))).shape == (0,)


@pytest.mark.parametrize("aggregator", AGGREGATORS)
@slow
@given(votes=any_votes())
def test_rows_are_probabilities(aggregator, votes):
    fitted = aggregator().fit(votes)

    assert fitted.posterior_.shape == (votes.n_tasks, votes.n_labels)
    assert np.all(fitted.posterior_ >= 0)
    np.testing.assert_allclose(fitted.posterior_.sum(axis=1), 1.0)


@pytest.mark.parametrize("aggregator", AGGREGATORS)
@slow
@given(votes=any_votes(), data=st.data())
def test_names_and_order_do_not_matter(aggregator, votes, data):
    order = data.draw(any_order(votes.task.size))
    tasks, workers = (data.draw(any_order(n)) for n in (votes.n_tasks, votes.n_workers))
    other = replace(
        votes,
        task=tasks[votes.task[order]],
        worker=workers[votes.worker[order]],
        label=votes.label[order],
    )

    ours, theirs = aggregator().fit(votes), aggregator().fit(other)

    np.testing.assert_allclose(ours.posterior_, theirs.posterior_[tasks], atol=1e-6)


@slow
@given(any_votes())
def test_a_scale_read_from_the_other_end_is_the_same_scale(votes):
    turned = replace(votes, label=votes.n_labels - 1 - votes.label)

    ours, theirs = LatentScale().fit(votes), LatentScale().fit(turned)

    np.testing.assert_allclose(ours.posterior_, theirs.posterior_[:, ::-1], atol=1e-6)
    np.testing.assert_allclose(ours.bias_, -theirs.bias_, atol=1e-6)


@pytest.mark.parametrize("aggregator", AGGREGATORS)
@slow
@given(votes=any_votes(), data=st.data())
def test_gold_is_certain(aggregator, votes, data):
    known = st.integers(-1, votes.n_labels - 1)
    gold = codes(data.draw(st.lists(known, min_size=votes.n_tasks, max_size=votes.n_tasks)))

    posterior = aggregator().fit(votes, gold=gold).posterior_

    np.testing.assert_array_equal(posterior[gold >= 0], np.eye(votes.n_labels)[gold[gold >= 0]])


@slow
@given(any_votes())
def test_what_is_believed_of_workers_lies_in_its_interval(votes):
    fitted = LatentScale().fit(votes)

    for value, interval in (
        (fitted.bias_, fitted.bias_interval_),
        (fitted.scale_, fitted.scale_interval_),
    ):
        assert np.all((interval[:, 0] <= value) & (value <= interval[:, 1]))


@pytest.mark.parametrize("aggregator", AGGREGATORS)
def test_blocks_give_what_the_whole_gives(aggregator):
    votes, *_ = a_crowd_on_a_scale(n_tasks=100)

    np.testing.assert_allclose(
        aggregator().fit(votes.split(3)).posterior_, aggregator().fit(votes).posterior_, atol=1e-9
    )


@pytest.mark.parametrize("aggregator", AGGREGATORS)
def test_the_arguments_are_left_alone(aggregator):
    votes, *_ = a_crowd_on_a_scale(n_tasks=50)
    gold, start = np.full(50, -1), np.full((50, 5), 0.2)
    for array in (votes.task, votes.worker, votes.label, gold, start):
        array.flags.writeable = False

    aggregator().fit(votes, gold=gold, start=start)


def test_the_leanings_and_the_blur_of_workers_are_found():
    votes, _, bias, scale = a_crowd_on_a_scale(n_tasks=1000)

    fitted = LatentScale().fit(votes)

    assert np.corrcoef(fitted.bias_, bias)[0, 1] > 0.9
    assert np.corrcoef(np.log(fitted.scale_), np.log(scale))[0, 1] > 0.8


@pytest.mark.parametrize("seed", range(3))
def test_on_a_scale_the_order_of_labels_helps(seed):
    votes, truth, *_ = a_crowd_on_a_scale(seed=seed)

    fitted, unordered = OrdinalDefault().fit(votes), Default().fit(votes)

    assert fitted.on_scale_
    assert log_loss(fitted.posterior_, truth) < log_loss(unordered.posterior_, truth)
    assert steps_off(fitted.posterior_, truth) < steps_off(unordered.posterior_, truth)


def test_labels_ordered_in_name_only_are_taken_as_labels():
    votes, truth = a_crowd(accuracy=[0.7] * 12, n_labels=6, n_tasks=300)

    fitted = OrdinalDefault().fit(votes)

    assert not fitted.on_scale_
    assert (fitted.posterior_.argmax(axis=1) == truth).mean() > 0.9


def test_a_label_that_nobody_gave_keeps_its_place_on_the_scale():
    votes = votes_of([[1, 3]] * 4 + [[1, 1], [3, 3]] * 4, n_labels=5)

    posterior = LatentScale().fit(votes).posterior_

    assert posterior[0, 2] > posterior[0, 0]
    assert posterior[0, 2] > posterior[0, 4]


def test_new_tasks_are_judged_by_what_was_learned():
    votes, truth, *_ = a_crowd_on_a_scale()
    model = ordinal_model_of(OrdinalDefault().fit(votes))
    first = votes.split(4)[0]

    inference = infer(first, model)

    fitted = OrdinalDefault().fit(votes).posterior_[: first.n_tasks]
    apart = np.abs(inference.posterior - fitted).max(axis=1)
    assert (apart < 1e-3).mean() > 0.9
    assert steps_off(inference.posterior, truth[: first.n_tasks]) < 0.4


def test_a_worker_not_met_yet_is_one_of_the_population():
    votes, *_ = a_crowd_on_a_scale()
    model = ordinal_model_of(OrdinalDefault().fit(votes))

    posterior = infer(Votes(codes([0]), codes([40]), codes([4]), 1, 41, 5), model).posterior

    assert posterior[0].argmax() == 4
    assert posterior[0, 3] > posterior[0, 0]


def test_very_many_labels_are_taken_as_labels():
    votes = Votes(codes([0, 0, 1]), codes([0, 1, 0]), codes([5, 5, 90_000]), 2, 2, 100_000)

    fitted = OrdinalDefault().fit(votes)

    assert fitted.posterior_.argmax(axis=1).tolist() == [5, 90_000]
    assert ordinal_model_of(fitted).scale is None
    with pytest.raises(ValueError, match="at most"):
        LatentScale().fit(votes)


def test_fitting_needs_rounds():
    with pytest.raises(ValueError, match="positive"):
        LatentScale(max_rounds=0)
