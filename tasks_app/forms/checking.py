"""Forms that contradict themselves, and what clicking at random is worth in them."""

import math
from collections.abc import Iterator

from tasks_app.errors import Fault, Invalid
from tasks_app.forms.schemas import CATEGORICAL, Field


def check(form: list[Field]) -> None:
    """Raises Invalid for keys used twice and for fields that contradict themselves."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, field in enumerate(form):
        place = f"/form/{number}"
        if field["key"] in seen:
            faults.append(Fault(f"{place}/key", "duplicate_key", f"{field['key']!r} is used twice"))
        seen.add(field["key"])
        faults += _faults(field, place)
    if faults:
        raise Invalid(faults)


def chance(form: list[Field]) -> float:
    """The accuracy of random clicking, averaged over the categorical fields; 0.5 with none."""
    shares = [
        0.5 ** len(field["labels"]) if field["type"] == "multichoice" else 1 / len(field["labels"])
        for field in form
        if field["type"] in CATEGORICAL
    ]
    return sum(shares) / len(shares) if shares else 0.5


def _faults(field: Field, place: str) -> Iterator[Fault]:
    if field.get("minimum", -math.inf) > field.get("maximum", math.inf):
        yield Fault(f"{place}/minimum", "bounds_cross", "minimum is above maximum")
    if field["type"] == "comparison" and field["left"] == field["right"]:
        yield Fault(f"{place}/right", "same_place", "left and right point at the same place")
    if field["type"] == "ranking":
        yield from _ranking_faults(field, place)


def _ranking_faults(field: Field, place: str) -> Iterator[Fault]:
    if ("labels" in field) == ("path" in field):
        yield Fault(
            f"{place}/labels", "labels_or_path", "a ranking needs either labels or a path to them"
        )
    elif field.get("top", 0) > len(field.get("labels", range(10**9))):
        yield Fault(f"{place}/top", "top_too_large", "top is more than there are labels")
