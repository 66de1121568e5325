from dataclasses import replace

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quality.core.numbers import (
    NumberConsensus,
    NumberVotes,
    RobustMean,
    infer,
    settled_within,
    within,
)
from tests.core.factories import any_order, any_votes, codes

# Errors of several kinds are tried for every fit.
slow = settings(deadline=None, max_examples=50)


@st.composite
def any_number_votes(draw):
    votes = draw(any_votes())
    several = st.integers(-1000, 1000).map(lambda n: n / 10)
    numbers = draw(st.sampled_from([several, st.sampled_from([-100.0, 0.0, 0.1]), st.just(7.3)]))
    value = draw(hnp.arrays(float, votes.task.size, elements=numbers))
    return NumberVotes(votes.task, votes.worker, value, votes.n_tasks, votes.n_workers)


def a_measured_crowd(*, errors="normal", redundancy=5, n_tasks=500, seed=0):
    """Numbers around a truth, by thirty workers of unequal scale; and the truth."""
    rng = np.random.default_rng(seed)
    scale = np.exp(rng.normal(0, 0.7, 30))
    truth = rng.normal(0, 10, n_tasks)
    worker = rng.permuted(np.tile(np.arange(30), (n_tasks, 1)), axis=1)[:, :redundancy]
    noise = {
        "normal": rng.normal,
        "laplace": rng.laplace,
        "wild": lambda size: rng.standard_t(2, size=size),
    }[errors](size=worker.shape)
    value = (truth[:, None] + noise * scale[worker]).ravel()
    task = np.repeat(np.arange(n_tasks), redundancy)
    return NumberVotes(task, worker.ravel(), value, n_tasks, 30), truth, scale


def erring_together(votes, truth, *, seed=1):
    """The same answers with an error of 2 that all on a task share, and half the truths as gold."""
    moved = np.random.default_rng(seed).normal(0, 2, truth.size)
    together = replace(votes, value=votes.value + moved[votes.task])
    return together, np.where(np.arange(truth.size) % 2, truth, np.nan)


def numbers_of(*rows):
    """Each task's numbers, by workers 0, 1, 2, ..."""
    entries = [
        (task, worker, number) for task, row in enumerate(rows) for worker, number in enumerate(row)
    ]
    task, worker, value = zip(*entries, strict=True)
    return NumberVotes(
        codes(task), codes(worker), np.array(value, float), len(rows), max(map(len, rows))
    )


def root_mean_square(errors):
    return np.sqrt(np.mean(errors**2))


@slow
@given(any_number_votes())
def test_the_value_lies_between_the_answers_and_inside_its_interval(votes):
    fitted = RobustMean().fit(votes)

    low, high = np.full(votes.n_tasks, np.nan), np.full(votes.n_tasks, np.nan)
    np.fmin.at(low, votes.task, votes.value)
    np.fmax.at(high, votes.task, votes.value)
    answered = np.bincount(votes.task, minlength=votes.n_tasks) > 0
    np.testing.assert_array_equal(np.isnan(fitted.value_), ~answered)
    np.testing.assert_array_equal(np.isnan(fitted.consensus_.spread), ~answered)
    assert np.all(fitted.value_[answered] >= low[answered])
    assert np.all(fitted.value_[answered] <= high[answered])
    assert np.all(fitted.interval_[answered, 0] < fitted.value_[answered])
    assert np.all(fitted.interval_[answered, 1] > fitted.value_[answered])


@slow
@given(any_number_votes())
def test_the_error_shared_only_widens(votes):
    consensus = RobustMean().fit(votes).consensus_

    answered = ~np.isnan(consensus.value)
    assert np.all(consensus.spread[answered] > consensus.own_spread[answered])


@slow
@given(any_number_votes(), st.data())
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    workers = data.draw(any_order(votes.n_workers))
    tasks = data.draw(any_order(votes.n_tasks))
    other = NumberVotes(
        tasks[votes.task[order]],
        workers[votes.worker[order]],
        votes.value[order],
        votes.n_tasks,
        votes.n_workers,
    )

    ours, theirs = (RobustMean().fit(those) for those in (votes, other))

    np.testing.assert_allclose(ours.interval_, theirs.interval_[tasks], atol=1e-6, rtol=1e-6)
    np.testing.assert_allclose(
        ours.workers_.scale, theirs.workers_.scale[workers], atol=1e-6, rtol=1e-6
    )


@slow
@given(any_number_votes(), st.data())
def test_arrival_changes_nothing_at_all(votes, data):
    other = votes.only(data.draw(any_order(votes.task.size)))

    ours, theirs = (RobustMean(max_rounds=10).fit(those) for those in (votes, other))

    np.testing.assert_array_equal(ours.interval_, theirs.interval_)


