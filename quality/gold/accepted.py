"""How right an answer to gold is."""

from collections.abc import Callable
from typing import Any

import numpy as np

from quality.core import normalised
from quality.core.regions import found_again
from quality.core.votes import Codes, Floats
from tasks_app import forms
from tasks_app.forms import Field, Values

# An answer that is less right than this misses the gold.
MISS_BELOW = 0.5
# What regions must overlap where the gold does not say.
OVERLAP = 0.5
# Sums of decimal fractions may miss a tolerance by this share of it.
SLACK = 1e-9

Entry = dict[str, Any]


def score(form: list[Field], gold: Values, values: Values) -> float:
    """How right the values are, 0 to 1: the mean over the fields that the gold knows."""
    shares = scores(form, gold, values)
    return min(1.0, sum(shares.values()) / len(shares)) if shares else 0.0


def scores(form: list[Field], gold: Values, values: Values) -> dict[str, float]:
    """Of each field that the gold knows, the weight of the accepted answer that was given.

    Of regions, that weight times how far they are the accepted ones.
    """
    return {
        field["key"]: max(
            float(entry.get("weight", 1.0)) * _likeness(field, entry, values.get(field["key"]))
            for entry in forms.accepted(gold[field["key"]])
        )
        for field in form
        if field["key"] in gold
    }


def is_missed(share: float) -> bool:
    """True if an answer so right misses the gold."""
    return share < MISS_BELOW


def _likeness(field: Field, entry: Entry, given: Any) -> float:
    if given is None:
        return 0.0
    return _LIKENESS.get(field["type"], _equal)(field, entry, given)


def _equal(field: Field, entry: Entry, given: Any) -> float:
    return float(given == entry["value"])


def _number(field: Field, entry: Entry, given: float) -> float:
    if "value" not in entry:
        return float(entry["minimum"] <= given <= entry["maximum"])
    allowed: float = entry["tolerance"] if "tolerance" in entry else field.get("tolerance", 0)
    return float(abs(given - entry["value"]) <= allowed * (1 + SLACK))


def _text(field: Field, entry: Entry, given: str) -> float:
    return float(normalised(given) == normalised(entry["value"]))


def _regions(field: Field, entry: Entry, given: list[dict[str, Any]]) -> float:
    least = entry.get("overlap", OVERLAP)
    return found_again(_arrays(field, given), _arrays(field, entry["value"]), least=least)


_LIKENESS: dict[str, Callable[[Field, Entry, Any], float]] = {
    "number": _number,
    "text": _text,
    "spans": _regions,
    "boxes": _regions,
}


def _arrays(field: Field, regions: list[dict[str, Any]]) -> tuple[Floats, Codes]:
    """Regions as boxes and codes of their labels; a span is a box of height 1."""
    code = {label: number for number, label in enumerate(field["labels"])}
    boxes = [
        (region["start"], 0, region["end"] - region["start"], 1)
        if field["type"] == "spans"
        else (region["x"], region["y"], region["width"], region["height"])
        for region in regions
    ]
    labels = [code[region["label"]] for region in regions]
    return np.array(boxes, dtype=np.float64).reshape(-1, 4), np.array(labels, dtype=np.int64)
