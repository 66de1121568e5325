"""Kappas: Fleiss' of many workers, Cohen's of each pair."""

from typing import Any

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.agreement.krippendorff import counted, finite, too_few
from quality.core.agreement.resampling import ONE_VALUE, Agreement, Formula, Measure, ratio
from quality.core.agreement.sharing import beside, dense, shared
from quality.core.votes import Codes, Floats


def fleiss_kappa(
    task: Codes, value: NDArray[Any], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Fleiss' kappa: mean agreement of a task's pairs, corrected by the shares of all answers.

    Tasks may differ in their number of answers: each weighs the same in the observed agreement,
    each answer the same in the expected one. Arguments, errors and interval as for
    krippendorff_alpha at the nominal level.
    Source: Fleiss (1971), "Measuring Nominal Scale Agreement among Many Raters", Psychological
    Bulletin 76(5), 378-382.
    """
    kept, of_task = shared(task, finite(value).size)
    paired = value[kept]
    columns = counted(of_task, paired)
    # Dividing by the task's answers turns agreeing pairs over (answers - 1) into their share.
    observed = columns[:, [1]].toarray()[:, 0] / columns[:, [0]].toarray()[:, 0]
    size = np.bincount(of_task).astype(np.float64)
    columns = beside([size, np.ones(size.size), observed], columns[:, 2:])
    reason = too_few(of_task)
    if reason is None and np.all(paired == paired[0]):
        reason = ONE_VALUE
    measure = Measure("fleiss_kappa", "nominal", columns, _fleiss, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def cohen_kappa(
    task: Codes, worker: Codes, value: NDArray[Any], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Cohen's kappa of two workers; of more, its mean over the pairs for whom it is defined.

    task, worker, value: (n_answers,); one answer per worker and task

    Time and memory grow with (pairs of workers) x (values). Interval and further errors as for
    krippendorff_alpha; raises ValueError for a worker's second answer to a task too.
    Source: Cohen (1960), "A Coefficient of Agreement for Nominal Scales", Educational and
    Psychological Measurement 20(1), 37-46; Light (1971), "Measures of Response Agreement for
    Qualitative Data", Psychological Bulletin 76(5), 365-377.
    """
    if worker.shape != task.shape:
        raise ValueError("task and worker must have one entry per answer")
    kept, of_task = shared(task, finite(value).size)
    by_worker, n_of_worker = dense(worker[kept])
    code, n_of_value = dense(value[kept])
    first, second = _pairs(of_task, by_worker)
    _, pair = np.unique(
        by_worker[first] * n_of_worker.size + by_worker[second], return_inverse=True
    )
    n_values = n_of_value.size
    entries = _pair_entries(pair, code[first], code[second], n_values)
    size = np.bincount(of_task).astype(np.float64)
    width = (int(pair.max(initial=-1)) + 1) * (2 + 2 * n_values)
    row = np.tile(of_task[first], 4)
    more = sparse.csr_array((entries[0], (row, entries[1])), shape=(size.size, width))
    reason = too_few(of_task) or (ONE_VALUE if n_values == 1 else None)
    measure = Measure("cohen_kappa", "nominal", beside([size], more), _cohen(n_values), reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def _fleiss(totals: Floats) -> Floats:
    of_value = totals[:, 3:]
    observed = totals[:, 2] / totals[:, 1]
    expected = ((of_value / totals[:, [0]]) ** 2).sum(axis=1)
    return 1 - ratio(1 - observed, 1 - expected)


def _pairs(of_task: Codes, worker: Codes) -> tuple[Codes, Codes]:
    """All pairs of answers to the same task, the lower worker first."""
    order = np.lexsort((worker, of_task))
    task = of_task[order]
    largest = int(np.bincount(task).max(initial=0)) if task.size else 0
    starts = [np.flatnonzero(task[:-lag] == task[lag:]) for lag in range(1, largest)]
    lags = np.repeat(np.arange(1, largest), [start.size for start in starts])
    first = np.concatenate([np.zeros(0, dtype=np.int64), *starts])
    one, other = order[first], order[first + lags]
    again = np.flatnonzero(worker[one] == worker[other])
    if again.size:
        raise ValueError("a worker answered a task more than once")
    return one, other


def _pair_entries(
    pair: Codes, first: Codes, second: Codes, n_values: int
) -> tuple[Floats, NDArray[np.int64]]:
    """Per pair of workers: tasks, agreements, and what either said, as data and columns."""
    base = pair * (2 + 2 * n_values)
    columns = [base, base + 1, base + 2 + first, base + 2 + n_values + second]
    ones = np.ones(pair.size)
    data = [ones, (first == second).astype(np.float64), ones, ones]
    return np.concatenate(data), np.concatenate(columns)


def _cohen(n_values: int) -> Formula:
    def formula(totals: Floats) -> Floats:
        by_pair = totals[:, 1:].reshape(len(totals), -1, 2 + 2 * n_values)
        shared_tasks = np.where(by_pair[..., 0] > 0, by_pair[..., 0], np.nan)
        observed = by_pair[..., 1] / shared_tasks
        first, second = by_pair[..., 2 : 2 + n_values], by_pair[..., 2 + n_values :]
        expected = (first * second).sum(axis=2) / shared_tasks**2
        kappa = 1 - ratio(1 - observed, 1 - expected)
        defined = np.isfinite(kappa)
        n_defined = defined.sum(axis=1).astype(np.float64)
        return ratio(np.where(defined, kappa, 0.0).sum(axis=1), n_defined)

    return formula
