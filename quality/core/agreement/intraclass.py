"""The intraclass correlation of numbers."""

from typing import Any, Literal

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.agreement.krippendorff import finite
from quality.core.agreement.resampling import ONE_VALUE, Agreement, Formula, Measure, ratio
from quality.core.agreement.sharing import beside, dense
from quality.core.votes import Codes, Floats

Of = Literal["mean", "single"]


def intraclass_correlation(
    task: Codes,
    worker: Codes,
    value: NDArray[Any],
    *,
    of: Of = "mean",
    n_draws: int = 1000,
    seed: int = 0,
) -> Agreement:
    """ICC(2,k), how reliable the mean of all k workers is, or ICC(2,1), how a single one.

    task, worker, value: (n_answers,); every worker answers every task, or it is undefined: there is
    no analysis of variance of a table with gaps that all agree on.

    Raises ValueError for unequal lengths, values that are not finite and a worker's second answer.
    Source: Shrout & Fleiss (1979), "Intraclass Correlations: Uses in Assessing Rater Reliability",
    Psychological Bulletin 86(2), 420-428; two-way random effects, absolute agreement.
    """
    if task.ndim != 1 or not task.shape == worker.shape == finite(value).shape:
        raise ValueError("task, worker and value must have one entry per answer")
    (row, per_task), (column, per_worker) = dense(task), dense(worker)
    n_tasks, n_workers = per_task.size, per_worker.size
    reason = _too_little(task.size, n_tasks, n_workers)
    if np.unique(row * n_workers + column).size < task.size:
        raise ValueError("a worker answered a task more than once")
    name = "icc_2_k" if of == "mean" else "icc_2_1"
    columns = beside([per_task])
    if reason is None:
        table = np.empty((n_tasks, n_workers))
        table[row, column] = value
        reason = ONE_VALUE if np.all(table == table[0, 0]) else None
        columns = _sums(table)
    measure = Measure(name, "interval", columns, _icc(of, n_workers), reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def _sums(table: Floats) -> sparse.csr_array:
    """Per task: answers, 1, squared sum, sum of squares, and each worker's answer."""
    # Squares lose no digits once the mean is out.
    centred = table - table.mean()
    n_tasks, n_workers = table.shape
    squares = [centred.sum(axis=1) ** 2, (centred**2).sum(axis=1)]
    return beside([np.full(n_tasks, float(n_workers)), np.ones(n_tasks), *squares, *centred.T])


def _too_little(n_answers: int, n_tasks: int, n_workers: int) -> str | None:
    if n_tasks < 2 or n_workers < 2:
        return "fewer than two tasks or two workers"
    if n_answers < n_tasks * n_workers:
        return "not every worker answered every task"
    return None


def _icc(of: Of, n_workers: int) -> Formula:
    def formula(totals: Floats) -> Floats:
        n_tasks, squared_rows, squares, by_worker = (
            totals[:, 1],
            totals[:, 2],
            totals[:, 3],
            totals[:, 4:],
        )
        total = by_worker.sum(axis=1)
        centre = total**2 / (n_tasks * n_workers)
        between_tasks = squared_rows / n_workers - centre
        between_workers = (by_worker**2).sum(axis=1) / n_tasks - centre
        left = squares - centre - between_tasks - between_workers
        row = between_tasks / (n_tasks - 1)
        column = between_workers / (n_workers - 1)
        error = np.maximum(left, 0.0) / ((n_tasks - 1) * (n_workers - 1))
        bias = (column - error) / n_tasks
        if of == "mean":
            return ratio(row - error, row + bias)
        return ratio(row - error, row + (n_workers - 1) * error + n_workers * bias)

    return formula
