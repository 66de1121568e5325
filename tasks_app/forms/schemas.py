"""What a form may hold, by type of field; the API publishes these very schemas."""

from typing import Any

from tasks_app.splitting import POINTER

Field = dict[str, Any]

MAX_TEXT = 10_000
# How many spans or boxes one answer may hold, and candidates a ranking.
MAX_REGIONS = 1000
MAX_RANKED = 100
# The largest coordinate in pixels.
MAX_PIXELS = 1_000_000


# How answers to the less obvious types look.
_ANSWERS = {
    "comparison": "Which of two things in the payload is better. Answer: `left`, `right` or, with "
    "`ties`, `tie`. Things are the same if they are the same text, have the same `id`, or are "
    "equal JSON.",
    "ranking": "An order of the labels, or of the strings in the payload at `path`. Answer: a list "
    "that names each once, best first; with `top`, only the best so many. One of both is needed.",
    "spans": "Marks on the text in the payload at `path`. Answer: a list of `{start, end, label}` "
    "in Unicode code points, the end left out; spans of one label do not overlap.",
    "boxes": "Marks on an image. Answer: a list of `{x, y, width, height, label}` from the upper "
    "left corner, in pixels or in fractions of the image. If what `path` points at has `width` and "
    "`height`, boxes in pixels must lie within.",
}


def _labels(least: int, most: int) -> dict[str, Any]:
    return {
        "type": "array",
        "items": {"type": "string", "minLength": 1, "maxLength": 200},
        "minItems": least,
        "maxItems": most,
        "uniqueItems": True,
    }


def _schema(kind: str, required: list[str], **extra: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "key": {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"},
            "type": {"const": kind},
            "prompt": {"type": "string", "maxLength": 2000},
            "required": {"type": "boolean"},
            **extra,
        },
        "required": ["key", "type", *required],
        "additionalProperties": False,
    } | ({"description": _ANSWERS[kind]} if kind in _ANSWERS else {})


# Of one label; other types have one aggregator each, or name their own.
_AGGREGATOR = {"enum": ["default", "hierarchical", "majority"]}
_BOUND = {"type": "number", "minimum": -1e15, "maximum": 1e15}
SCHEMAS: dict[str, dict[str, Any]] = {
    "choice": _schema("choice", ["labels"], labels=_labels(2, 1000), aggregator=_AGGREGATOR),
    "multichoice": _schema("multichoice", ["labels"], labels=_labels(2, 1000)),
    "ordinal": _schema("ordinal", ["labels"], labels=_labels(2, 1000), aggregator=_AGGREGATOR),
    "number": _schema(
        "number",
        [],
        minimum=_BOUND,
        maximum=_BOUND,
        unit={"type": "string", "maxLength": 50},
        tolerance={"type": "number", "minimum": 0, "maximum": 1e15},
    ),
    "text": _schema(
        "text",
        [],
        max_length={"type": "integer", "minimum": 1, "maximum": 100_000},
        aggregator={"enum": ["rover", "normalised_vote"]},
    ),
    "comparison": _schema(
        "comparison", ["left", "right"], left=POINTER, right=POINTER, ties={"type": "boolean"}
    ),
    "ranking": _schema(
        "ranking",
        [],
        labels=_labels(2, MAX_RANKED),
        path=POINTER,
        top={"type": "integer", "minimum": 1, "maximum": MAX_RANKED},
    ),
    "spans": _schema("spans", ["path", "labels"], path=POINTER, labels=_labels(1, 1000)),
    "boxes": _schema(
        "boxes",
        ["labels"],
        path=POINTER,
        labels=_labels(1, 1000),
        unit={"enum": ["pixel", "fraction"]},
    ),
}

CATEGORICAL = ("choice", "multichoice", "ordinal")


def choices(field: Field) -> list[str] | None:
    """What a field offers to choose from; None where an answer is more than a choice."""
    if field["type"] in CATEGORICAL:
        labels: list[str] = field["labels"]
        return labels
    if field["type"] == "comparison":
        return ["left", "right", "tie"] if field.get("ties") else ["left", "right"]
    return None
