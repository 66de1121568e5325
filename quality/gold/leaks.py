"""Gold that leaks: workers who do better on old gold than on fresh gold may know its answers."""

from typing import Any

import numpy as np
from django.db import connection
from scipy import stats

from quality.core.stratified import difference
from quality.core.votes import Codes
from quality.gold.accepted import MISS_BELOW
from quality.gold.results import share
from quality.sql import statement
from tasks_app.models import Project

AGES = statement("gold_ages")
# How often a project, or the workers named, may be suspected for nothing.
FALSE_ALARMS = 0.05


def of_project(project: Project) -> dict[str, Any]:
    """The project's accuracy on old and on fresh gold, compared within workers.

    So that a change in who works does not look like a leak. A one-sided test, and the difference
    with its interval; see quality.core.stratified.
    """
    _, right, wrong = _counted(project)
    told = _told(right, wrong)
    p_value = told["p_value"]
    return told | {"suspected": p_value is not None and p_value < FALSE_ALARMS}


def of_workers(project: Project) -> list[tuple[int, dict[str, Any]]]:
    """The workers who are suspected, each with the same figures, the surest first.

    At most 5 % of those named are so by chance. Source: Benjamini and Hochberg (1995),
    Journal of the Royal Statistical Society B 57(1), 289-300.
    """
    workers, right, wrong = _counted(project)
    told = [
        (worker_id, _told(right[row : row + 1], wrong[row : row + 1]))
        for row, worker_id in enumerate(workers)
    ]
    tested = [(worker_id, figures) for worker_id, figures in told if figures["p_value"] is not None]
    if not tested:
        return []
    adjusted = stats.false_discovery_control([figures["p_value"] for _, figures in tested])
    suspects = [
        (worker_id, figures | {"suspected": True})
        for (worker_id, figures), p_value in zip(tested, adjusted.tolist(), strict=True)
        if p_value < FALSE_ALARMS
    ]
    return sorted(suspects, key=lambda suspect: (suspect[1]["p_value"], suspect[0]))


def _counted(project: Project) -> tuple[list[int], Codes, Codes]:
    """Workers, and how many answers to old and to fresh gold were right and wrong of each."""
    with connection.cursor() as cursor:
        cursor.execute(AGES, {"project_id": project.pk, "miss_below": MISS_BELOW})
        rows = cursor.fetchall()
    counts = np.array([row[1:] for row in rows], dtype=np.int64).reshape(-1, 2, 2)
    return [row[0] for row in rows], counts[:, 0], counts[:, 1]


def _told(right: Codes, wrong: Codes) -> dict[str, Any]:
    n_right, n = right.sum(axis=0).tolist(), (right + wrong).sum(axis=0).tolist()
    found = difference(right, wrong)
    return {
        "old": _share(n[0], n_right[0]),
        "fresh": _share(n[1], n_right[1]),
        "difference": None if found is None else round(found.value, 4),
        "interval": None if found is None else [round(found.low, 4), round(found.high, 4)],
        "p_value": None if found is None else round(found.p_value, 6),
    }


def _share(n: int, n_right: int) -> dict[str, Any]:
    if not n:
        return {"n": 0, "value": None, "interval": None}
    told = share(n, n_right)
    return {name: told[name] for name in ("n", "value", "interval")}
