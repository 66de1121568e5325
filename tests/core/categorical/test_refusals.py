"""Arguments that no aggregator of labels takes."""

import numpy as np
import pytest

from quality.core.categorical import Majority, Predictions, Wawa, ZeroBasedSkill
from tests.core.categorical.everyone import EVERYONE
from tests.core.factories import codes, votes_of

pytestmark = pytest.mark.parametrize("aggregator", EVERYONE)
TWO_TASKS = votes_of([[0, 1], [1, 1]], n_labels=2)


@pytest.mark.parametrize(
    ("gold", "complaint"),
    [
        ([0], "gold must have one entry per task"),
        ([0, 2], r"gold codes must lie in -1\.\.1"),
        ([-2, 0], r"gold codes must lie in -1\.\.1"),
    ],
)
def test_broken_gold_is_refused(aggregator, gold, complaint):
    with pytest.raises(ValueError, match=complaint):
        aggregator().fit(TWO_TASKS, gold=codes(gold))


@pytest.mark.parametrize(
    ("prior", "complaint"),
    [
        ([1.0], "prior must have one entry per label"),
        ([0.5, -0.5], "prior must be finite, at least 0 and not all 0"),
        ([0.0, 0.0], "prior must be finite, at least 0 and not all 0"),
        ([np.nan, 1.0], "prior must be finite, at least 0 and not all 0"),
    ],
)
def test_a_broken_prior_is_refused(aggregator, prior, complaint):
    with pytest.raises(ValueError, match=complaint):
        aggregator().fit(TWO_TASKS, prior=np.array(prior))


@pytest.mark.parametrize(
    ("start", "complaint"),
    [
        ([[0.5, 0.5]], r"start must be \(n_tasks, n_labels\)"),
        ([[1.0, 1.0]] * 2, "each row of start must be a distribution"),
        ([[-1.0, 2.0]] * 2, "each row of start must be a distribution"),
        ([[np.nan, 1.0]] * 2, "each row of start must be a distribution"),
    ],
)
def test_a_broken_start_is_refused(aggregator, start, complaint):
    with pytest.raises(ValueError, match=complaint):
        aggregator().fit(TWO_TASKS, start=np.array(start))


@pytest.mark.parametrize(
    ("predictions", "complaint"),
    [
        (Predictions(codes([[0]])), "predicted labels must be"),
        (Predictions(codes([0, 1])), "predicted labels must be"),
        (Predictions(codes([[0, 2]])), r"predicted labels must lie in -1\.\.1"),
        (Predictions(codes([[0, 1]]), weight=np.ones((1, 1))), "weights of predictions"),
        (Predictions(codes([[0, 1]]), weight=np.array([[1.0, -1.0]])), "weights of predictions"),
        (Predictions(codes([[0, 1]]), weight=np.array([[1.0, np.nan]])), "weights of predictions"),
        (Predictions(codes([[0, 1]]), cap=-1.0), "cap of predictions"),
        (Predictions(codes([[0, 1]]), cap=np.inf), "cap of predictions"),
    ],
)
def test_broken_predictions_are_refused(aggregator, predictions, complaint):
    with pytest.raises(ValueError, match=complaint):
        aggregator().fit(TWO_TASKS, predictions=predictions)


def test_no_blocks_at_all_are_refused(aggregator):
    with pytest.raises(ValueError, match="at least one block"):
        aggregator().fit([])


def test_blocks_of_different_crowds_are_refused(aggregator):
    other = votes_of([[0, 1, 1]], n_labels=2)

    with pytest.raises(ValueError, match="same numbers of workers and labels"):
        aggregator().fit([TWO_TASKS, other])


def test_settings_out_of_bounds_are_refused(aggregator):
    name = {Majority: "smoothing", ZeroBasedSkill: "pace"}.get(aggregator, "max_rounds")
    # Wawa has no settings at all.
    refusal = TypeError if aggregator is Wawa else ValueError

    with pytest.raises(refusal, match=r"must|takes no arguments"):
        aggregator(**{name: -1}).fit(TWO_TASKS)
