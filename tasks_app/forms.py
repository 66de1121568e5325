"""Forms: the typed questions of a project, and the answers that fit them."""

import math
import re
import unicodedata
from typing import Any

from tasks_app.errors import Fault, Invalid
from tasks_app.pointers import escaped

Field = dict[str, Any]
Values = dict[str, Any]

CATEGORICAL = ("choice", "multichoice", "ordinal")

_LABELS = {
    "type": "array",
    "items": {"type": "string", "minLength": 1, "maxLength": 200},
    "minItems": 2,
    "maxItems": 1000,
    "uniqueItems": True,
}
_KEY = {"type": "string", "pattern": "^[a-z][a-z0-9_]{0,62}$"}


def _schema(kind: str, required: list[str], **extra: Any) -> dict[str, Any]:
    return {
        "type": "object",
        "properties": {
            "key": _KEY,
            "type": {"const": kind},
            "prompt": {"type": "string", "maxLength": 2000},
            "required": {"type": "boolean"},
            **extra,
        },
        "required": ["key", "type", *required],
        "additionalProperties": False,
    }


_BOUND = {"type": "number", "minimum": -1e15, "maximum": 1e15}
# What a form may hold, by type; the API publishes these very schemas.
SCHEMAS: dict[str, dict[str, Any]] = {
    "choice": _schema("choice", ["labels"], labels=_LABELS),
    "multichoice": _schema("multichoice", ["labels"], labels=_LABELS),
    "ordinal": _schema("ordinal", ["labels"], labels=_LABELS),
    "number": _schema(
        "number",
        [],
        minimum=_BOUND,
        maximum=_BOUND,
        unit={"type": "string", "maxLength": 50},
        tolerance={"type": "number", "minimum": 0, "maximum": 1e15},
    ),
    "text": _schema("text", [], max_length={"type": "integer", "minimum": 1, "maximum": 100_000}),
}
MAX_TEXT = 10_000


def check(form: list[Field]) -> None:
    """Raises Invalid for keys used twice and bounds that cross."""
    faults: list[Fault] = []
    seen: set[str] = set()
    for number, field in enumerate(form):
        if field["key"] in seen:
            faults.append(
                Fault(f"/form/{number}/key", "duplicate_key", f"{field['key']!r} is used twice")
            )
        seen.add(field["key"])
        if field.get("minimum", -math.inf) > field.get("maximum", math.inf):
            faults.append(
                Fault(f"/form/{number}/minimum", "bounds_cross", "minimum is above maximum")
            )
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


def normalised(form: list[Field], values: Any, *, pointer: str = "/answer") -> Values:
    """The values as they are kept and compared: sets in form order, text in NFC.

    Raises Invalid naming each field that is unknown, missing or of the wrong kind.
    """
    if not isinstance(values, dict):
        raise Invalid([Fault(pointer, "schema", "an answer is an object of field: value")])
    fields = {field["key"]: field for field in form}
    faults = [
        Fault(f"{pointer}/{escaped(key)}", "unknown_field", f"the form has no field {key!r}")
        for key in values
        if key not in fields
    ]
    kept: Values = {}
    for key, field in fields.items():
        place = f"{pointer}/{key}"
        if key not in values:
            if field.get("required", True):
                faults.append(Fault(place, "required", f"the field {key!r} needs a value"))
            continue
        try:
            kept[key] = value(field, values[key], pointer=place)
        except Invalid as error:
            faults.extend(error.faults)
    if faults:
        raise Invalid(faults)
    return kept


def value(field: Field, given: Any, *, pointer: str) -> Any:
    """One field's value as it is kept. Raises Invalid."""
    fault = _FAULTS[field["type"]](field, given)
    if fault:
        raise Invalid([Fault(pointer, *fault)])
    if field["type"] == "multichoice":
        return [label for label in field["labels"] if label in given]
    if field["type"] == "text":
        return unicodedata.normalize("NFC", given)
    return given


def from_text(field: Field, cell: str) -> Any:
    """A value as a CSV cell spells it: numbers as numbers, sets separated by `|`."""
    if field["type"] == "number":
        try:
            return whole(cell) if whole(cell) is not None else float(cell)
        except ValueError:
            return cell
    if field["type"] == "multichoice":
        return [label for label in cell.split("|") if label]
    return cell


def whole(cell: str) -> int | None:
    """The integer that a CSV cell spells; None if it spells none."""
    return int(cell) if re.fullmatch(r"-?[0-9]{1,18}", cell) else None


_Fault = tuple[str, str]


def _choice_fault(field: Field, given: Any) -> _Fault | None:
    if not isinstance(given, str):
        return "schema", "one label is wanted, as a string"
    if given not in field["labels"]:
        return "unknown_label", f"{given[:80]!r} is not a label of {field['key']!r}"
    return None


def _multichoice_fault(field: Field, given: Any) -> _Fault | None:
    if not isinstance(given, list):
        return "schema", "a list of labels is wanted"
    return next((fault for label in given if (fault := _choice_fault(field, label))), None)


def _number_fault(field: Field, given: Any) -> _Fault | None:
    if isinstance(given, bool) or not isinstance(given, int | float) or not math.isfinite(given):
        return "schema", "a number is wanted"
    low, high = field.get("minimum", -1e15), field.get("maximum", 1e15)
    if not low <= given <= high:
        return "out_of_range", f"a number from {low:g} to {high:g} is wanted"
    return None


def _text_fault(field: Field, given: Any) -> _Fault | None:
    if not isinstance(given, str):
        return "schema", "a text is wanted"
    if not given.strip():
        return "blank", "the text is blank"
    limit = field.get("max_length", MAX_TEXT)
    if len(unicodedata.normalize("NFC", given)) > limit:
        return "too_long", f"the text is longer than {limit} characters"
    return None


_FAULTS = {
    "choice": _choice_fault,
    "ordinal": _choice_fault,
    "multichoice": _multichoice_fault,
    "number": _number_fault,
    "text": _text_fault,
}
