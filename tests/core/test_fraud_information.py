"""Workers who tell nothing are told from those who err."""

import numpy as np
import pytest

from quality.core.fraud import Budgets, low_information
from tests.core.fraud_crowds import N_LABELS, N_TASKS, an_honest_crowd, asked, with_worker

BAD = 7


def at_random(rng, truth):
    return rng.integers(N_LABELS, size=N_TASKS)


def always_the_same(rng, truth):
    return np.full(N_TASKS, 1)


def as_labels_fall(rng, truth):
    return rng.permutation(truth)


def always_another(rng, truth):
    return (truth + 1) % N_LABELS


@pytest.mark.parametrize("says", [at_random, always_the_same, as_labels_fall, always_another])
def test_who_does_not_heed_the_task_is_flagged_and_scores_highest(says):
    votes, truth = an_honest_crowd(0)
    spam = with_worker(votes, says(np.random.default_rng(1), truth), BAD)

    found = low_information([asked(spam)])

    assert found.is_flagged[BAD]
    assert found.score.argmax() == BAD
    assert found.p_value.argmin() == BAD
    assert found.gain_interval[BAD, 0] < 0.4 * np.median(found.gain)


def test_an_honest_crowd_is_flagged_within_the_budget():
    flagged = [
        low_information([asked(an_honest_crowd(seed)[0])], Budgets(low_information=0.05)).is_flagged
        for seed in range(20)
    ]

    # Of 800 workers 40 are allowed; three standard deviations more would be 58.
    assert np.sum(flagged) <= 58


def test_the_budget_sets_the_threshold():
    votes, truth = an_honest_crowd(0)
    question = asked(with_worker(votes, at_random(np.random.default_rng(1), truth), BAD))

    strict = low_information([question], Budgets(low_information=1e-12))
    loose = low_information([question], Budgets(low_information=0.5))

    assert not strict.is_flagged.any()
    assert loose.is_flagged.sum() > 1
    np.testing.assert_array_equal(strict.p_value, loose.p_value)


def test_two_questions_tell_more_than_one():
    votes, truth = an_honest_crowd(0)
    other, other_truth = an_honest_crowd(1)
    rng = np.random.default_rng(1)
    first = asked(with_worker(votes, at_random(rng, truth), BAD))
    second = asked(with_worker(other, at_random(rng, other_truth), BAD))

    apart, both = low_information([first]), low_information([first, second])

    assert both.p_value[BAD] < apart.p_value[BAD]
    assert both.n[BAD] == apart.n[BAD] + low_information([second]).n[BAD]


def test_known_truth_judges_what_the_crowd_gets_wrong():
    votes, truth = an_honest_crowd(0)
    lone = with_worker(votes, truth, BAD)
    question = asked(lone)
    known = type(question)(lone, question.posterior, question.when, gold=truth)

    assert low_information([known]).gain[BAD] > low_information([question]).gain[BAD]


def test_the_gain_is_what_the_answers_tell_beyond_the_shares_of_labels():
    votes, _ = an_honest_crowd(0)

    found = low_information([asked(votes)])

    low, high = found.gain_interval.T
    assert np.all((low < found.gain) & (found.gain < high))
    assert np.all(found.gain < np.log(N_LABELS) + 0.5)
    assert np.median(found.gain) > 0.3
