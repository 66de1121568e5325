"""Numeric sets: our consensus against the mean and the median of each task's answers."""

import time
from typing import Any

import numpy as np

from benchmarks import scores, sets, tables
from benchmarks.scores import Floats
from benchmarks.sets import AnswerSet
from quality.core.numbers import NumberVotes, RobustMean

Errors = dict[str, float]


def errors_on(of: AnswerSet) -> Errors:
    """Root mean squared errors on the tasks whose truth is known, and what ours cost."""
    values = sets.numbers(of.answer)
    tasks = of.gold_tasks
    truth = sets.numbers([of.truth[task] for task in tasks.tolist()])
    began = time.process_time()
    votes = NumberVotes(of.task, of.worker, values, of.n_tasks, of.n_workers)
    consensus = RobustMean().fit(votes).consensus_
    seconds = time.process_time() - began
    low, high = consensus.interval[tasks].T
    return {
        "ours": scores.rmse(consensus.value[tasks], truth),
        "mean": scores.rmse(_per_task(of, values, np.mean)[tasks], truth),
        "median": scores.rmse(_per_task(of, values, np.median)[tasks], truth),
        "within_interval": float(((low <= truth) & (truth <= high)).mean()),
        "seconds": seconds,
    }


def show(found: dict[str, Errors]) -> None:
    columns = ["ours", "mean", "median", "within_interval", "seconds"]
    rows = [[name, *(errors[column] for column in columns)] for name, errors in found.items()]
    tables.show(
        "Numbers: root mean squared error, and how often the truth is in our 95 % interval",
        ["set", *columns],
        rows,
    )


def figures(found: dict[str, Errors]) -> dict[str, Any]:
    return {
        name: {key: errors[key] for key in ("ours", "mean", "median")}
        for name, errors in found.items()
    }


def _per_task(of: AnswerSet, values: Floats, middle: Any) -> Floats:
    order = np.argsort(of.task, kind="stable")
    ends = np.cumsum(np.bincount(of.task, minlength=of.n_tasks))
    return np.array([middle(part) for part in np.split(values[order], ends[:-1])])
