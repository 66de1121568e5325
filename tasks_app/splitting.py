"""Cut an item into parts: a pure function of the split rule and the payload."""

import re
from dataclasses import dataclass
from typing import Any

from tasks_app import pointers
from tasks_app.errors import invalid

# A sentence ends with its mark, any closing quotes or brackets, and white space; or with a line.
_SENTENCE_END = re.compile("[.!?\u2026\u3002\uff01\uff1f]+[\"'\u201d\u2019\u00bb)\\]]*\\s+|\\n\\s*")

POINTER = {"type": "string", "pattern": "^(/([^~/]|~0|~1)+)+$", "maxLength": 500}
SCHEMAS: dict[str, dict[str, Any]] = {
    "none": {
        "type": "object",
        "properties": {"by": {"const": "none"}},
        "required": ["by"],
        "additionalProperties": False,
    },
    "list": {
        "type": "object",
        "properties": {"by": {"const": "list"}, "path": POINTER},
        "required": ["by", "path"],
        "additionalProperties": False,
    },
    "windows": {
        "type": "object",
        "properties": {
            "by": {"const": "windows"},
            "path": POINTER,
            "size": {"type": "integer", "minimum": 1, "maximum": 1_000_000},
            "overlap": {"type": "integer", "minimum": 0, "maximum": 1_000_000},
        },
        "required": ["by", "path", "size"],
        "additionalProperties": False,
    },
}


@dataclass(frozen=True, slots=True)
class Part:
    """Which part of an item a task asks about; start and end are in Unicode code points."""

    index: int | None = None
    of: int | None = None
    start: int | None = None
    end: int | None = None


WHOLE = Part()


def parts(split: dict[str, Any], payload: dict[str, Any]) -> list[Part]:
    """The parts of a payload, in order; the same payload always gives the same parts.

    Raises Invalid if the payload has nothing to split where the rule says.
    """
    if split["by"] == "none":
        return [WHOLE]
    target = _target(split, payload)
    if split["by"] == "list":
        spans: list[tuple[int | None, int | None]] = [(None, None)] * len(target)
    else:
        spans = list(windows(target, size=split["size"], overlap=split.get("overlap", 0)))
    if not spans:
        raise invalid(f"/payload{split['path']}", "split_empty", "there is nothing to split")
    return [Part(i, len(spans), start, end) for i, (start, end) in enumerate(spans)]


def part_payload(split: dict[str, Any], payload: dict[str, Any], part: Part) -> dict[str, Any]:
    """What the worker sees of a part: the payload with the list or text replaced by it."""
    if part.index is None:
        return payload
    target = pointers.found(payload, split["path"])
    piece = target[part.index] if split["by"] == "list" else target[part.start : part.end]
    shown: dict[str, Any] = pointers.replaced(payload, split["path"], piece)
    return shown


def windows(text: str, *, size: int, overlap: int) -> list[tuple[int, int]]:
    """(start, end) of each window: the longest run of whole sentences within `size`.

    The next window starts at the first sentence start at or after end - overlap. Every
    character but white space between sentences is in some window.
    """
    sentences = _sentences(text, size)
    found: list[tuple[int, int]] = []
    first = 0
    while first < len(sentences):
        start = sentences[first][0]
        last = first
        while last + 1 < len(sentences) and sentences[last + 1][1] - start <= size:
            last += 1
        end = sentences[last][1]
        found.append((start, end))
        if last + 1 == len(sentences):
            break
        first = next(
            i
            for i in range(first + 1, last + 2)
            if i == last + 1 or sentences[i][0] >= end - overlap
        )
    return found


def _sentences(text: str, size: int) -> list[tuple[int, int]]:
    """Spans of sentences without the white space around; none longer than `size`."""
    found: list[tuple[int, int]] = []
    start = 0
    for end in [*(match.end() for match in _SENTENCE_END.finditer(text)), len(text)]:
        found.extend(_pieces(text, start, end, size))
        start = end
    return found


def _pieces(text: str, start: int, end: int, size: int) -> list[tuple[int, int]]:
    """A sentence, cut at the last space before `size` while it is longer, else hard."""
    found: list[tuple[int, int]] = []
    while True:
        while start < end and text[start].isspace():
            start += 1
        while end > start and text[end - 1].isspace():
            end -= 1
        if start == end:
            return found
        if end - start <= size:
            return [*found, (start, end)]
        cut = text.rfind(" ", start, start + size + 1)
        stop = cut if cut > start else start + size
        while text[stop - 1].isspace():
            stop -= 1
        found.append((start, stop))
        start = stop


def _target(split: dict[str, Any], payload: dict[str, Any]) -> Any:
    pointer, kind = f"/payload{split['path']}", list if split["by"] == "list" else str
    try:
        target = pointers.found(payload, split["path"])
    except pointers.NothingThere:
        raise invalid(pointer, "split_path_missing", "the payload has no such place") from None
    if not isinstance(target, kind):
        wanted = "a list" if kind is list else "a text"
        raise invalid(pointer, "split_wrong_type", f"the split rule needs {wanted} here")
    return target


def check(split: dict[str, Any]) -> None:
    """Raises Invalid if the overlap is not smaller than the window."""
    if split["by"] == "windows" and split.get("overlap", 0) >= split["size"]:
        raise invalid("/split/overlap", "overlap_too_large", "overlap must be smaller than size")
