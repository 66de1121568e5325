"""Known answers: plain values, or several that are accepted, each with its weight."""

from collections.abc import Iterator
from typing import Any

from tasks_app.errors import Fault, Invalid
from tasks_app.forms.payloads import Payload, misfits
from tasks_app.forms.schemas import Field
from tasks_app.forms.values import Values, normalised, value
from tasks_app.schemas import Schema

Known = Any
Entry = dict[str, Any]

MOST_ACCEPTED = 100
_WEIGHT = {"type": "number", "exclusiveMinimum": 0, "maximum": 1}
_BOUND = {"type": "number", "minimum": -1e15, "maximum": 1e15}
# What an accepted answer may say besides its value and its weight.
_MORE: dict[str, dict[str, Any]] = {
    "number": {"tolerance": {"type": "number", "minimum": 0, "maximum": 1e15}},
    "spans": {"overlap": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}},
    "boxes": {"overlap": {"type": "number", "exclusiveMinimum": 0, "maximum": 1}},
}


def _schema(required: list[str], **properties: Any) -> Schema:
    return Schema(
        {
            "type": "object",
            "properties": properties,
            "required": required,
            "additionalProperties": False,
        }
    )


_KNOWN = _schema(
    ["accepted"],
    accepted={"type": "array", "minItems": 1, "maxItems": MOST_ACCEPTED},
    reason={"type": "string", "maxLength": 2000},
)
_VALUES = {
    kind: _schema(["value"], value={}, weight=_WEIGHT, **more) for kind, more in _MORE.items()
}
_VALUE = _schema(["value"], value={}, weight=_WEIGHT)
_RANGE = _schema(["minimum", "maximum"], minimum=_BOUND, maximum=_BOUND, weight=_WEIGHT)


def known(form: list[Field], gold: Any, *, pointer: str = "/gold") -> Values:
    """Gold as it is kept; it may name some of the fields only. Raises Invalid."""
    several = {key for key, given in gold.items() if isinstance(given, dict)}
    plain = {key: given for key, given in gold.items() if key not in several}
    kept: Values = {}
    faults: list[Fault] = []
    for field in [field for field in form if field["key"] in several]:
        key = field["key"]
        try:
            kept[key] = _several(field, gold[key], f"{pointer}/{key}")
        except Invalid as error:
            faults += error.faults
    try:
        # Those of several fields are not missing, and unknown ones are told.
        others = [field | {"required": False} for field in form if field["key"] not in kept]
        asked = plain | {key: None for key in several if key not in {f["key"] for f in form}}
        kept |= normalised(others, asked, pointer=pointer)
    except Invalid as error:
        faults += error.faults
    if faults:
        raise Invalid(faults)
    return {field["key"]: kept[field["key"]] for field in form if field["key"] in kept}


def accepted(told: Known) -> list[Entry]:
    """The accepted answers to a field whose known answer this is."""
    entries: list[Entry] = told["accepted"] if isinstance(told, dict) else [{"value": told}]
    return entries


def reason(told: Known) -> str | None:
    """Why these answers are right, if that is told."""
    return told.get("reason") if isinstance(told, dict) else None


def certain(gold: Values) -> Values:
    """The fields to which one value alone is right, with that value."""
    found = {key: accepted(told) for key, told in gold.items()}
    return {
        key: entries[0]["value"]
        for key, entries in found.items()
        if len(entries) == 1 and "value" in entries[0]
    }


def check_gold(form: list[Field], gold: Values, payload: Payload) -> None:
    """Raises Invalid for known answers that do not fit a payload which `check_payload` passed."""
    faults = [
        fault
        for field in form
        if field["key"] in gold
        for place, given in _places(field["key"], gold[field["key"]])
        for fault in misfits(field, given, payload, pointer=place)
    ]
    if faults:
        raise Invalid(faults)


def _places(key: str, told: Known) -> Iterator[tuple[str, Any]]:
    """Each accepted value, and where it stands."""
    if not isinstance(told, dict):
        yield f"/gold/{key}", told
        return
    for i, entry in enumerate(told["accepted"]):
        if "value" in entry:
            yield f"/gold/{key}/accepted/{i}/value", entry["value"]


def _several(field: Field, given: Any, pointer: str) -> Known:
    _KNOWN.check(given, pointer=pointer)
    entries: list[Entry] = []
    faults: list[Fault] = []
    for i, entry in enumerate(given["accepted"]):
        try:
            entries.append(_entry(field, entry, f"{pointer}/accepted/{i}"))
        except Invalid as error:
            faults += error.faults
    if faults:
        raise Invalid(faults)
    if max(entry.get("weight", 1) for entry in entries) < 1:
        detail = "one accepted answer at least has the weight 1"
        raise Invalid([Fault(f"{pointer}/accepted", "no_full_weight", detail)])
    return given | {"accepted": entries}


def _entry(field: Field, entry: Any, pointer: str) -> Entry:
    is_range = field["type"] == "number" and isinstance(entry, dict) and "value" not in entry
    if not is_range:
        _VALUES.get(field["type"], _VALUE).check(entry, pointer=pointer)
        return {**entry, "value": value(field, entry["value"], pointer=f"{pointer}/value")}
    _RANGE.check(entry, pointer=pointer)
    if entry["minimum"] > entry["maximum"]:
        detail = "minimum is above maximum"
        raise Invalid([Fault(f"{pointer}/minimum", "bounds_cross", detail)])
    return dict(entry)
