"""How far each pair of a project's workers agrees, for managers to look at."""

from dataclasses import dataclass
from typing import Any

import numpy as np

from quality import ballots
from quality.core.agreement import Pairwise, pairwise
from quality.core.votes import Floats
from tasks_app.models import Project

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
    of_fields = {
        of.votes.field["key"]: of
        for of in ballots.by_field(ballots.read(project), project.form)
        if of.votes.field["type"] in COMPARED
    }
    key = field if field is not None else next(iter(of_fields), None)
    if key is None or key not in of_fields:
        none = np.zeros(0, dtype=np.int64)
        return Pairs(key, [], pairwise(none, none, none, 0))
    votes, ids = of_fields[key].votes, of_fields[key].worker_ids
    n_answers = np.bincount(votes.worker, minlength=ids.size)
    most = np.sort(np.argsort(-n_answers, kind="stable")[:limit])
    kept = np.isin(votes.worker, most)
    worker = np.searchsorted(most, votes.worker[kept])
    value = _values(votes.values)[kept]
    return Pairs(key, ids[most].tolist(), pairwise(votes.task[kept], worker, value, most.size))


def _values(values: Any) -> Any:
    if not isinstance(values, list):
        return values
    code = {one: i for i, one in enumerate(sorted({tuple(value) for value in values}))}
    return np.array([code[tuple(value)] for value in values], dtype=np.int64)