@slow
@given(any_number_votes(), st.data())
def test_inference_gives_the_fitted_consensus_again(votes, data):
    gold = np.full(votes.n_tasks, np.nan)
    if votes.n_tasks:
        gold[data.draw(st.integers(0, votes.n_tasks - 1))] = 7.0
    fitted = RobustMean(max_rounds=10).fit(votes, gold=gold)

    consensus = infer(votes, fitted.model_, gold=gold)

    np.testing.assert_array_equal(consensus.value, fitted.value_)
    np.testing.assert_array_equal(consensus.interval, fitted.interval_)


@slow
@given(any_number_votes(), st.floats(-1e3, 1e3))
def test_gold_is_certain(votes, truth):
    gold = np.full(votes.n_tasks, truth)

    consensus = RobustMean().fit(votes, gold=gold).consensus_

    np.testing.assert_array_equal(consensus.value, gold)
    np.testing.assert_array_equal(consensus.interval, np.stack([gold, gold], axis=1))
    np.testing.assert_array_equal(within(consensus, 0.0), np.ones(votes.n_tasks))


def test_the_unit_does_not_matter():
    votes, _, _ = a_measured_crowd()
    grams = replace(votes, value=1000 * votes.value + 5)

    np.testing.assert_allclose(
        RobustMean().fit(grams).interval_, 1000 * RobustMean().fit(votes).interval_ + 5, rtol=1e-6
    )


def test_the_arguments_are_left_alone():
    votes, truth, _ = a_measured_crowd()
    gold = np.where(np.arange(500) < 50, truth, np.nan)
    for array in (votes.task, votes.worker, votes.value, gold):
        array.flags.writeable = False

    RobustMean().fit(votes, gold=gold)


@pytest.mark.parametrize("errors", ["normal", "laplace", "wild"])
@pytest.mark.parametrize("redundancy", [1, 2, 3, 5, 10])
def test_the_interval_holds_the_truth_as_often_as_it_says(errors, redundancy):
    votes, truth, _ = a_measured_crowd(errors=errors, redundancy=redundancy)

    low, high = RobustMean().fit(votes).interval_.T

    assert np.mean((low <= truth) & (truth <= high)) >= 0.95


def test_what_answers_share_more_of_them_would_not_mend():
    votes, _, _ = a_measured_crowd()

    consensus = RobustMean().fit(votes).consensus_

    assert np.all(within(consensus, 1.0) < settled_within(consensus, 1.0))


def test_gold_shows_how_far_answers_err_together():
    votes, truth, _ = a_measured_crowd()
    together, gold = erring_together(votes, truth)

    fitted = RobustMean().fit(together, gold=gold)

    low, high = fitted.interval_.T
    held_out = np.isnan(gold)
    covered = np.mean(((low <= truth) & (truth <= high))[held_out])
    assert fitted.model_.shared == pytest.approx(2.0, rel=0.15)
    assert 0.93 <= covered <= 0.98


def test_gold_narrows_the_interval_of_answers_that_do_not_err_together():
    votes, truth, _ = a_measured_crowd()
    gold = np.where(np.arange(500) % 2, truth, np.nan)

    def width(fitted):
        return np.diff(fitted.interval_[::2], axis=1).mean()

    assert width(RobustMean().fit(votes, gold=gold)) < 0.9 * width(RobustMean().fit(votes))


@pytest.mark.parametrize("errors", ["normal", "laplace", "wild"])
def test_weighing_workers_beats_the_plain_median_and_mean(errors):
    votes, truth, _ = a_measured_crowd(errors=errors)
    table = votes.value.reshape(500, 5)

    ours = root_mean_square(RobustMean().fit(votes).value_ - truth)

    assert ours < root_mean_square(np.median(table, axis=1) - truth)
    assert ours < root_mean_square(table.mean(axis=1) - truth)


def test_a_worker_who_answers_anything_is_hardly_heard():
    votes, truth, _ = a_measured_crowd(redundancy=30, n_tasks=100)
    rng = np.random.default_rng(3)
    wild = np.where(votes.worker == 0, rng.normal(0, 1000, votes.value.size), votes.value)

    fitted = RobustMean().fit(replace(votes, value=wild))

    mean = np.bincount(votes.task, wild) / 30
    assert root_mean_square(fitted.value_ - truth) < 0.05 * root_mean_square(mean - truth)


def test_errors_are_normal_unless_tails_predict_better():
    normal, _, _ = a_measured_crowd(redundancy=10)
    wild, _, _ = a_measured_crowd(errors="wild", redundancy=10)

    assert RobustMean().fit(normal).model_.freedom >= 10
    assert RobustMean().fit(wild).model_.freedom <= 5


def test_the_scales_of_workers_are_found():
    votes, _, scale = a_measured_crowd()

    workers = RobustMean().fit(votes).workers_

    assert np.corrcoef(np.log(workers.scale), np.log(scale))[0, 1] > 0.9
    assert np.all(workers.scale_interval[:, 0] < workers.scale)
    assert np.all(workers.scale_interval[:, 1] > workers.scale)


