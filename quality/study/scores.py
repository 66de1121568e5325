"""The typed scores of a project's workers, with the order of their answers."""

from dataclasses import dataclass, replace
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.core import mean_interval
from quality.core.fraud import (
    Copying,
    Drift,
    Information,
    Speed,
    copying,
    discoveries,
    drift,
    low_information,
    too_fast,
)
from quality.core.votes import Codes, Floats
from quality.study.material import Material

# A task's pace is known from so many answers; else the project's is taken.
PACE_KNOWN = 3
# What a spread needs.
LEAST_TIMED = 2
# No answer takes less, in seconds, than a clock tells.
LEAST_S = 0.05


@dataclass(frozen=True, slots=True)
class Scores:
    """What was computed of all workers; lists and arrays are by worker code.

    speeds: {"value", "interval", "n"}: time taken over the task's median, geometric mean; below 1
        is faster; None where no answer tells
    agreements, recent_speed: arrays of each worker's numbers in order of time; the probability that
        the answer is right by the others, where there are some, and the log of time over the median
    timed: positions of the answers with a time among all answers, as `speed` has them
    partners: pairs of `copying` by worker code, strangest first
    n_fields: fields of a task
    """

    information: Information
    drift: Drift
    copying: Copying
    speed: Speed
    speeds: list[dict[str, Any] | None]
    agreements: list[Floats]
    recent_speed: list[Floats]
    timed: Codes
    partners: dict[int, Codes]
    n_fields: int

    def discovered(self, budget: float) -> NDArray[np.bool_]:
        """Which pairs are found to copy, of those a share of at most the budget being innocent."""
        pairs = self.copying
        return discoveries(pairs.p_value, budget, n_tested=pairs.n_tested)

    def pairs_of(self, code: int) -> Codes:
        """The pairs that this worker is one of, strangest first."""
        return self.partners.get(code, np.zeros(0, dtype=np.int64))


def computed(material: Material) -> Scores:
    """All scores of the material, which has at least one categorical field.

    A worker's errors in the fields of a task may come together. So p-values and ratios over several
    fields are taken to the power of 1 / n_fields, as if all fields of a task said the same.
    """
    questions = [studied.question for studied in material.fields]
    told, moved, pairs = low_information(questions), drift(questions), copying(questions)
    share = 1.0 / len(questions)
    told = replace(told, p_value=told.p_value**share)
    moved = replace(moved, p_value=moved.p_value**share, score=moved.score * share)
    pairs = replace(pairs, p_value=pairs.p_value**share, log_ratio=pairs.log_ratio * share)
    answers, rows = material.ballots.answers, np.flatnonzero(~material.ballots.set_aside)
    timed = rows[~np.isnan(answers.elapsed[rows])]
    elapsed = np.maximum(answers.elapsed[timed], LEAST_S)
    _, task = np.unique(answers.task[timed], return_inverse=True)
    worker = material.worker_of(timed)
    slowness = np.log(elapsed) - _paces(task, np.log(elapsed))
    in_time = np.lexsort((answers.number[timed], worker))
    n_workers = material.worker_ids.size
    logs = _cut(slowness[in_time], np.bincount(worker, minlength=n_workers))
    by_others = moved.answers
    n_shared = np.bincount(by_others.worker[by_others.is_shared], minlength=n_workers)
    return Scores(
        information=told,
        drift=moved,
        copying=pairs,
        speed=too_fast(task, worker, elapsed, n_workers=n_workers),
        speeds=[_ratio(own) for own in logs],
        agreements=_cut(by_others.right[by_others.is_shared].clip(0.0, 1.0), n_shared),
        recent_speed=logs,
        timed=timed,
        partners=_partners(pairs),
        n_fields=len(questions),
    )


def _paces(task: Codes, logs: Floats) -> Floats:
    """Of each answer the median log time of its task, or of all where few tell."""
    if not task.size:
        return logs
    order = np.lexsort((logs, task))
    counts = np.bincount(task)
    starts = np.cumsum(counts) - counts
    low = logs[order[starts + (counts - 1) // 2]]
    high = logs[order[starts + counts // 2]]
    medians = np.where(counts >= PACE_KNOWN, (low + high) / 2.0, np.median(logs))
    return np.asarray(medians[task])


def _cut(numbers: Floats, counts: Codes) -> list[Floats]:
    return np.split(numbers, np.cumsum(counts)[:-1])


def _ratio(logs: Floats) -> dict[str, Any] | None:
    if logs.size < LEAST_TIMED:
        return None
    value, low, high = np.exp(mean_interval(logs)).round(4).tolist()
    return {"value": value, "interval": [low, high], "n": int(logs.size)}


def _partners(pairs: Copying) -> dict[int, Codes]:
    strangest = np.argsort(-pairs.log_ratio, kind="stable")
    found: dict[int, list[int]] = {}
    for pair in strangest.tolist():
        for code in (int(pairs.worker_a[pair]), int(pairs.worker_b[pair])):
            found.setdefault(code, []).append(pair)
    return {code: np.array(own, dtype=np.int64) for code, own in found.items()}
