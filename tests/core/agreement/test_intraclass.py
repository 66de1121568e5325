import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import intraclass_correlation

# Shrout & Fleiss (1979), table 2: six targets, four judges.
JUDGED = np.array(
    [[9, 2, 5, 8], [6, 1, 3, 2], [8, 4, 6, 8], [7, 1, 2, 6], [10, 5, 6, 9], [6, 2, 4, 7]]
)


def answers_of(table):
    task, worker = np.indices(np.shape(table)).reshape(2, -1)
    return task, worker, np.ravel(table)


@pytest.mark.parametrize(("of", "expected"), [("mean", 0.62), ("single", 0.29)])
def test_the_published_correlations_come_out(of, expected):
    correlation = intraclass_correlation(*answers_of(JUDGED), of=of)

    assert correlation.value == pytest.approx(expected, abs=0.005)
    assert correlation.interval[0] < correlation.value < correlation.interval[1]


def anova(table):
    """The mean squares of rows, columns and the rest, step by step."""
    n, k = table.shape
    rows, columns = table.mean(axis=1, keepdims=True), table.mean(axis=0, keepdims=True)
    rest = table - rows - columns + table.mean()
    return (
        k * ((rows - table.mean()) ** 2).sum() / (n - 1),
        n * ((columns - table.mean()) ** 2).sum() / (k - 1),
        (rest**2).sum() / ((n - 1) * (k - 1)),
    )


@given(table=st.lists(st.lists(st.integers(-9, 9), min_size=3, max_size=3), min_size=2, max_size=5))
def test_the_correlation_is_its_definition(table):
    table = np.array(table, dtype=np.float64)
    row, column, error = anova(table)
    below = row + (column - error) / len(table)

    value = intraclass_correlation(*answers_of(table), n_draws=0).value

    if below > 1e-6:
        assert value == pytest.approx((row - error) / below, abs=1e-6)
        assert value <= 1 + 1e-9


def test_judges_who_agree_are_perfectly_reliable():
    table = [[1, 1, 1], [5, 5, 5], [2, 2, 2]]

    assert intraclass_correlation(*answers_of(table)).value == pytest.approx(1.0)


def test_order_does_not_matter():
    task, worker, value = answers_of(JUDGED)
    order = np.random.default_rng(1).permutation(task.size)

    ours = intraclass_correlation(task, worker, value, n_draws=0)
    theirs = intraclass_correlation(9 - task[order], worker[order] * 7, value[order], n_draws=0)

    assert ours.value == pytest.approx(theirs.value)


@pytest.mark.parametrize(
    ("rows", "reason"),
    [
        (slice(0, 23), "not every worker answered every task"),
        (slice(0, 4), "fewer than two tasks or two workers"),
        (slice(0, 0), "fewer than two tasks or two workers"),
    ],
)
def test_gaps_say_why(rows, reason):
    correlation = intraclass_correlation(*(column[rows] for column in answers_of(JUDGED)))

    assert np.isnan(correlation.value)
    assert correlation.undefined_because == reason
    assert correlation.n_answers == rows.stop


def test_one_number_says_nothing():
    correlation = intraclass_correlation(*answers_of(np.full((3, 2), 0.1)))

    assert correlation.undefined_because == "only one value was ever used"


def test_a_second_answer_of_a_worker_is_refused():
    with pytest.raises(ValueError, match="more than once"):
        intraclass_correlation(np.array([0, 0]), np.array([0, 0]), np.array([1, 2]))
