"""What answers to gold came to, written as settling takes them in."""

from collections.abc import Collection
from typing import Any

import numpy as np
import orjson
from django.db import connection, transaction
from django.db.models import Count, Sum

from quality.core import Accuracy
from quality.gold import accepted
from quality.models import GoldResult
from quality.sql import statement
from tasks_app.models import Project, Task

UNTOLD = statement("gold_untold")


@transaction.atomic
def take_in(*, project: Project, task_ids: Collection[int]) -> None:
    """Write the results of answers to these gold tasks that have none yet.

    The tasks are locked first: what is retired meanwhile does not count.
    """
    lock(task_ids)
    with connection.cursor() as cursor:
        cursor.execute(UNTOLD, {"task_ids": sorted(task_ids)})
        rows = cursor.fetchall()
    GoldResult.objects.bulk_create(
        [
            GoldResult(
                answer_id=answer_id,
                project=project,
                worker_id=worker_id,
                task_id=task_id,
                score=accepted.score(project.form, orjson.loads(gold), orjson.loads(values)),
                counts=counts,
                answered_at=answered_at,
            )
            for answer_id, worker_id, task_id, values, answered_at, gold, counts in rows
        ],
        batch_size=1000,
        ignore_conflicts=True,
    )


def unexamined(project: Project) -> list[int]:
    """The workers with results that exams, trainings and skills do not know of yet."""
    fresh = GoldResult.objects.filter(project=project, is_examined=False)
    return list(fresh.order_by("worker_id").values_list("worker_id", flat=True).distinct())


def note_examined(project: Project, worker_ids: Collection[int]) -> None:
    """Say that they know, in the transaction in which they came to know.

    Before they look: what comes meanwhile is looked at again.
    """
    GoldResult.objects.filter(project=project, worker__in=worker_ids, is_examined=False).update(
        is_examined=True
    )


def lock(task_ids: Collection[int]) -> list[Task]:
    """Those of these tasks that are gold, locked in the order of their primary keys."""
    gold = Task.objects.filter(pk__in=task_ids, is_gold=True)
    return list(gold.order_by("pk").select_for_update(no_key=True))


def right(project: Project, worker_ids: Collection[int]) -> dict[int, tuple[int, float]]:
    """Of each of these workers with results that count, how many, and the sum of their scores."""
    rows = (
        GoldResult.objects.filter(project=project, worker__in=worker_ids, counts=True)
        .values("worker_id")
        .order_by()
        .annotate(n=Count("pk"), n_right=Sum("score"))
        .values_list("worker_id", "n", "n_right")
    )
    return {worker_id: (n, n_right) for worker_id, n, n_right in rows}


def share(n: int, n_right: float) -> dict[str, Any]:
    """How right so many answers are, with its interval."""
    alpha, beta = np.array([1.0 + n_right]), np.array([1.0 + n - n_right])
    right = Accuracy(n=alpha + beta, n_effective=alpha + beta, alpha=alpha, beta=beta)
    return {
        "n": n,
        "n_right": round(n_right, 4),
        "value": round(n_right / n, 4),
        "interval": [round(float(end), 4) for end in right.interval[0]],
    }
