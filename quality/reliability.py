"""What the laboratory knows of workers, for managers to read."""

from collections.abc import Iterable, Iterator
from dataclasses import dataclass, field
from typing import Any

import numpy as np
from django.db import connection
from django.db.models import Count
from scipy import special

from quality.core import Accuracy, median_ranks
from quality.core.intervals import ENDS
from quality.core.votes import Floats
from quality.gold import results
from quality.judges.categorical import label_confusion
from quality.models import FieldModel, Flag, Reliability, Standing, WorkerModel
from quality.sql import statement
from tasks_app.models import Answer, Project

MEDIAN_TIMES = statement("median_times")
HISTORY = 100
# A row of a confusion is known as from so many answers more than were given.
ROW_PRIOR = 2.0
SMALLEST = 1e-6


@dataclass(slots=True)
class Figures:
    """One worker's figures on one project; too few times leave their median without interval."""

    n_answers: int = 0
    median_s: float | None = None
    median_s_interval: list[float] | None = None
    accuracy: dict[str, Any] | None = None
    gold: dict[str, Any] | None = None
    flags: list[Flag] = field(default_factory=list)


def figures(project: Project, worker_ids: Iterable[int]) -> dict[int, Figures]:
    """The figures of these workers."""
    ids = list(worker_ids)
    found = {worker_id: Figures() for worker_id in ids}
    answers = Answer.objects.filter(project=project, worker_id__in=ids)
    timed: dict[int, int] = {}
    for worker_id, n, n_timed in (
        answers.values("worker_id")
        .annotate(n=Count("pk"), n_timed=Count("elapsed_s"))
        .order_by()
        .values_list("worker_id", "n", "n_timed")
    ):
        found[worker_id].n_answers = n
        if n_timed:
            timed[worker_id] = n_timed
    for worker_id, median_s, interval in _median_times(project, timed):
        found[worker_id].median_s, found[worker_id].median_s_interval = median_s, interval
    for row in Reliability.objects.filter(project=project, worker_id__in=ids):
        found[row.worker_id].accuracy = _accuracy(row.alpha, row.beta)
    for worker_id, (n, n_right) in results.right(project, ids).items():
        found[worker_id].gold = results.share(n, n_right)
    for flag in Flag.objects.filter(project=project, worker_id__in=ids).order_by("pk"):
        found[flag.worker_id].flags.append(flag)
    return found


def _median_times(
    project: Project, timed: dict[int, int]
) -> Iterator[tuple[int, float, list[float] | None]]:
    """Of each worker with so many times: the id, the median time and its interval.

    Answers that come between counting and this move the ends by a rank or so.
    """
    n = np.array(list(timed.values()), dtype=np.int64)
    low, high = median_ranks(n).T.tolist()
    asked = {"worker_ids": list(timed), "n": n.tolist(), "low": low, "high": high}
    with connection.cursor() as cursor:
        cursor.execute(MEDIAN_TIMES, asked | {"project_id": project.pk})
        for worker_id, median_s, *ends in cursor.fetchall():
            interval = None if None in ends else [round(end, 3) for end in ends]
            yield worker_id, round(median_s, 3), interval


def confusion(project: Project, worker_id: int) -> dict[str, Any]:
    """How the worker mistakes labels, by field: rows the true label, columns the given one.

    Over the labels that somebody gave until the last fit.
    """
    known = dict(
        WorkerModel.objects.filter(project=project, worker_id=worker_id).values_list(
            "field", "parameters"
        )
    )
    told: dict[str, Any] = {}
    met = _met(project, worker_id)
    for model in FieldModel.objects.filter(project=project, field__in=known):
        form_field = next(f for f in project.form if f["key"] == model.field)
        if form_field["type"] in {"choice", "ordinal"}:
            labels, matrix = label_confusion(
                form_field, np.array(model.parameters), np.array(known[model.field])
            )
            told[model.field] = {
                "labels": labels,
                "matrix": matrix.round(4).tolist(),
                "interval": _intervals(
                    matrix, [met.get((model.field, one), 0.0) for one in labels]
                ),
            }
    return told


def _met(project: Project, worker_id: int) -> dict[tuple[str, Any], float]:
    """How often the worker met each label of a field in truth, by the last study."""
    standing = Standing.objects.filter(project=project, worker_id=worker_id).first()
    fields = standing.figures.get("fields", {}) if standing else {}
    return {
        (key, one["label"]): one["n"]
        for key, studied in fields.items()
        for one in studied["labels"]
        if not isinstance(one["label"], list)
    }


def _intervals(matrix: Floats, met: list[float]) -> list[list[list[float]]]:
    """The 95 % interval of each cell: Dirichlet rows of these means, from so many answers."""
    size = np.array(met)[:, None] + ROW_PRIOR
    alpha = np.maximum(matrix * size, SMALLEST)
    beta = np.maximum((1.0 - matrix) * size, SMALLEST)
    ends = [special.betaincinv(alpha, beta, end) for end in ENDS]
    cells: list[list[list[float]]] = np.stack(ends, axis=2).round(4).tolist()
    return cells


def history(project: Project, worker_id: int) -> list[dict[str, Any]]:
    """The worker's last answers, newest first."""
    answers = (
        Answer.objects.filter(project=project, worker_id=worker_id)
        .select_related("task__item")
        .order_by("-pk")[:HISTORY]
    )
    return [
        {
            "external_id": answer.task.item.external_id,
            "part": answer.task.part_index,
            "answer": answer.values,
            "answered_at": answer.answered_at,
            "elapsed_s": answer.elapsed_s,
            "guideline_version": answer.guideline_version,
        }
        for answer in answers
    ]


def _accuracy(alpha: float, beta: float) -> dict[str, Any]:
    one = np.ones(1)
    beliefs = Accuracy(n=one, n_effective=one, alpha=one * alpha, beta=one * beta)
    return {
        "value": round(float(beliefs.value[0]), 4),
        "interval": [round(float(end), 4) for end in beliefs.interval[0]],
        "basis": "consensus",
    }
