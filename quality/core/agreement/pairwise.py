"""How far each pair of workers agrees."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.agreement.resampling import ratio
from quality.core.votes import Codes, Floats


@dataclass(frozen=True, slots=True)
class Pairwise:
    """Of each pair of workers; every array is (n_workers, n_workers) and symmetric.

    n_shared: tasks that both answered; on the diagonal the worker's own
    n_equal: of those, answered alike
    kappa: Cohen's, nan where it is undefined: nothing shared, or both always said one same thing
    """

    n_shared: Codes
    n_equal: Codes
    kappa: Floats


def pairwise(task: Codes, worker: Codes, value: NDArray[Any], n_workers: int) -> Pairwise:
    """The agreement of all pairs over answers of which there is one per worker and task.

    task, worker, value: (n_answers,); worker in 0..n_workers-1

    Time and memory grow with n_workers^2. Raises ValueError for unequal lengths.
    Source: Cohen (1960), "A Coefficient of Agreement for Nominal Scales", Educational and
    Psychological Measurement 20(1), 37-46.
    """
    if not task.shape == worker.shape == value.shape:
        raise ValueError("task, worker and value must have one entry per answer")
    _, place = np.unique(task, return_inverse=True)
    values, code = np.unique(value, return_inverse=True)
    shape = (n_workers, int(place.max(initial=-1)) + 1)

    def given(rows: Any) -> sparse.csr_array:
        ones = np.ones(worker[rows].size)
        return sparse.csr_array((ones, (worker[rows], place[rows])), shape=shape)

    anything = given(slice(None))
    shared = (anything @ anything.T).toarray()
    equal, by_chance = np.zeros_like(shared), np.zeros_like(shared)
    for number in range(values.size):
        said = given(np.flatnonzero(code == number))
        equal += (said @ said.T).toarray()
        where_shared = (said @ anything.T).toarray()
        by_chance += where_shared * where_shared.T
    observed, expected = ratio(equal, shared), ratio(by_chance, shared**2)
    return Pairwise(
        shared.astype(np.int64), equal.astype(np.int64), 1 - ratio(1 - observed, 1 - expected)
    )
