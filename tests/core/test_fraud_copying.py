"""Pairs who copy are told from pairs who err on the same hard tasks."""

from dataclasses import replace

import numpy as np
import pytest

from quality.core.fraud import Budgets, copying
from tests.core.factories import a_crowd
from tests.core.fraud_crowds import (
    N_LABELS,
    N_TASKS,
    an_honest_crowd,
    asked,
    busy,
    with_worker,
)

SOURCE, COPIER = 4, 9


def copied(rng, truth, accuracy):
    """What a source of this accuracy says, and what is copied from it, with a little noise."""
    wrong = (truth + rng.integers(1, N_LABELS, size=N_TASKS)) % N_LABELS
    source = np.where(rng.random(N_TASKS) < accuracy, truth, wrong)
    noisy = rng.random(N_TASKS) < 0.05
    return source, np.where(noisy, rng.integers(N_LABELS, size=N_TASKS), source)


def a_pair(accuracy, seed=0):
    votes, truth = an_honest_crowd(seed)
    source, copy = copied(np.random.default_rng(seed), truth, accuracy)
    votes = busy(busy(votes, SOURCE, every=3), COPIER, every=3)
    return with_worker(with_worker(votes, source, SOURCE), copy, COPIER), source, copy


@pytest.mark.parametrize("accuracy", [0.45, 0.75])
def test_a_pair_that_copies_is_discovered_and_nobody_else(accuracy):
    votes, _, _ = a_pair(accuracy)

    found = copying([asked(votes)])

    pairs = np.stack([found.worker_a, found.worker_b], axis=1)[found.is_discovered]
    assert pairs.tolist() == [[SOURCE, COPIER]]
    assert np.flatnonzero(found.is_flagged).tolist() == [SOURCE, COPIER]
    assert set(np.argsort(found.score)[-2:].tolist()) == {SOURCE, COPIER}


def test_the_evidence_counts_what_both_said():
    votes, source, copy = a_pair(0.45)

    found = copying([asked(votes)])

    at = int(np.flatnonzero((found.worker_a == SOURCE) & (found.worker_b == COPIER))[0])
    shared = np.intersect1d(votes.task[votes.worker == SOURCE], votes.task[votes.worker == COPIER])
    assert found.n_shared[at] == shared.size
    assert found.n_equal[at] == (source[shared] == copy[shared]).sum()
    assert found.n_expected[at] < 0.7 * found.n_equal[at]
    assert 0 < found.n_common_errors[at] < found.n_equal[at]


def test_time_tells_who_answered_first():
    votes, _, _ = a_pair(0.75)

    def first(delay_of):
        found = copying([asked(votes, when=votes.task + 0.5 * (votes.worker == delay_of))])
        return found.first[found.is_discovered].tolist()

    assert first(COPIER) == [1.0]
    assert first(SOURCE) == [0.0]
    assert first(-1) == [0.5]


def test_nobody_is_discovered_in_honest_crowds_whose_tasks_mislead():
    n_found = [copying([asked(an_honest_crowd(seed)[0])]).is_discovered.sum() for seed in range(20)]

    # In a crowd without copiers a discovery is an error, and one crowd in twenty may have some.
    assert np.count_nonzero(n_found) <= 3


def test_p_values_of_honest_pairs_are_seldom_small():
    n_tested, n_small = 0, np.zeros(2)
    for seed in range(10):
        found = copying([asked(an_honest_crowd(seed)[0])])
        n_tested += found.n_tested
        n_small += [(found.p_value <= level).sum() for level in (0.1, 0.01)]

    assert n_tested > 5000
    assert np.all(n_small <= n_tested * np.array([0.1, 0.01]))
    assert n_small[0] > 0


def test_the_ratio_of_honest_pairs_is_at_most_one_in_the_mean(monkeypatch):
    monkeypatch.setattr("quality.core.fraud.copiers.KEPT", 1.0)
    ratios = [np.exp(copying([asked(an_honest_crowd(seed)[0])]).log_ratio) for seed in range(10)]

    assert np.concatenate(ratios).mean() <= 1.0


def test_two_skilled_workers_among_few_agree_by_themselves():
    accuracy = [0.96, 0.96, *[0.75] * 18]
    votes, truth = a_crowd(accuracy=accuracy, n_tasks=400, n_labels=5, redundancy=3)
    votes = busy(busy(votes, 0), 1)
    rng = np.random.default_rng(1)
    for worker in (0, 1):
        slip = (truth + rng.integers(1, 5, size=400)) % 5
        votes = with_worker(votes, np.where(rng.random(400) < 0.96, truth, slip), worker)

    assert not copying([asked(votes)]).is_discovered.any()


def test_known_truth_clears_two_who_see_what_the_crowd_does_not():
    votes, truth = an_honest_crowd(0, redundancy=4)
    votes = with_worker(with_worker(busy(busy(votes, 4), 9), truth, 4), truth, 9)
    question = asked(votes)

    assert copying([question]).is_discovered.any()
    assert not copying([replace(question, gold=truth)]).is_discovered.any()


def test_two_questions_are_tested_together():
    votes, _, _ = a_pair(0.75)
    other, _, _ = a_pair(0.75, seed=1)

    apart, both = copying([asked(votes)]), copying([asked(votes), asked(other)])

    def ratio(found):
        return float(found.log_ratio[(found.worker_a == SOURCE) & (found.worker_b == COPIER)][0])

    assert ratio(both) == pytest.approx(ratio(apart) + ratio(copying([asked(other)])))


def test_meetings_taken_in_many_strips_give_the_same(monkeypatch):
    votes, _, _ = a_pair(0.75)
    whole = copying([asked(votes)])
    monkeypatch.setattr("quality.core.fraud.copiers.STRIP", 300)
    monkeypatch.setattr("quality.core.fraud.pairs.STRIP", 100)

    parts = copying([asked(votes)])

    np.testing.assert_array_equal(parts.worker_b, whole.worker_b)
    np.testing.assert_allclose(parts.p_value, whole.p_value)
    np.testing.assert_allclose(parts.score, whole.score)


def test_the_budget_sets_the_threshold():
    votes, _, _ = a_pair(0.75)

    assert not copying([asked(votes)], Budgets(copying=1e-30)).is_discovered.any()
