"""How far workers agree beyond chance, field by field."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality import shown
from quality.ballots import FieldBallots, by_field, read
from quality.core import normalised
from quality.core.agreement import (
    Agreement,
    kendall_tau,
    krippendorff_alpha,
    krippendorff_alpha_sets,
    mean_iou,
    unitizing_alpha,
)
from quality.core.votes import Codes
from tasks_app import pointers
from tasks_app.forms import Field
from tasks_app.models import Project

DRAWS = 1000
SEED = 0
METHOD = f"bootstrap over tasks, {DRAWS} draws, seed {SEED}"
_RESAMPLING: dict[str, Any] = {"n_draws": DRAWS, "seed": SEED}


@dataclass(frozen=True, slots=True)
class _Answers:
    """The answers to one field: their tasks, and what was said, as in FieldVotes."""

    project: Project
    field: Field
    task: Codes
    task_ids: NDArray[np.int64]
    values: Any


def agreement(project: Project) -> list[dict[str, Any]]:
    """The agreement on every field, over the answers that count; gold left out.

    Krippendorff's alpha at the field's level; mean overlap of boxes, Kendall's tau of rankings.
    """
    ballots = read(project)
    gold = np.array(sorted(ballots.gold), dtype=np.int64)
    by_key = {of.votes.field["key"]: of for of in by_field(ballots, project.form)}
    return [
        _told(_answers(project, field, by_key.get(field["key"]), gold)) for field in project.form
    ]


def _answers(project: Project, field: Field, ballots: FieldBallots | None, gold: Codes) -> _Answers:
    nobody = np.zeros(0, dtype=np.int64)
    if ballots is None:
        return _Answers(project, field, nobody, nobody, [])
    counts = np.flatnonzero(~np.isin(ballots.task_ids[ballots.votes.task], gold))
    said = ballots.votes.values
    values = [said[row] for row in counts.tolist()] if isinstance(said, list) else said[counts]
    return _Answers(project, field, ballots.votes.task[counts], ballots.task_ids, values)


def _told(answers: _Answers) -> dict[str, Any]:
    measured = _MEASURES[answers.field["type"]](answers)
    is_defined = measured.undefined_because is None
    interval = measured.interval
    return {
        "field": answers.field["key"],
        "measure": measured.measure,
        "level": measured.level,
        "value": round(measured.value, 4) if is_defined else None,
        "interval": [round(end, 4) for end in interval] if interval else None,
        "method": METHOD,
        "n_tasks": measured.n_tasks,
        "n_answers": measured.n_answers,
        "undefined_because": measured.undefined_because
        if len(answers.values)
        else "there are no answers",
    }


def _labels(answers: _Answers) -> Agreement:
    return krippendorff_alpha(answers.task, _codes(answers), **_RESAMPLING)


def _sides(answers: _Answers) -> Agreement:
    return krippendorff_alpha(answers.task, _numbered(answers.values), **_RESAMPLING)


def _texts(answers: _Answers) -> Agreement:
    texts = [normalised(text) for text in answers.values]
    return krippendorff_alpha(answers.task, _numbered(texts), **_RESAMPLING)


def _ordinal(answers: _Answers) -> Agreement:
    return krippendorff_alpha(answers.task, _codes(answers), level="ordinal", **_RESAMPLING)


def _numbers(answers: _Answers) -> Agreement:
    numbers = np.array(answers.values, dtype=np.float64)
    return krippendorff_alpha(answers.task, numbers, level="interval", **_RESAMPLING)


def _sets(answers: _Answers) -> Agreement:
    return krippendorff_alpha_sets(answers.task, answers.values, **_RESAMPLING)


def _rankings(answers: _Answers) -> Agreement:
    return kendall_tau(answers.task, answers.values, **_RESAMPLING)


def _spans(answers: _Answers) -> Agreement:
    spans = [
        [(span["start"], span["end"], span["label"]) for span in said] for said in answers.values
    ]
    ends = np.array([max((end for _, end, _ in said), default=0) for said in spans], np.int64)
    lengths = _text_lengths(answers)
    # A text that is shorter than it was when answered has lost nothing that was marked.
    np.maximum.at(lengths, answers.task, ends)
    return unitizing_alpha(answers.task, spans, lengths=lengths[answers.task], **_RESAMPLING)


def _boxes(answers: _Answers) -> Agreement:
    boxes = [
        [(box["x"], box["y"], box["width"], box["height"], box["label"]) for box in said]
        for said in answers.values
    ]
    return mean_iou(answers.task, boxes, **_RESAMPLING)


_MEASURES: dict[str, Callable[[_Answers], Agreement]] = {
    "choice": _labels,
    "multichoice": _sets,
    "ordinal": _ordinal,
    "number": _numbers,
    "text": _texts,
    "comparison": _sides,
    "ranking": _rankings,
    "spans": _spans,
    "boxes": _boxes,
}


def _codes(answers: _Answers) -> NDArray[np.int64]:
    return np.asarray(answers.values, dtype=np.int64)


def _numbered(values: list[Any]) -> NDArray[np.int64]:
    """Equal values get equal codes, by first appearance."""
    seen: dict[Any, int] = {}
    return np.array([seen.setdefault(value, len(seen)) for value in values], dtype=np.int64)


def _text_lengths(answers: _Answers) -> NDArray[np.int64]:
    """The code points of each task's text, (n_tasks,); 0 where the payload has none."""
    lengths = np.zeros(answers.task_ids.size, dtype=np.int64)
    task_ids = answers.task_ids.tolist()
    place = {task_id: row for row, task_id in enumerate(task_ids)}
    for pk, payload in shown.payloads(answers.project, task_ids):
        lengths[place[pk]] = _text_length(answers.field, payload)
    return lengths


def _text_length(field: Field, payload: Any) -> int:
    try:
        text = pointers.found(payload, field["path"])
    except pointers.NothingThere:
        return 0
    return len(text) if isinstance(text, str) else 0