def test_the_leanings_and_the_stretch_of_workers_are_found():
    votes, truth, _ = a_measured_crowd(redundancy=10)
    rng = np.random.default_rng(5)
    bias, slope = rng.normal(0, 3, 30), rng.uniform(0.5, 1.5, 30)
    stretched = (slope[votes.worker] - 1) * truth[votes.task] + bias[votes.worker]

    workers = RobustMean().fit(replace(votes, value=votes.value + stretched)).workers_

    assert np.corrcoef(workers.bias, bias)[0, 1] > 0.95
    assert np.corrcoef(workers.slope, slope)[0, 1] > 0.95


def test_answers_of_zero_to_everything_do_not_shrink_the_rest():
    votes, truth, _ = a_measured_crowd(redundancy=5, seed=2)
    idle = replace(votes, value=np.where(votes.worker < 10, 0.0, votes.value))

    value = RobustMean().fit(idle).value_

    assert np.polyfit(truth, value, 1)[0] > 0.9
    assert np.polyfit(truth, np.bincount(idle.task, idle.value) / 5, 1)[0] < 0.75


def test_a_precise_worker_is_more_often_near():
    votes, _, scale = a_measured_crowd()

    chance, interval = RobustMean().fit(votes).workers_.near(1.0)

    assert chance[scale.argmin()] > 0.8 > 0.4 > chance[scale.argmax()]
    assert np.all((interval[:, 0] <= chance) & (chance <= interval[:, 1]))
    assert np.all((interval >= 0) & (interval <= 1))


def test_one_wild_answer_among_four_moves_little():
    rows = [[10 * n, 10 * n + 1, 10 * n - 1, 10 * n] for n in range(20)]

    fitted = RobustMean().fit(numbers_of(*rows, [10, 10, 10, 5000]))

    assert abs(fitted.value_[-1] - 10) < 2


def test_a_truth_far_from_the_others_is_not_drawn_to_them():
    rows = [[n, n + 1, n + 2, n + 1] for n in range(50)]

    fitted = RobustMean().fit(numbers_of(*rows, [99_000, 100_000, 101_000, 100_000]))

    assert fitted.value_[-1] == pytest.approx(100_000, rel=0.02)


def test_more_answers_narrow_the_interval():
    votes = numbers_of([10], [10, 11], [10, 11, 10, 11, 10, 11])

    width = np.diff(RobustMean().fit(votes).interval_, axis=1).ravel()

    assert width[0] > width[1] > width[2]


def test_a_lone_answer_is_the_value_with_a_wide_interval():
    fitted = RobustMean().fit(numbers_of([40]))

    assert fitted.value_[0] == pytest.approx(40)
    assert np.all(np.isfinite(fitted.interval_))
    assert np.diff(fitted.interval_[0])[0] > 40


def test_answers_all_alike_are_the_value():
    fitted = RobustMean().fit(numbers_of(*[[3, 3, 3]] * 10))

    np.testing.assert_array_equal(fitted.value_, np.full(10, 3.0))
    assert np.all(np.isfinite(fitted.workers_.scale))


def test_one_worker_is_taken_at_their_word():
    fitted = RobustMean().fit(numbers_of([1], [5], [9]))

    np.testing.assert_array_equal(fitted.value_, [1.0, 5.0, 9.0])


def test_the_probability_of_being_within_a_tolerance_matches_the_interval():
    votes, _, _ = a_measured_crowd()
    consensus = RobustMean().fit(votes).consensus_
    reach = float(consensus.interval[0, 1] - consensus.value[0])

    assert within(consensus, reach)[0] == pytest.approx(0.95)
    assert np.all(np.diff([within(consensus, t)[0] for t in (0, 1, 2, 1e9)]) > 0)


def test_without_answers_everything_is_undefined():
    votes = NumberVotes(codes([]), codes([]), np.zeros(0), 2, 1)

    consensus = RobustMean().fit(votes).consensus_

    assert isinstance(consensus, NumberConsensus)
    assert np.isnan(consensus.value).all()
    assert np.isnan(within(consensus, 1.0)).all()


@pytest.mark.parametrize(
    ("worker", "value", "complaint"),
    [
        ([0, 0], [1.0, 2.0], "more than once"),
        ([0, 1], [1.0, np.nan], "finite"),
        ([0, 1], [1.0, np.inf], "finite"),
        ([0, 1], [1.0], "one entry per vote"),
    ],
)
def test_broken_numbers_are_refused(worker, value, complaint):
    with pytest.raises(ValueError, match=complaint):
        NumberVotes(codes([0, 0]), codes(worker), np.array(value), 1, 2)


@pytest.mark.parametrize("gold", [np.zeros(2), np.array([np.inf])])
def test_broken_gold_is_refused(gold):
    with pytest.raises(ValueError, match="gold must"):
        RobustMean().fit(numbers_of([1, 2]), gold=gold)


def test_a_model_of_other_workers_is_refused():
    model = RobustMean().fit(numbers_of([1, 2])).model_

    with pytest.raises(ValueError, match="one bias, slope and scale per worker"):
        infer(numbers_of([1, 2, 3]), model)


def test_fitting_needs_rounds_and_strength():
    with pytest.raises(ValueError, match="positive"):
        RobustMean(max_rounds=0)
