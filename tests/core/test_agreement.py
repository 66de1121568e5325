from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core import krippendorff_alpha, percent_agreement
from tests.core.factories import any_order, codes

# Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability", example C: four observers,
# twelve units; 0 stands for a missing answer.
PUBLISHED = np.array(
    [
        [1, 2, 3, 3, 2, 1, 4, 1, 2, 0, 0, 0],
        [1, 2, 3, 3, 2, 2, 4, 1, 2, 5, 0, 3],
        [0, 3, 3, 3, 2, 3, 4, 2, 2, 5, 1, 0],
        [1, 2, 3, 3, 2, 4, 4, 1, 2, 5, 1, 0],
    ]
)
LEVELS = ["nominal", "ordinal", "interval"]


def published():
    observer, unit = np.nonzero(PUBLISHED)
    return unit, PUBLISHED[observer, unit]


@st.composite
def any_answers(draw):
    rows = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(-2, 2)), max_size=16))
    return codes([task for task, _ in rows]), codes([value for _, value in rows])


def alpha_by_definition(task, value, level):
    """Krippendorff's formula, pair by pair."""
    units = [value[task == t].tolist() for t in set(task.tolist())]
    units = [unit for unit in units if len(unit) > 1]
    pool = [v for unit in units for v in unit]

    def distance(a, b):
        if level == "nominal":
            return float(a != b)
        if level == "interval":
            return float((a - b) ** 2)
        low, high = min(a, b), max(a, b)
        between = sum(low <= v <= high for v in pool)
        return (between - (pool.count(low) + pool.count(high)) / 2) ** 2

    observed = sum(
        distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    )
    expected = sum(distance(a, b) for a, b in permutations(pool, 2)) / (len(pool) - 1)
    return 1 - observed / expected


@pytest.mark.parametrize(
    ("level", "expected"), [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849)]
)
def test_the_published_example_comes_out(level, expected):
    agreement = krippendorff_alpha(*published(), level=level)

    assert agreement.value == pytest.approx(expected, abs=0.0005)
    assert (agreement.n_tasks, agreement.n_answers) == (11, 40)
    low, high = agreement.interval
    assert low < agreement.value < high <= 1


@pytest.mark.parametrize("level", LEVELS)
@given(answers=any_answers())
def test_alpha_is_its_definition(level, answers):
    agreement = krippendorff_alpha(*answers, level=level, n_draws=0)

    if agreement.undefined_because is None:
        assert agreement.value == pytest.approx(alpha_by_definition(*answers, level), abs=1e-9)
    else:
        assert np.isnan(agreement.value)


@given(answers=any_answers())
def test_percent_agreement_is_its_definition(answers):
    task, value = answers
    agreement = percent_agreement(task, value, n_draws=0)

    units = [value[task == t].tolist() for t in set(task.tolist())]
    units = [unit for unit in units if len(unit) > 1]
    if len(units) < 2:
        assert np.isnan(agreement.value)
        return
    shares = [np.mean([a == b for a, b in combinations(unit, 2)]) for unit in units]
    sizes = [len(unit) for unit in units]
    assert agreement.value == pytest.approx(np.average(shares, weights=sizes))


@pytest.mark.parametrize("level", LEVELS)
@given(answers=any_answers(), data=st.data())
def test_names_and_order_do_not_matter(level, answers, data):
    task, value = answers
    order = data.draw(any_order(task.size))

    ours = krippendorff_alpha(task, value, level=level, n_draws=0)
    theirs = krippendorff_alpha(7 - task[order], value[order], level=level, n_draws=0)

    assert ours.value == pytest.approx(theirs.value, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("level", LEVELS)
def test_full_agreement_is_one(level):
    agreement = krippendorff_alpha(codes([0, 0, 1, 1]), codes([3, 3, 5, 5]), level=level)

    assert agreement.value == pytest.approx(1.0)
    assert percent_agreement(codes([0, 0, 1, 1]), codes([3, 3, 5, 5])).value == 1.0


def test_disagreement_beyond_chance_is_negative():
    assert krippendorff_alpha(codes([0, 0, 1, 1]), codes([0, 1, 0, 1])).value < 0


@pytest.mark.parametrize("level", LEVELS)
def test_one_value_says_nothing(level):
    agreement = krippendorff_alpha(codes([0, 0, 1, 1]), np.full(4, 0.1), level=level)

    assert np.isnan(agreement.value)
    assert agreement.interval is None
    assert agreement.undefined_because == "only one value was ever used"


@pytest.mark.parametrize("measure", [krippendorff_alpha, percent_agreement])
@pytest.mark.parametrize("task", [[], [0, 1, 2], [0, 0, 1]])
def test_fewer_than_two_shared_tasks_say_nothing(measure, task):
    agreement = measure(codes(task), codes(range(len(task))))

    assert np.isnan(agreement.value)
    assert agreement.interval is None
    assert agreement.undefined_because == "fewer than two tasks have two answers"


def test_the_same_seed_draws_the_same_interval():
    first = krippendorff_alpha(*published(), seed=4)

    assert first == krippendorff_alpha(*published(), seed=4)
    assert first.interval != krippendorff_alpha(*published(), seed=5).interval


def test_no_draws_give_no_interval():
    assert krippendorff_alpha(*published(), n_draws=0).interval is None


def test_the_interval_narrows_with_more_tasks():
    rng = np.random.default_rng(0)
    truth = rng.integers(2, size=2000)
    said = np.where(rng.random((2000, 3)) < 0.8, truth[:, None], 1 - truth[:, None])
    task = np.repeat(np.arange(2000), 3)

    few = krippendorff_alpha(task[:300], said.ravel()[:300], n_draws=300)
    many = krippendorff_alpha(task, said.ravel(), n_draws=300)

    assert np.diff(many.interval) < np.diff(few.interval) / 3
    # Two workers of accuracy .8 agree with chance-corrected probability (2 * .8 - 1) squared.
    assert many.interval[0] < 0.36 < many.interval[1]


@pytest.mark.parametrize(
    ("value", "level", "complaint"),
    [
        ([1.0], "nominal", "one entry per answer"),
        ([1.0, np.nan], "interval", "finite"),
        ([1.0, 2.0], "ratio", "not a level"),
    ],
)
def test_broken_answers_are_refused(value, level, complaint):
    with pytest.raises(ValueError, match=complaint):
        krippendorff_alpha(codes([0, 0]), np.array(value), level=level)
