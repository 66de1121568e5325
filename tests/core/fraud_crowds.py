"""Honest crowds on tasks of which some mislead everybody, and bad workers put among them."""

from dataclasses import replace

import numpy as np

from quality.core.categorical import Default
from quality.core.fraud import Question
from quality.core.votes import Votes

N_LABELS, N_TASKS, N_WORKERS, REDUNDANCY = 4, 240, 40, 8
# On this share of the tasks half of all see the next label.
HARD = 0.25


def an_honest_crowd(seed, *, n_tasks=N_TASKS, n_workers=N_WORKERS, redundancy=REDUNDANCY):
    """Votes of workers of unequal skill, and the truth; label 3 is often taken for label 2."""
    rng = np.random.default_rng((20261128, seed))
    truth = rng.integers(N_LABELS, size=n_tasks)
    skill = rng.beta(12, 3, size=n_workers)
    is_hard = rng.random(n_tasks) < HARD
    everyone = np.tile(np.arange(n_workers), (n_tasks, 1))
    worker = np.sort(rng.permuted(everyone, axis=1)[:, :redundancy], axis=1)
    task = np.repeat(np.arange(n_tasks), redundancy)
    worker = worker.ravel()
    true = truth[task]
    slip = np.where(true == 3, 2, (true + rng.integers(1, N_LABELS, size=task.size)) % N_LABELS)
    said = np.where(rng.random(task.size) < skill[worker], true, slip)
    is_misled = is_hard[task] & (rng.random(task.size) < 0.5)
    said = np.where(is_misled, (true + 1) % N_LABELS, said)
    return Votes(task, worker, said, n_tasks, n_workers, N_LABELS), truth


def with_worker(votes, said, worker):
    """The same votes, but this worker says this of every task, (n_tasks,)."""
    mine = votes.worker == worker
    label = votes.label.copy()
    label[mine] = said[votes.task[mine]]
    return replace(votes, label=label)


def busy(votes, worker, *, every=1):
    """The same votes where this worker answers each so many-th task, too, at first label 0."""
    missing = np.setdiff1d(np.arange(0, votes.n_tasks, every), votes.task[votes.worker == worker])
    return Votes(
        np.append(votes.task, missing),
        np.append(votes.worker, np.full(missing.size, worker)),
        np.append(votes.label, np.zeros(missing.size, dtype=np.int64)),
        votes.n_tasks,
        votes.n_workers,
        votes.n_labels,
    )


def asked(votes, when=None):
    """The question with these answers, given in the order of tasks unless told otherwise."""
    order = votes.task.astype(float) if when is None else when
    return Question(votes, Default().fit(votes).posterior_, order)
