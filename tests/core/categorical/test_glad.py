import numpy as np
import pytest
from scipy import special

from quality.core.categorical import Glad, Majority
from tests.core.factories import votes_of

N_TASKS = 1200


@pytest.fixture(scope="module")
def crowd():
    """Votes by the model itself, with the skills and ease that made them, and the truth."""
    rng = np.random.default_rng(7)
    skill = np.linspace(-0.5, 3.0, 20)
    ease = np.exp(rng.normal(0.0, 0.8, N_TASKS))
    truth = rng.integers(2, size=N_TASKS)
    right = rng.random((N_TASKS, skill.size)) < special.expit(np.outer(ease, skill))
    return votes_of(np.where(right, truth[:, None], 1 - truth[:, None]), 2), skill, ease, truth


def test_skill_is_recovered(crowd):
    votes, skill, _, _ = crowd

    np.testing.assert_allclose(Glad().fit(votes).skill_, skill, rtol=0.2, atol=0.2)


def test_hard_tasks_are_told_from_easy_ones(crowd):
    votes, _, ease, _ = crowd

    difficulty = Glad().fit(votes).difficulty_

    assert difficulty.shape == (N_TASKS,)
    assert np.corrcoef(np.log(difficulty), -np.log(ease))[0, 1] > 0.6


def test_skill_beats_counting_votes(crowd):
    votes, _, _, truth = crowd

    weighed = (Glad().fit(votes).posterior_.argmax(axis=1) == truth).mean()
    counted = (Majority().fit(votes).posterior_.argmax(axis=1) == truth).mean()

    assert weighed > counted + 0.01


def test_a_disputed_task_is_the_harder_one():
    table = [[0, 0, 0, 0, 0], [1, 1, 1, 1, 1], [0, 0, 0, 1, 1], [1, 1, 1, 1, 1], [0, 0, 0, 0, 0]]

    difficulty = Glad().fit(votes_of(table, n_labels=2)).difficulty_

    assert difficulty.argmax() == 2


def test_nothing_is_known_of_whom_or_what_nobody_saw():
    fitted = Glad().fit(votes_of([[0, 0, -1], [1, 1, -1], [-1, -1, -1]], n_labels=2))

    assert fitted.skill_[2] == 1.0
    assert fitted.difficulty_[2] == 1.0


def test_more_steps_a_round_end_at_the_same_place(crowd):
    votes, _, _, _ = crowd
    exact = {"max_rounds": 2000, "tol": 1e-8}

    one = Glad(**exact).fit(votes)
    three = Glad(**exact, n_steps=3).fit(votes)

    np.testing.assert_allclose(three.posterior_, one.posterior_, atol=1e-5)
    assert three.rounds_ < one.rounds_


@pytest.mark.parametrize("broken", [{"max_rounds": 0}, {"n_steps": 0}, {"spread": 0.0}])
def test_broken_settings_are_refused(broken):
    with pytest.raises(ValueError, match="must be positive"):
        Glad(**broken)
