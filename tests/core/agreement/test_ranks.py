from itertools import combinations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy import stats

from quality.core.agreement import kendall_tau, kendall_w
from tests.core.factories import any_order, codes

RANKINGS = st.permutations(range(4)).flatmap(
    lambda order: st.integers(0, 4).map(lambda top: tuple(order[:top]))
)
ANSWERS = st.lists(st.tuples(st.integers(0, 2), RANKINGS), max_size=10)


def test_tau_is_what_the_hand_counts():
    tau = kendall_tau(codes([0, 0]), ["abcde", "acebd"])

    # Contrary: b-c, b-e, d-e. (7 - 3) / 10.
    assert tau.value == pytest.approx(0.4)
    assert tau.interval is None


def tables(answers):
    """Ranks of the items of each task that somebody names, those left out tied below."""
    for task in sorted({task for task, _ in answers}):
        rankings = [ranking for of, ranking in answers if of == task]
        items = sorted({item for ranking in rankings for item in ranking})
        if len(rankings) > 1:
            yield [
                [ranking.index(i) if i in ranking else len(ranking) for i in items]
                for ranking in rankings
            ]


@given(answers=ANSWERS)
def test_tau_is_the_mean_over_pairs(answers):
    tau = kendall_tau(codes([t for t, _ in answers]), [r for _, r in answers], n_draws=0)

    means, sizes = [], []
    for table in tables(answers):
        telling = [row for row in table if len(set(row)) > 1]
        if len(telling) > 1:
            taus = [stats.kendalltau(a, b).statistic for a, b in combinations(telling, 2)]
            means.append(np.mean(taus))
            sizes.append(len(table))
    if not means:
        assert np.isnan(tau.value)
        assert tau.undefined_because
    else:
        assert tau.value == pytest.approx(np.average(means, weights=sizes))


def test_concordance_is_friedmans_statistic_rescaled():
    rng = np.random.default_rng(0)
    rankings = [rng.permutation(6).tolist() for _ in range(4)]
    ranks = [np.argsort(ranking) for ranking in rankings]

    w = kendall_w(codes([0] * 4), rankings)

    by_item = np.transpose(ranks)
    assert w.value == pytest.approx(stats.friedmanchisquare(*by_item).statistic / (4 * 5))


@pytest.mark.parametrize("measure", [kendall_tau, kendall_w])
@given(answers=ANSWERS, data=st.data())
def test_names_and_order_do_not_matter(measure, answers, data):
    task, rankings = codes([t for t, _ in answers]), [r for _, r in answers]
    order = data.draw(any_order(task.size))

    ours = measure(task, rankings, n_draws=0)
    shuffled = [[f"item {i}" for i in rankings[row]] for row in order]
    theirs = measure(5 - task[order], shuffled, n_draws=0)

    assert ours.value == pytest.approx(theirs.value, nan_ok=True)
    assert not ours.value > 1 + 1e-9


@pytest.mark.parametrize("measure", [kendall_tau, kendall_w])
def test_full_agreement_is_one(measure):
    agreement = measure(codes([0, 0, 1, 1]), ["abc", "abc", "cb", "cb"], n_draws=50)

    assert agreement.value == pytest.approx(1.0)
    assert agreement.interval == pytest.approx((1.0, 1.0))


def test_the_contrary_is_minus_one_and_no_concordance():
    assert kendall_tau(codes([0, 0]), ["abc", "cba"]).value == pytest.approx(-1.0)
    assert kendall_w(codes([0, 0]), ["abc", "cba"]).value == pytest.approx(0.0)


@pytest.mark.parametrize(
    ("rankings", "reason"),
    [(["a", "a"], "no two rankings of a task tell its items apart"), (["ab"], "no task has two")],
)
def test_undefined_cases_say_why(rankings, reason):
    agreement = kendall_tau(codes([0] * len(rankings)), rankings)

    assert np.isnan(agreement.value)
    assert agreement.undefined_because.startswith(reason)


def test_an_item_ranked_twice_is_refused():
    with pytest.raises(ValueError, match="ranking 1 names an item twice"):
        kendall_tau(codes([0, 0]), ["ab", "aa"])
