"""Results are held against the truth."""

import math

import pytest

from examples.demo import scores


def test_a_sentence_without_a_value_is_wrong():
    assert scores.accuracy({"a": "yes", "b": "no"}, dict.fromkeys("abc", "yes")) == pytest.approx(
        1 / 3
    )


def test_a_tie_of_the_majority_counts_the_share_of_the_right_label():
    votes = {"a": ["yes", "yes", "no"], "b": ["yes", "no"], "c": ["no"], "d": []}

    found = scores.majority_accuracy(votes, dict.fromkeys("abcd", "yes"))

    assert found == pytest.approx((1 + 0.5 + 0 + 0) / 4)


def test_the_commonest_label_of_a_tie_is_the_first_in_the_alphabet():
    assert scores.commonest(["b", "a", "b", "a", "c"]) == "a"


@pytest.mark.parametrize(("share", "value"), [(0.5, 50), (0.99, 99), (0.995, 100), (1, 100)])
def test_a_quantile_is_one_of_the_values(share, value):
    assert scores.quantile(range(100, 0, -1), share) == value


def test_nothing_has_no_quantile():
    assert scores.quantile([], 0.99) is None


def test_log_loss_is_the_mean_surprise_at_the_truth():
    beliefs = {"a": {"yes": 0.5, "no": 0.5}, "b": {"yes": 1.0}, "c": {"no": 1.0}}

    found = scores.log_loss(beliefs, dict.fromkeys("abc", "yes"))

    assert found == pytest.approx((math.log(2) + 0 + 6 * math.log(10)) / 3)
