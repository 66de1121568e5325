"""What the comparison of speed asks for, and what it makes of the replies."""

import numpy as np
import pytest

from benchmarks.speed import clock, crowds, with_ours
from benchmarks.speed.__main__ import FEW, SOME, per_round


def a_reply(few, some):
    return {"seconds": {str(FEW): few, str(SOME): some}}


def test_a_round_is_what_further_rounds_cost_without_what_comes_before_them():
    before, of_a_round = 3.0, 0.25

    reply = a_reply(before + FEW * of_a_round, before + SOME * of_a_round)

    assert per_round([reply]) == pytest.approx(of_a_round)


def test_of_repeats_the_least_disturbed_count():
    replies = [a_reply(2.0, 99.0), a_reply(50.0, 4.0)]

    assert per_round(replies) == pytest.approx(2.0 / (SOME - FEW))


def test_the_numbers_of_rounds_are_run_in_turn_after_a_warm_up():
    run = []

    seconds = clock.fastest(run.append, [FEW, SOME], 2)

    assert run == [FEW, FEW, SOME, FEW, SOME]
    assert set(seconds) == {FEW, SOME}


@pytest.mark.parametrize("model", ["DawidSkene", "OneCoin"])
def test_rounds_leave_the_posterior_of_the_most_of_them(tmp_path, model):
    crowd, out = crowds.made(2000, 5), tmp_path / "ours.npy"

    asked = {"model": model, "rounds": [FEW, SOME], "n_times": 1, "out": str(out)}
    told = with_ours.rounds(asked, crowd)

    assert set(told["seconds"]) == {FEW, SOME}
    posterior = np.load(out)
    assert posterior.shape == (crowd.n_tasks, crowd.n_labels)
    np.testing.assert_allclose(posterior.sum(axis=1), 1.0)


def test_tasks_that_are_due_are_judged():
    assert with_ours.due({"n_tasks": 10}, crowds.made(2000, 3))["us"] > 0
