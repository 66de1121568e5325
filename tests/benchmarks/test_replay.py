import numpy as np
import pytest

from benchmarks.sets import AnswerSet
from benchmarks.stopping.replay import Replay

N_TASKS, N_WORKERS = 30, 6


@pytest.fixture
def birds():
    """Six workers who are right four times in five, on every task but the last, which two did."""
    rng = np.random.default_rng(3)
    task, worker = (grid.ravel() for grid in np.indices((N_TASKS, N_WORKERS)))
    keep = (task < N_TASKS - 1) | (worker < 2)
    task, worker = task[keep], worker[keep]
    said = np.where(rng.random(task.size) < 0.8, task % 2, 1 - task % 2)
    truth = {number: str(number % 2) for number in range(N_TASKS)}
    return AnswerSet(
        "birds",
        "categorical",
        task,
        worker,
        said.astype(str).tolist(),
        N_TASKS,
        N_WORKERS,
        truth,
        0,
    )


def test_every_task_gives_its_answers_one_after_the_other(birds):
    position = Replay(birds, 0).position

    for task in range(N_TASKS):
        here = np.sort(position[birds.task == task])
        assert here.tolist() == list(range(here.size))


def test_the_even_curve_runs_from_one_answer_a_task_to_all(birds):
    curve = Replay(birds, 0).even()

    assert curve[0].n_answers == N_TASKS
    assert curve[-1].n_answers == birds.task.size


def test_what_is_always_sure_takes_one_answer_a_task(birds):
    end = Replay(birds, 0).stopped(tau=0.0)

    assert end.n_answers == N_TASKS
    assert (end.accuracy, end.confidence) == (end.closed_accuracy, end.closed_confidence)


def test_what_is_never_sure_takes_them_all_and_ends_as_even_allocation_does(birds):
    replay = Replay(birds, 0)

    end = replay.stopped(tau=1.1)

    assert end.n_answers == birds.task.size
    assert end.accuracy == replay.even()[-1].accuracy
    assert end.closed_accuracy is None


def test_stopping_lies_between_and_a_seed_fixes_it(birds):
    ends = [Replay(birds, seed).stopped(tau=0.9) for seed in (0, 0, 1)]

    assert N_TASKS < ends[0].n_answers < birds.task.size
    assert ends[0] == ends[1] != ends[2]
