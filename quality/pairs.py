"""How far each pair of a project's workers agrees, for managers to look at."""

from dataclasses import dataclass
from typing import Any

import numpy as np
from django.db import transaction
from django.db.models import Count, Exists, OuterRef
from django.db.models.fields.json import KeyTextTransform

from quality import ballots
from quality.ballots import FieldBallots
from quality.core.agreement import Pairwise, pairwise
from quality.core.votes import Floats
from tasks_app.models import Answer, Project, Task
from tasks_app.staging import patient

# Fields whose answers are equal or not.
COMPARED = ("choice", "ordinal", "multichoice")


@dataclass(frozen=True, slots=True)
class Pairs:
    """The agreement of the workers with most answers to a field, by worker id."""

    field: str | None
    worker_ids: list[int]
    found: Pairwise

    @property
    def share(self) -> Floats:
        """The share of equal answers of each pair, nan where nothing is shared."""
        shared = self.found.n_shared
        return self.found.n_equal / np.where(shared > 0, shared, np.nan)


def of_project(project: Project, *, field: str | None, limit: int) -> Pairs:
    """Over one field, by default the first that can be compared; gold counts too."""
    for asked in project.form:
        if asked["type"] in COMPARED and field in {None, asked["key"]}:
            most = _most(project, asked["key"], limit)
            read = ballots.read(project, worker_ids=most)
            of_field = next(ballots.by_field(read, [asked]), None)
            if of_field is not None:
                return _among(of_field)
    none = np.zeros(0, dtype=np.int64)
    return Pairs(field, [], pairwise(none, none, none, 0))


def _most(project: Project, key: str, limit: int) -> list[int]:
    """The workers with most answers to the field that count; of equally many the older ids."""
    gone = Task.objects.filter(pk=OuterRef("task_id"), state__in=Task.GONE)
    counting = (
        Answer.objects.filter(project=project)
        .alias(said=KeyTextTransform(key, "values"))
        .filter(said__isnull=False)
        .exclude(worker__in=ballots.restricted(project))
        .exclude(Exists(gone))
    )
    by_worker = counting.values("worker_id").annotate(n=Count("pk")).order_by("-n", "worker_id")
    with transaction.atomic():
        patient()
        return list(by_worker.values_list("worker_id", flat=True)[:limit])


def _among(of_field: FieldBallots) -> Pairs:
    votes, ids = of_field.votes, of_field.worker_ids.tolist()
    found = pairwise(votes.task, votes.worker, _values(votes.values), votes.n_workers)
    return Pairs(votes.field["key"], ids, found)


def _values(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    code = {one: i for i, one in enumerate(sorted({tuple(value) for value in values}))}
    return np.array([code[tuple(value)] for value in values], dtype=np.int64)
