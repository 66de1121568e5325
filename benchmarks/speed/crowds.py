"""Made-up crowds of any size, the same in every process."""

from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

SEED = 20261124
REDUNDANCY = 5
ANSWERS_PER_WORKER = 200
# Activity falls with rank as 1 / (rank + HEAD): a few do much, most do little.
HEAD = 10
SKILL = (6.0, 2.0)

Codes = NDArray[np.int64]


@dataclass(frozen=True)
class Crowd:
    """(n_answers,) codes in no order, as answers arrive; every task has REDUNDANCY of them."""

    task: Codes
    worker: Codes
    label: Codes
    n_tasks: int
    n_workers: int
    n_labels: int


def made(n_answers: int, n_labels: int) -> Crowd:
    """Workers with skills of their own, whose errors are spread evenly."""
    rng = np.random.default_rng((SEED, n_answers, n_labels))
    n_tasks, n_workers = n_answers // REDUNDANCY, n_answers // ANSWERS_PER_WORKER
    worker = _drawn(rng, n_tasks, n_workers)
    truth = rng.integers(n_labels, size=(n_tasks, 1))
    is_right = rng.random(worker.shape) < rng.beta(*SKILL, size=n_workers)[worker]
    slip = rng.integers(1, n_labels, size=worker.shape)
    label = np.where(is_right, truth, (truth + slip) % n_labels)
    task = np.repeat(np.arange(n_tasks), REDUNDANCY)
    order = rng.permutation(task.size)
    columns = (task[order], worker.ravel()[order], label.ravel()[order])
    return Crowd(*columns, n_tasks, n_workers, n_labels)


def named(crowd: Crowd) -> dict[str, NDArray[np.object_]]:
    """The same answers as columns of strings, equal ones one object, as from a file's reader."""
    columns = {"task": crowd.task, "worker": crowd.worker, "label": crowd.label}
    return {
        name: np.array(
            [f"{name}-{code:08d}" for code in range(int(codes.max()) + 1)], dtype=object
        )[codes]
        for name, codes in columns.items()
    }


def _drawn(rng: np.random.Generator, n_tasks: int, n_workers: int) -> Codes:
    """The workers of each task, all different, by their activity."""
    reach = np.cumsum(1.0 / (HEAD + np.arange(n_workers)))
    worker = _by_activity(rng, reach, (n_tasks, REDUNDANCY))
    while True:
        ordered = np.sort(worker, axis=1)
        again = np.flatnonzero((ordered[:, 1:] == ordered[:, :-1]).any(axis=1))
        if not again.size:
            return worker
        worker[again] = _by_activity(rng, reach, (again.size, REDUNDANCY))


def _by_activity(
    rng: np.random.Generator, reach: NDArray[np.float64], shape: tuple[int, int]
) -> Codes:
    return np.searchsorted(reach, rng.random(shape) * reach[-1], side="right")
