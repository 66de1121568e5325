import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from hypothesis.extra import numpy as hnp

from quality.core import NumberVotes, Scales, WeightedMedian, infer_numbers, within
from tests.core.factories import any_order, any_votes, codes


@st.composite
def any_number_votes(draw):
    votes = draw(any_votes())
    numbers = st.integers(-1000, 1000).map(lambda n: n / 10)
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


def numbers_of(*rows):
    """Each task's numbers, by workers 0, 1, 2, ..."""
    entries = [
        (task, worker, number) for task, row in enumerate(rows) for worker, number in enumerate(row)
    ]
    task, worker, value = zip(*entries, strict=True)
    return NumberVotes(
        codes(task), codes(worker), np.array(value, float), len(rows), max(map(len, rows))
    )


@given(any_number_votes())
def test_the_value_lies_between_the_answers_and_inside_its_interval(votes):
    fitted = WeightedMedian().fit(votes)

    low, high = np.full(votes.n_tasks, np.nan), np.full(votes.n_tasks, np.nan)
    np.fmin.at(low, votes.task, votes.value)
    np.fmax.at(high, votes.task, votes.value)
    answered = np.bincount(votes.task, minlength=votes.n_tasks) > 0
    np.testing.assert_array_equal(np.isnan(fitted.value_), ~answered)
    assert np.all(fitted.value_[answered] >= low[answered] - 1e-6)
    assert np.all(fitted.value_[answered] <= high[answered] + 1e-6)
    assert np.all(fitted.interval_[answered, 0] < fitted.value_[answered])
    assert np.all(fitted.interval_[answered, 1] > fitted.value_[answered])


@given(any_number_votes(), st.data())
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    renamed = data.draw(any_order(votes.n_workers))
    other = NumberVotes(
        votes.task[order],
        renamed[votes.worker[order]],
        votes.value[order],
        votes.n_tasks,
        votes.n_workers,
    )

    np.testing.assert_allclose(
        WeightedMedian().fit(votes).interval_, WeightedMedian().fit(other).interval_, atol=1e-8
    )


@given(any_number_votes())
def test_inference_gives_the_fitted_consensus_again(votes):
    fitted = WeightedMedian().fit(votes)

    consensus = infer_numbers(votes, fitted.model_)

    np.testing.assert_array_equal(consensus.value, fitted.value_)
    np.testing.assert_array_equal(consensus.interval, fitted.interval_)


def test_the_unit_does_not_matter():
    votes, _, _ = a_measured_crowd()
    grams = NumberVotes(votes.task, votes.worker, 1000 * votes.value + 5, 500, 30)

    np.testing.assert_allclose(
        WeightedMedian().fit(grams).interval_,
        1000 * WeightedMedian().fit(votes).interval_ + 5,
        rtol=1e-6,
    )


def test_the_arguments_are_left_alone():
    votes, _, _ = a_measured_crowd()
    for array in (votes.task, votes.worker, votes.value):
        array.flags.writeable = False

    WeightedMedian().fit(votes)


@pytest.mark.parametrize("errors", ["normal", "laplace", "wild"])
@pytest.mark.parametrize("redundancy", [1, 2, 3, 5, 10])
def test_the_interval_holds_the_truth_as_often_as_it_says(errors, redundancy):
    votes, truth, _ = a_measured_crowd(errors=errors, redundancy=redundancy)

    low, high = WeightedMedian().fit(votes).interval_.T

    assert np.mean((low <= truth) & (truth <= high)) >= 0.93


@pytest.mark.parametrize("errors", ["normal", "laplace", "wild"])
def test_weighing_workers_beats_the_plain_median_and_mean(errors):
    votes, truth, _ = a_measured_crowd(errors=errors)
    table = votes.value.reshape(500, 5)

    def error(value):
        return np.sqrt(np.mean((value - truth) ** 2))

    ours = error(WeightedMedian().fit(votes).value_)
    assert ours < error(np.median(table, axis=1))
    assert ours < error(table.mean(axis=1))


def test_the_scales_of_workers_are_found():
    votes, _, scale = a_measured_crowd()

    found = WeightedMedian().fit(votes).model_.scale

    assert np.corrcoef(np.log(found), np.log(scale))[0, 1] > 0.9


def test_one_wild_answer_among_four_moves_little():
    fitted = WeightedMedian().fit(numbers_of([9, 10, 11, 10], [10, 10, 10, 5000]))

    assert abs(fitted.value_[1] - 10) < 1


def test_more_answers_narrow_the_interval():
    votes = numbers_of([10], [10, 11], [10, 11, 10, 11, 10, 11])

    width = np.diff(WeightedMedian().fit(votes).interval_, axis=1).ravel()

    assert width[0] > width[1] > width[2]


def test_a_lone_answer_is_the_value_with_a_wide_interval():
    fitted = WeightedMedian().fit(numbers_of([40]))

    assert fitted.value_[0] == pytest.approx(40)
    assert np.all(np.isfinite(fitted.interval_))
    assert np.diff(fitted.interval_[0])[0] > 40


def test_the_probability_of_being_within_a_tolerance_matches_the_interval():
    votes, _, _ = a_measured_crowd()
    consensus = WeightedMedian().fit(votes).consensus_
    reach = float(consensus.interval[0, 1] - consensus.value[0])

    assert within(consensus, reach)[0] == pytest.approx(0.95)
    assert np.all(np.diff([within(consensus, t)[0] for t in (0, 1, 2, 1e9)]) > 0)


def test_without_answers_everything_is_undefined():
    votes = NumberVotes(codes([]), codes([]), np.zeros(0), 2, 1)

    fitted = WeightedMedian().fit(votes)

    assert np.isnan(fitted.value_).all()
    assert np.isnan(within(fitted.consensus_, 1.0)).all()


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


def test_a_model_of_other_workers_is_refused():
    with pytest.raises(ValueError, match="one scale per worker"):
        infer_numbers(numbers_of([1, 2]), Scales(1.0, np.ones(1)))
