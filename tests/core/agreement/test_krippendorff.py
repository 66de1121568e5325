from itertools import combinations, permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import krippendorff_alpha, krippendorff_alpha_sets, percent_agreement
from quality.core.agreement.krippendorff import MOST_VALUES, TOO_MANY_VALUES
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
LEVELS = ["nominal", "ordinal", "interval", "ratio"]


def published():
    observer, unit = np.nonzero(PUBLISHED)
    return unit, PUBLISHED[observer, unit]


@st.composite
def any_answers(draw):
    rows = draw(st.lists(st.tuples(st.integers(0, 4), st.integers(0, 4)), max_size=16))
    return codes([task for task, _ in rows]), codes([value for _, value in rows])


def alpha_by_definition(units, distance):
    """Krippendorff's formula, pair by pair."""
    pool = [v for unit in units for v in unit]
    observed = sum(
        distance(a, b) / (len(unit) - 1) for unit in units for a, b in permutations(unit, 2)
    )
    expected = sum(distance(a, b) for a, b in permutations(pool, 2)) / (len(pool) - 1)
    return 1 - observed / expected


def units_of(task, value):
    units = [value[task == t].tolist() for t in set(task.tolist())]
    return [unit for unit in units if len(unit) > 1]


def distance_at(level, units):
    pool = [v for unit in units for v in unit]

    def ordinal(a, b):
        low, high = min(a, b), max(a, b)
        between = sum(low <= v <= high for v in pool)
        return (between - (pool.count(low) + pool.count(high)) / 2) ** 2

    return {
        "nominal": lambda a, b: float(a != b),
        "ordinal": ordinal,
        "interval": lambda a, b: float((a - b) ** 2),
        "ratio": lambda a, b: ((a - b) / (a + b)) ** 2 if a + b else 0.0,
    }[level]


@pytest.mark.parametrize(
    ("level", "expected"),
    [("nominal", 0.743), ("ordinal", 0.815), ("interval", 0.849), ("ratio", 0.797)],
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
        units = units_of(*answers)
        expected = alpha_by_definition(units, distance_at(level, units))
        assert agreement.value == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(agreement.value)


@given(answers=any_answers())
def test_percent_agreement_is_its_definition(answers):
    agreement = percent_agreement(*answers, n_draws=0)

    units = units_of(*answers)
    if len(units) < 2:
        assert np.isnan(agreement.value)
        return
    shares = [np.mean([a == b for a, b in combinations(unit, 2)]) for unit in units]
    sizes = [len(unit) for unit in units]
    assert agreement.value == pytest.approx(np.average(shares, weights=sizes))


@pytest.mark.parametrize("level", ["nominal", "ordinal", "interval"])
@given(answers=any_answers(), data=st.data())
def test_names_and_order_do_not_matter(level, answers, data):
    task, value = answers
    order = data.draw(any_order(task.size))

    ours = krippendorff_alpha(task, value, level=level, n_draws=0)
    theirs = krippendorff_alpha(7 - task[order], 2 - value[order], level=level, n_draws=0)

    assert ours.value == pytest.approx(theirs.value, abs=1e-9, nan_ok=True)


@pytest.mark.parametrize("level", LEVELS)
@given(answers=any_answers())
def test_large_and_sparse_codes_count_as_small_ones(level, answers):
    task, value = answers

    small = krippendorff_alpha(task, value, level=level, n_draws=5)
    large = krippendorff_alpha(task * 10**9 - 5, value * 10**3, level=level, n_draws=5)

    assert small.value == pytest.approx(large.value, abs=1e-9, nan_ok=True)


def test_many_labels_of_which_few_are_used_cost_nothing():
    task, value = published()

    wide = krippendorff_alpha(task, np.where(value == 5, 100_000, value), n_draws=3)

    assert wide.value == krippendorff_alpha(task, value, n_draws=3).value


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
        ([1.0, -2.0], "ratio", "must not be negative"),
        ([1.0, 2.0], "set", "not a level"),
    ],
)
def test_broken_answers_are_refused(value, level, complaint):
    with pytest.raises(ValueError, match=complaint):
        krippendorff_alpha(codes([0, 0]), np.array(value), level=level)


def test_more_ratios_than_can_be_paired_say_why():
    n_tasks = MOST_VALUES
    agreement = krippendorff_alpha(
        np.repeat(np.arange(n_tasks), 2), np.arange(2.0 * n_tasks), level="ratio"
    )

    assert np.isnan(agreement.value)
    assert agreement.undefined_because == TOO_MANY_VALUES
    assert agreement.n_answers == 2 * n_tasks


SETS = st.frozensets(st.sampled_from("abc"))


def masi(one, other):
    """Passonneau (2006): Jaccard's similarity times 1, 2/3, 1/3 or 0."""
    if one == other:
        return 1.0
    if not one & other:
        return 0.0
    monotonic = 2 / 3 if one <= other or other <= one else 1 / 3
    return monotonic * len(one & other) / len(one | other)


@given(answers=st.lists(st.tuples(st.integers(0, 3), SETS), max_size=14))
def test_alpha_of_sets_is_its_definition(answers):
    task, sets = codes([task for task, _ in answers]), [one for _, one in answers]

    agreement = krippendorff_alpha_sets(task, sets, n_draws=0)

    if agreement.undefined_because is None:
        units = [[s for t, s in answers if t == code] for code in set(task.tolist())]
        units = [unit for unit in units if len(unit) > 1]
        expected = alpha_by_definition(units, lambda a, b: 1 - masi(a, b))
        assert agreement.value == pytest.approx(expected, abs=1e-9)
    else:
        assert np.isnan(agreement.value)


def test_sets_that_overlap_agree_in_part():
    task = codes([0, 0, 1, 1])
    apart = krippendorff_alpha_sets(task, ["a", "b", "cd", "ef"])
    near = krippendorff_alpha_sets(task, ["a", "ab", "cd", "cde"])
    equal = krippendorff_alpha_sets(task, ["ab", "ba", "cd", "dc"])

    assert apart.value < near.value < equal.value == 1.0
    assert (equal.measure, equal.level) == ("krippendorff_alpha", "set")


def test_sets_that_say_one_thing_say_nothing():
    agreement = krippendorff_alpha_sets(codes([0, 0, 1, 1]), [[], [], [], []])

    assert agreement.undefined_because == "only one value was ever used"
