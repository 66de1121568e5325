"""Small crowds: votes drawn by Hypothesis, and crowds whose truth and skills are known."""

from dataclasses import replace

import numpy as np
from hypothesis import strategies as st

from quality.core.votes import Votes

N_TASKS, N_WORKERS = 6, 5


@st.composite
def any_votes(draw, n_labels=None):
    """Any votes at all, also none, on at most N_TASKS tasks by at most N_WORKERS workers."""
    n_tasks = draw(st.integers(0, N_TASKS))
    n_workers = draw(st.integers(0, N_WORKERS))
    n_labels = n_labels or draw(st.integers(1, 4))
    pairs = st.tuples(st.integers(0, max(n_tasks - 1, 0)), st.integers(0, max(n_workers - 1, 0)))
    possible = n_tasks * n_workers
    given = draw(st.lists(pairs, unique=True, max_size=possible)) if possible else []
    said = draw(st.lists(st.integers(0, n_labels - 1), min_size=len(given), max_size=len(given)))
    return Votes(*columns(given), codes(said), n_tasks, n_workers, n_labels)


@st.composite
def any_gold(draw, n_tasks, n_labels):
    """What is known of the tasks, -1 for nothing; also labels that nobody gave."""
    known = draw(st.lists(st.integers(-1, n_labels - 1), min_size=n_tasks, max_size=n_tasks))
    return codes(known)


@st.composite
def any_order(draw, size):
    return np.array(draw(st.permutations(range(size))), dtype=np.int64)


def renamed(votes, *, task=None, worker=None, label=None):
    """The same votes where code i of tasks, workers or labels is called task[i] and so on."""
    return replace(
        votes,
        task=votes.task if task is None else task[votes.task],
        worker=votes.worker if worker is None else worker[votes.worker],
        label=votes.label if label is None else label[votes.label],
    )


def reordered(votes, order):
    """The same votes, or some of them, as they come in another order."""
    return replace(
        votes,
        task=votes.task[order],
        worker=votes.worker[order],
        label=votes.label[order],
        weight=None if votes.weight is None else votes.weight[order],
    )


def columns(pairs):
    return codes([task for task, _ in pairs]), codes([worker for _, worker in pairs])


def codes(values):
    return np.array(values, dtype=np.int64)


def votes_of(table, n_labels, n_workers=None):
    """Votes from one row per task; -1 where the worker said nothing."""
    said = np.array(table, dtype=np.int64)
    task, worker = np.nonzero(said >= 0)
    return Votes(
        task, worker, said[task, worker], said.shape[0], n_workers or said.shape[1], n_labels
    )


def a_crowd(*, accuracy, n_tasks=200, n_labels=2, redundancy=5, seed=0):
    """Votes of workers with the given accuracies, errors spread evenly; and the truth."""
    rng = np.random.default_rng(seed)
    accuracy = np.asarray(accuracy)
    truth = rng.integers(n_labels, size=n_tasks)
    worker = rng.permuted(np.tile(np.arange(accuracy.size), (n_tasks, 1)), axis=1)[:, :redundancy]
    wrong = (truth[:, None] + rng.integers(1, max(n_labels, 2), size=worker.shape)) % n_labels
    said = np.where(rng.random(worker.shape) < accuracy[worker], truth[:, None], wrong)
    task = np.repeat(np.arange(n_tasks), redundancy)
    votes = Votes(task, worker.ravel(), said.ravel(), n_tasks, accuracy.size, n_labels)
    return votes, truth
