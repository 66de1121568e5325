"""Bad workers are what they are said to be, and separation is counted right."""

import numpy as np
import pytest

from benchmarks import sets
from benchmarks.fraud import injection, separation
from benchmarks.fraud.trial import trial
from benchmarks.sets import AnswerSet

N_TASKS, N_REAL, N_LABELS = 300, 25, 3


@pytest.fixture
def birds():
    """Workers who are right four times in five, but the first, who guesses; each on every task."""
    rng = np.random.default_rng(3)
    task, worker = (grid.ravel() for grid in np.indices((N_TASKS, N_REAL)))
    is_right = (rng.random(task.size) < 0.8) & (worker > 0)
    said = np.where(is_right, task % N_LABELS, rng.integers(N_LABELS, size=task.size))
    truth = {number: str(number % N_LABELS) for number in range(N_TASKS)}
    answers = said.astype(str).tolist()
    return AnswerSet("birds", "categorical", task, worker, answers, N_TASKS, N_REAL, truth, 0)


def injected(birds, kind):
    """The answers of the bad workers as a table, (n_bad, n_tasks), -1 where there are none."""
    crowd = injection.mixed(birds, sets.classes(birds), kind, 0)
    table = np.full((crowd.votes.n_workers, N_TASKS), -1)
    table[crowd.votes.worker, crowd.votes.task] = crowd.votes.label
    return table[crowd.n_real :]


def test_a_fifth_as_many_are_added_and_real_answers_stay(birds):
    coded = sets.classes(birds)
    for kind in injection.KINDS:
        crowd = injection.mixed(birds, coded, kind, 0)
        real = crowd.votes.worker < N_REAL

        assert crowd.votes.n_workers == N_REAL + 5
        assert np.array_equal(crowd.votes.label[real], coded.label)
        assert np.array_equal(crowd.when[real], np.arange(real.sum()))


def test_a_constant_worker_says_one_thing(birds):
    assert all(np.unique(row).size == 1 for row in injected(birds, "constant"))


def test_a_sleeper_is_right_at_first(birds):
    is_right = injected(birds, "sleeper") == np.arange(N_TASKS) % N_LABELS

    assert is_right[:, :120].mean() == pytest.approx(0.85, abs=0.05)
    assert is_right[:, 120:].mean() == pytest.approx(1 / N_LABELS, abs=0.08)


@pytest.mark.parametrize(("kind", "accuracy"), [("collude_bad", 0.45), ("collude_ok", 0.75)])
def test_copiers_do_most_of_a_source_and_agree(birds, kind, accuracy):
    table = injected(birds, kind)

    done = table >= 0
    both = done[0] & done[1]
    assert done.mean() == pytest.approx(0.8, abs=0.05)
    assert (table[0] == table[1])[both].mean() > 0.85
    right = (table == np.arange(N_TASKS) % N_LABELS)[done].mean()
    assert right == pytest.approx(accuracy, abs=0.1)


def test_the_natural_spammer_is_not_honest(birds):
    honest, poor = separation.honest_and_poor(birds, sets.classes(birds))

    assert np.flatnonzero(poor).tolist() == [0]
    assert honest.sum() == N_REAL - 1


def test_the_area_counts_pairs_in_their_order_and_ties_as_halves():
    assert separation.auc(np.array([3.0, 1.0]), np.array([0.0, 1.0])) == pytest.approx(3.5 / 4)
    assert separation.auc(np.array([1.0]), np.array([1.0, 1.0])) == 0.5


def test_found_are_those_above_all_but_a_twentieth_of_the_honest():
    honest = np.arange(40.0)

    assert separation.found(np.array([37.5, 36.5, 40.0]), honest) == pytest.approx(2 / 3)


def test_a_trial_finds_guessers_and_spares_the_honest(birds):
    found = trial(birds, "random", 0, None)

    assert found.auc["low_information"] > 0.99
    assert found.flagged["low_information"] == (5, 0, 1)
    assert (found.n_bad, found.n_honest, found.n_poor) == (5, N_REAL - 1, 1)
