"""One row of a split item, stitched from the rows of its parts."""

import pytest

from quality.models import Revision
from quality.revisions import Row
from quality.stitching import stitched
from tasks_app.models import Project, Task

WINDOWS = {"by": "windows", "path": "/text", "size": 10, "overlap": 4}
SPANS = {"key": "f", "type": "spans", "path": "/text", "labels": ["bird", "place"]}


def a_span(start, end, label="bird", confidence=0.9):
    return {"start": start, "end": end, "label": label, "confidence": confidence}


def whole(field, *values, split=WINDOWS):
    """The value of an item whose parts, each 6 after the last, have these values."""
    parts = [
        (
            Task(part_index=i, part_of=len(values), part_start=6 * i, part_end=6 * i + 10),
            Row(1, i, "f", Revision.State.RESOLVED, value=value, confidence=0.8, n_answers=3),
        )
        for i, value in enumerate(values)
    ]
    return stitched(Project(split=split), 1, field, parts).value


@pytest.mark.parametrize(
    ("left", "right", "expected"),
    [
        ([a_span(0, 3)], [a_span(0, 3)], [a_span(0, 3), a_span(6, 9)]),
        ([a_span(6, 9, confidence=0.7)], [a_span(0, 3)], [a_span(6, 9)]),
        ([a_span(6, 9)], [a_span(0, 3, confidence=0.7)], [a_span(6, 9)]),
        ([a_span(6, 9)], [a_span(0, 3, "place")], [a_span(6, 9), a_span(6, 9, "place")]),
        ([a_span(7, 10)], [a_span(1, 7)], [a_span(7, 13)]),
        ([], [a_span(1, 2)], [a_span(7, 8)]),
        ([], None, []),
    ],
)
def test_spans_of_windows_become_spans_of_the_text(left, right, expected):
    assert whole(SPANS, left, right) == expected


@pytest.mark.parametrize(
    ("field", "split"),
    [
        (SPANS | {"path": "/title"}, WINDOWS),
        (SPANS, {"by": "list", "path": "/text"}),
        ({"key": "f", "type": "boxes", "labels": ["bird"]}, WINDOWS),
        ({"key": "f", "type": "ranking", "path": "/birds"}, WINDOWS),
        ({"key": "f", "type": "comparison", "left": "/a", "right": "/b"}, WINDOWS),
    ],
)
def test_what_is_not_about_the_text_that_was_cut_is_listed_part_by_part(field, split):
    listed = whole(field, ["one"], ["other"], split=split)

    assert [(part["part"], part["value"]) for part in listed] == [(0, ["one"]), (1, ["other"])]
