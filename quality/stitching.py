"""One row per field of a split item, stitched from its parts."""

from collections.abc import Sequence
from typing import Any

from quality.models import Revision
from quality.revisions import Row
from tasks_app.forms import Field
from tasks_app.models import Project, Task

State = Revision.State


def stitched(
    project: Project, item_id: int, field: Field, parts: Sequence[tuple[Task, Row]]
) -> Row:
    """The row of a whole item from the latest rows of its parts, in order of the parts."""
    rows = [row for _, row in parts]
    n_short = sum(row.state == State.UNRESOLVABLE for row in rows)
    return Row(
        item_id=item_id,
        task_id=None,
        field=field["key"],
        state=State.UNRESOLVABLE if n_short else State.RESOLVED,
        value=_value(project.split, field, parts),
        confidence=_lowest([row.confidence for row in rows]),
        stop_posterior=_lowest([row.stop_posterior for row in rows]),
        n_answers=sum(row.n_answers for row in rows),
        n_set_aside=sum(row.n_set_aside for row in rows),
        aggregator="stitched",
        aggregator_version="1",
        aggregator_parameters={"parts": sorted({row.aggregator for row in rows})},
        guideline_version=max((row.guideline_version or 0 for row in rows), default=0) or None,
    )


def joined(pieces: Sequence[tuple[int | None, int | None, str, float]]) -> str:
    """Texts of (start, end, text, confidence) in order, each overlap from the surer one."""
    whole = ""
    # Where the text so far ends in the source, and how sure its last piece is.
    reached, sureness = None, 0.0
    for start, end, text, confidence in pieces:
        overlap = 0 if reached is None or start is None else max(0, reached - start)
        if not whole:
            whole = text
        elif not overlap:
            whole = f"{whole} {text}"
        else:
            whole = _merged(
                whole, text, overlap / max(1, (end or 0) - (start or 0)), confidence > sureness
            )
        reached, sureness = end, confidence
    return whole


def _merged(left: str, right: str, share: float, right_is_surer: bool) -> str:
    """Two texts whose ends tell the same: the common run once, or the less sure one cut."""
    for size in range(min(len(left), len(right)), 0, -1):
        if left.endswith(right[:size]):
            return left + right[size:]
    words = right.split()
    n_shared = round(len(words) * share)
    if right_is_surer:
        kept = left.split()
        return " ".join([*kept[: max(0, len(kept) - n_shared)], *words])
    return " ".join([left, *words[n_shared:]]).rstrip()


def _value(split: dict[str, Any], field: Field, parts: Sequence[tuple[Task, Row]]) -> Any:
    if field["type"] == "text":
        return _text(parts)
    if field["type"] == "multichoice":
        return _union(field, parts)
    if field["type"] == "spans" and split["by"] == "windows" and split["path"] == field["path"]:
        return _spans(parts)
    return _listed(parts)


def _lowest(numbers: list[float | None]) -> float | None:
    known = [number for number in numbers if number is not None]
    return min(known) if known and len(known) == len(numbers) else None


def _listed(parts: Sequence[tuple[Task, Row]]) -> list[dict[str, Any]]:
    return [
        {
            "part": task.part_index,
            "start": task.part_start,
            "end": task.part_end,
            "value": row.value,
            "confidence": row.confidence,
        }
        for task, row in parts
    ]


def _text(parts: Sequence[tuple[Task, Row]]) -> str:
    return joined(
        [
            (task.part_start, task.part_end, row.value, row.confidence or 0.0)
            for task, row in parts
            if row.value is not None
        ]
    )


def _spans(parts: Sequence[tuple[Task, Row]]) -> list[dict[str, Any]]:
    """Spans of windows as spans of the whole; one that several windows show, from the surest.

    One within another of its label is left out: a window's edge cut it.
    """
    best: dict[tuple[int, int, str], float] = {}
    for task, row in parts:
        shift = task.part_start or 0
        for span in row.value or []:
            place = (span["start"] + shift, span["end"] + shift, span["label"])
            best[place] = max(best.get(place, 0.0), span["confidence"])
    return [
        {"start": start, "end": end, "label": label, "confidence": best[start, end, label]}
        for start, end, label in sorted(best)
        if not any(
            first <= start and end <= last and other == label and (first, last) != (start, end)
            for first, last, other in best
        )
    ]


def _union(field: Field, parts: Sequence[tuple[Task, Row]]) -> list[dict[str, Any]]:
    best: dict[str, float] = {}
    for _, row in parts:
        for label, probability in (row.distribution or {}).items():
            if label in (row.value or []):
                best[label] = max(best.get(label, 0.0), probability)
    return [
        {"value": label, "confidence": best[label]} for label in field["labels"] if label in best
    ]
