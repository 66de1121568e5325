"""Values that answer a field, as far as the form alone tells."""

import json
import math
import re
import unicodedata
from collections.abc import Callable
from typing import Any

from tasks_app.errors import Fault, Invalid
from tasks_app.forms import regions
from tasks_app.forms.schemas import MAX_RANKED, MAX_TEXT, Field, choices
from tasks_app.pointers import escaped

Values = dict[str, Any]


def normalised(form: list[Field], values: Any, *, pointer: str = "/answer") -> Values:
    """The values as they are kept and compared: sets in form order, spans sorted, text in NFC.

    Raises Invalid naming each field that is unknown, missing or of the wrong kind. What only
    the payload tells is for `payloads.check_fit`.
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
    kind = field["type"]
    if kind in regions.FAULTS:
        faults = regions.FAULTS[kind](field, given, pointer)
        if faults:
            raise Invalid(faults)
        return regions.kept(field, given)
    fault = _FAULTS[kind](field, given)
    if fault:
        raise Invalid([Fault(pointer, *fault)])
    if kind == "multichoice":
        return [label for label in field["labels"] if label in given]
    if kind == "text":
        return unicodedata.normalize("NFC", given)
    return given


def from_text(field: Field, cell: str, *, loads: Callable[[str], Any] = json.loads) -> Any:
    """A value as a CSV cell spells it: numbers as numbers, sets separated by `|`.

    Rankings, spans and boxes are spelled in JSON, read by `loads`. A cell that spells no such
    value is given back as it is, and does not fit the field then.
    """
    kind = field["type"]
    if kind in {"number", "ranking", "spans", "boxes"}:
        try:
            if kind != "number":
                return loads(cell)
            return whole(cell) if whole(cell) is not None else float(cell)
        except ValueError:
            return cell
    if kind == "multichoice":
        return [label for label in cell.split("|") if label]
    return cell


def whole(cell: str) -> int | None:
    """The integer that a CSV cell spells; None if it spells none."""
    return int(cell) if re.fullmatch(r"-?[0-9]{1,18}", cell) else None


_Fault = tuple[str, str]


def _choice_fault(field: Field, given: Any) -> _Fault | None:
    if not isinstance(given, str):
        return "schema", "one label is wanted, as a string"
    if given not in (choices(field) or field["labels"]):
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


def _ranking_fault(field: Field, given: Any) -> _Fault | None:
    if not isinstance(given, list) or not all(isinstance(name, str) for name in given):
        return "schema", "a list of strings is wanted, best first"
    if len(given) > MAX_RANKED:
        return "too_many", f"a ranking holds at most {MAX_RANKED}"
    again = next((name for i, name in enumerate(given) if name in given[:i]), None)
    if again is not None:
        return "ranked_twice", f"{again[:80]!r} is named twice"
    return None if "path" in field else ranked_fault(field, given, field["labels"])


def ranked_fault(field: Field, given: list[str], candidates: list[str]) -> _Fault | None:
    """What is wrong with a ranking of these candidates, or None."""
    strange = next((name for name in given if name not in candidates), None)
    if strange is not None:
        return "unknown_label", f"{strange[:80]!r} is not among what is ranked"
    wanted = field.get("top", len(candidates))
    if len(given) != wanted:
        return "wrong_length", f"{wanted} are to be named, not {len(given)}"
    return None


_FAULTS = {
    "choice": _choice_fault,
    "ordinal": _choice_fault,
    "comparison": _choice_fault,
    "multichoice": _multichoice_fault,
    "number": _number_fault,
    "text": _text_fault,
    "ranking": _ranking_fault,
}
