"""How far workers agree beyond chance, field by field."""

import math
from typing import Any

import numpy as np

from quality.ballots import FieldBallots, by_field, read
from quality.core import krippendorff_alpha, normalised
from quality.core.agreement import Level
from tasks_app.forms import Field
from tasks_app.models import Project

DRAWS = 1000
SEED = 0
METHOD = f"bootstrap over tasks, {DRAWS} draws, seed {SEED}"
_LEVELS: dict[str, Level] = {
    "choice": "nominal",
    "multichoice": "nominal",
    "ordinal": "ordinal",
    "number": "interval",
    "text": "nominal",
}


def agreement(project: Project) -> list[dict[str, Any]]:
    """Krippendorff's alpha of every field, over the answers that count; gold left out."""
    ballots = read(project)
    gold = np.array(sorted(ballots.gold), dtype=np.int64)
    by_key = {of.votes.field["key"]: of for of in by_field(ballots, project.form)}
    return [_told(field, by_key.get(field["key"]), gold) for field in project.form]


def _told(field: Field, ballots: FieldBallots | None, gold: np.ndarray[Any, Any]) -> dict[str, Any]:
    level = _LEVELS[field["type"]]
    told: dict[str, Any] = {
        "field": field["key"],
        "measure": "krippendorff_alpha",
        "level": level,
        "value": None,
        "interval": None,
        "method": METHOD,
        "n_tasks": 0,
        "n_answers": 0,
        "undefined_because": "there are no answers",
    }
    if ballots is None:
        return told
    counts = ~np.isin(ballots.task_ids[ballots.votes.task], gold)
    values = _codes(field, ballots)
    measured = krippendorff_alpha(
        ballots.votes.task[counts],
        values[counts],
        level=level,
        n_draws=DRAWS,
        seed=SEED,
    )
    is_defined = not math.isnan(measured.value)
    interval = measured.interval
    return told | {
        "value": round(measured.value, 4) if is_defined else None,
        "interval": [round(end, 4) for end in interval] if interval and is_defined else None,
        "n_tasks": measured.n_tasks,
        "n_answers": measured.n_answers,
        "undefined_because": measured.undefined_because,
    }


def _codes(field: Field, ballots: FieldBallots) -> np.ndarray[Any, Any]:
    """Numbers as they are, labels in form order, sets and texts by first appearance."""
    values = ballots.votes.values
    if field["type"] == "number":
        return np.array(values, dtype=np.float64)
    if field["type"] in {"choice", "ordinal"}:
        code: dict[Any, int] = {label: i for i, label in enumerate(field["labels"])}
        return np.array([code[value] for value in values], dtype=np.int64)
    seen: dict[Any, int] = {}
    keys = [tuple(value) if isinstance(value, list) else normalised(value) for value in values]
    return np.array([seen.setdefault(key, len(seen)) for key in keys], dtype=np.int64)
