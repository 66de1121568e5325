"""What a form reads from the payload: whether it is there, and whether an answer fits it."""

from collections.abc import Callable, Iterator
from typing import Any

from tasks_app import pointers
from tasks_app.errors import Fault, Invalid
from tasks_app.forms import regions
from tasks_app.forms.schemas import MAX_RANKED, Field
from tasks_app.forms.values import Values, ranked_fault

Payload = dict[str, Any]


def reads_payload(form: list[Field]) -> bool:
    """True if any field points into the payload."""
    return any(_pointers(field) for field in form)


def check_payload(form: list[Field], payload: Payload) -> None:
    """Raises Invalid naming each place that a field points at and the payload does not have."""
    faults = [fault for field in form for fault in _payload_faults(field, payload)]
    if faults:
        raise Invalid(faults)


def check_fit(
    form: list[Field], values: Values, payload: Payload, *, pointer: str = "/answer"
) -> None:
    """Raises Invalid for normalised values that do not fit a payload which `check_payload` passed.

    payload: what the worker sees of a part
    """
    faults = [
        fault
        for field in form
        if field["key"] in values
        for fault in misfits(
            field, values[field["key"]], payload, pointer=f"{pointer}/{field['key']}"
        )
    ]
    if faults:
        raise Invalid(faults)


def misfits(field: Field, value: Any, payload: Payload, *, pointer: str) -> Iterator[Fault]:
    """What of one normalised value does not fit the payload."""
    if "path" in field:
        yield from _MISFITS[field["type"]](
            field, value, pointers.found(payload, field["path"]), pointer
        )


def _pointers(field: Field) -> list[str]:
    return [field[name] for name in ("left", "right", "path") if name in field]


def _payload_faults(field: Field, payload: Payload) -> Iterator[Fault]:
    for pointer in _pointers(field):
        place = f"/payload{pointer}"
        try:
            there = pointers.found(payload, pointer)
        except pointers.NothingThere:
            detail = f"the field {field['key']!r} points at {pointer}, which is not there"
            yield Fault(place, "field_path_missing", detail)
            continue
        fault = _FAULTS[field["type"]](field, there)
        if fault:
            yield Fault(place, "field_wrong_type", f"the field {field['key']!r} needs {fault} here")


def _anything(field: Field, there: Any) -> str | None:
    return None


def _text(field: Field, there: Any) -> str | None:
    return None if isinstance(there, str) else "a text"


def _candidates(field: Field, there: Any) -> str | None:
    least = max(2, field.get("top", 2))
    if not isinstance(there, list) or not all(isinstance(name, str) for name in there):
        return "a list of strings"
    if not least <= len(there) <= MAX_RANKED:
        return f"{least} to {MAX_RANKED} strings"
    return None if len(set(there)) == len(there) else "strings that differ from each other"


_FAULTS: dict[str, Callable[[Field, Any], str | None]] = {
    "comparison": _anything,
    "boxes": _anything,
    "spans": _text,
    "ranking": _candidates,
}


def _unranked(
    field: Field, ranking: list[str], candidates: list[str], pointer: str
) -> Iterator[Fault]:
    fault = ranked_fault(field, ranking, candidates)
    if fault:
        yield Fault(pointer, *fault)


def _past_the_end(
    field: Field, spans: list[regions.Region], text: str, pointer: str
) -> Iterator[Fault]:
    for i, span in enumerate(spans):
        if span["end"] > len(text):
            detail = f"the text has {len(text)} code points"
            yield Fault(f"{pointer}/{i}/end", "out_of_range", detail)


def _outside(
    field: Field, boxes: list[regions.Region], image: Any, pointer: str
) -> Iterator[Fault]:
    """Boxes that leave an image whose payload tells its size in pixels."""
    size = _size(image)
    if size is None or field.get("unit") == "fraction":
        return
    for i, box in enumerate(boxes):
        fault = regions.beyond(box, *size, "pixels")
        if fault:
            name, code, detail = fault
            yield Fault(f"{pointer}/{i}/{name}", code, detail)


def _size(image: Any) -> tuple[float, float] | None:
    if not isinstance(image, dict):
        return None
    width, height = image.get("width"), image.get("height")
    if isinstance(width, int | float) and isinstance(height, int | float):
        return width, height
    return None


_MISFITS: dict[str, Callable[[Field, Any, Any, str], Iterator[Fault]]] = {
    "ranking": _unranked,
    "spans": _past_the_end,
    "boxes": _outside,
}
