"""Spans and boxes as answers: lists of objects, each held to its own rules."""

import math
from collections.abc import Callable, Iterator
from itertools import pairwise
from typing import Any

from tasks_app.errors import Fault
from tasks_app.forms.schemas import MAX_PIXELS, MAX_REGIONS, Field

Region = dict[str, Any]

_ENDS = ("start", "end")
_SIDES = ("x", "y", "width", "height")
# Fractions that were divided and added may miss 1 by this much.
SLACK = 1e-9


def kept(field: Field, given: list[Region]) -> list[Region]:
    """Regions as they are kept and compared: spans and boxes in order of place and label."""
    names = _ENDS if field["type"] == "spans" else _SIDES
    return sorted(
        ({name: region[name] for name in (*names, "label")} for region in given),
        key=lambda region: [*(region[name] for name in names), region["label"]],
    )


def _spans_faults(field: Field, given: Any, pointer: str) -> list[Fault]:
    faults = _shape_faults(field, given, pointer, _ENDS, _span_fault)
    return faults or list(_crossing(given, pointer))


def _boxes_faults(field: Field, given: Any, pointer: str) -> list[Fault]:
    fault = _fraction_fault if field.get("unit") == "fraction" else _pixel_fault
    faults = _shape_faults(field, given, pointer, _SIDES, fault)
    return faults or list(_repeated(given, pointer))


FAULTS = {"spans": _spans_faults, "boxes": _boxes_faults}


def _shape_faults(
    field: Field,
    given: Any,
    pointer: str,
    names: tuple[str, ...],
    fault_of: Callable[[Region], tuple[str, str, str] | None],
) -> list[Fault]:
    """Everything that is wrong with the regions one by one."""
    wanted = {*names, "label"}
    if not isinstance(given, list):
        return [Fault(pointer, "schema", f"a list of {field['type']} is wanted")]
    if len(given) > MAX_REGIONS:
        return [Fault(pointer, "too_many", f"at most {MAX_REGIONS} {field['type']} are taken")]
    faults: list[Fault] = []
    for i, region in enumerate(given):
        place = f"{pointer}/{i}"
        if not isinstance(region, dict) or set(region) != wanted:
            told = ", ".join((*names, "label"))
            faults.append(Fault(place, "schema", f"an object of {told} is wanted"))
        elif region["label"] not in field["labels"]:
            told = str(region["label"])[:80]
            detail = f"{told!r} is not a label of {field['key']!r}"
            faults.append(Fault(f"{place}/label", "unknown_label", detail))
        elif fault := fault_of(region):
            name, code, detail = fault
            faults.append(Fault(f"{place}/{name}", code, detail))
    return faults


def _span_fault(span: Region) -> tuple[str, str, str] | None:
    for name in _ENDS:
        if isinstance(span[name], bool) or not isinstance(span[name], int):
            return name, "schema", "a whole number of code points is wanted"
    if span["start"] < 0:
        return "start", "out_of_range", "a span starts at 0 or later"
    if span["end"] <= span["start"]:
        return "end", "out_of_range", "a span ends after its start"
    return None


def _pixel_fault(box: Region) -> tuple[str, str, str] | None:
    return _box_fault(box, MAX_PIXELS, "pixels")


def _fraction_fault(box: Region) -> tuple[str, str, str] | None:
    return _box_fault(box, 1, "of the image")


def _box_fault(box: Region, most: float, unit: str) -> tuple[str, str, str] | None:
    for name in _SIDES:
        side = box[name]
        if isinstance(side, bool) or not isinstance(side, int | float) or not math.isfinite(side):
            return name, "schema", "a number is wanted"
        least = 0 if name in {"x", "y"} else math.ulp(0.0)
        if not least <= side <= most:
            kind = "from 0" if least == 0 else "above 0"
            return name, "out_of_range", f"a number {kind} to {most} {unit} is wanted"
    return beyond(box, most, most, unit)


def beyond(box: Region, width: float, height: float, unit: str) -> tuple[str, str, str] | None:
    """The side on which a box leaves an image of this size, if it does."""
    for at, size, limit in (("x", "width", width), ("y", "height", height)):
        if box[at] + box[size] > limit + SLACK * max(1, limit):
            return size, "out_of_range", f"{at} + {size} is beyond {limit:g} {unit}"
    return None


def _crossing(given: list[Region], pointer: str) -> Iterator[Fault]:
    """Spans of one label that overlap; those of different labels may."""
    order = sorted(
        range(len(given)), key=lambda i: (given[i]["label"], given[i]["start"], given[i]["end"])
    )
    for i, j in pairwise(order):
        if given[i]["label"] != given[j]["label"] or given[j]["start"] >= given[i]["end"]:
            continue
        if given[i] == given[j]:
            yield Fault(f"{pointer}/{j}", "duplicate", "this span stands there twice")
        else:
            yield Fault(f"{pointer}/{j}", "overlap", "spans of one label must not overlap")


def _repeated(given: list[Region], pointer: str) -> Iterator[Fault]:
    seen: set[tuple[Any, ...]] = set()
    for i, box in enumerate(given):
        key = tuple(box[name] for name in (*_SIDES, "label"))
        if key in seen:
            yield Fault(f"{pointer}/{i}", "duplicate", "this box stands there twice")
        seen.add(key)
