"""Known answers: where gold is given, the posterior is certain."""

import numpy as np

from quality.core.votes import Codes


def known_tasks(gold: Codes | None, n_tasks: int, n_labels: int) -> tuple[Codes, Codes]:
    """The tasks whose label is known, and their labels; gold is (n_tasks,), -1 for unknown.

    Raises ValueError for another length and for codes outside -1..n_labels-1.
    """
    if gold is None:
        return np.zeros(0, dtype=np.int64), np.zeros(0, dtype=np.int64)
    if gold.shape != (n_tasks,):
        raise ValueError("gold must have one entry per task")
    if gold.size and (gold.min() < -1 or gold.max() >= n_labels):
        raise ValueError(f"gold codes must lie in -1..{n_labels - 1}")
    tasks = np.flatnonzero(gold >= 0)
    return tasks, gold[tasks]
