"""Forms of every type of field, and the values that fit them or do not."""

import json
import math

import pytest

from tasks_app import forms
from tasks_app.errors import Invalid
from tasks_app.schemas import Schema

COMPARISON = {"key": "f", "type": "comparison", "left": "/a", "right": "/b"}
TIES = COMPARISON | {"ties": True}
RANKING = {"key": "f", "type": "ranking", "labels": ["wren", "owl", "crow"]}
TOP = RANKING | {"top": 2}
CANDIDATES = {"key": "f", "type": "ranking", "path": "/birds"}
SPANS = {"key": "f", "type": "spans", "path": "/text", "labels": ["bird", "place"]}
BOXES = {"key": "f", "type": "boxes", "labels": ["bird"]}
ON_IMAGE = BOXES | {"path": "/image"}
FRACTIONS = ON_IMAGE | {"unit": "fraction"}

BOX = {"x": 1, "y": 2.5, "width": 30, "height": 40, "label": "bird"}
SHARE = {"x": 0.7, "y": 0.1, "width": 0.3, "height": 0.2, "label": "bird"}


def a_span(start, end, label="bird"):
    return {"start": start, "end": end, "label": label}


def faults_of(field, given, payload=None):
    """(pointer, code) of everything that is wrong with an answer to the one field."""
    try:
        kept = forms.normalised([field], {"f": given})
        if payload is not None:
            forms.check_fit([field], kept, payload)
    except Invalid as error:
        return [(fault.pointer, fault.code) for fault in error.faults]
    return []


def kept(field, given):
    return forms.normalised([field], {"f": given})["f"]


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (COMPARISON, "left"),
        (COMPARISON, "right"),
        (TIES, "tie"),
        (RANKING, ["owl", "wren", "crow"]),
        (TOP, ["owl", "wren"]),
        (CANDIDATES, ["anything", "else"]),
        (SPANS, []),
        (SPANS, [a_span(0, 4), a_span(4, 6)]),
        (BOXES, []),
        (BOXES, [BOX]),
        (FRACTIONS, [SHARE]),
    ],
)
def test_a_value_that_fits_is_kept_as_it_is(field, given):
    assert kept(field, given) == given


def test_spans_and_boxes_are_kept_in_order_of_place():
    spans = [a_span(5, 6), a_span(0, 4, "place"), a_span(0, 4, "bird")]
    boxes = [BOX | {"x": 3}, BOX]

    assert kept(SPANS, spans) == [spans[2], spans[1], spans[0]]
    assert kept(BOXES, boxes) == [BOX, BOX | {"x": 3}]


def test_spans_of_different_labels_may_overlap():
    assert faults_of(SPANS, [a_span(0, 4, "bird"), a_span(2, 6, "place")]) == []


@pytest.mark.parametrize(
    ("field", "given", "pointer", "code"),
    [
        (COMPARISON, "tie", "", "unknown_label"),
        (COMPARISON, "up", "", "unknown_label"),
        (COMPARISON, 1, "", "schema"),
        (COMPARISON, None, "", "schema"),
        (RANKING, "wren", "", "schema"),
        (RANKING, ["wren", 2, "owl"], "", "schema"),
        (RANKING, ["wren", "owl"], "", "wrong_length"),
        (RANKING, ["wren", "owl", "owl"], "", "ranked_twice"),
        (RANKING, ["wren", "owl", "bat"], "", "unknown_label"),
        (TOP, ["wren", "owl", "crow"], "", "wrong_length"),
        (CANDIDATES, [str(i) for i in range(101)], "", "too_many"),
        (SPANS, {}, "", "schema"),
        (SPANS, [a_span(i, i + 1) for i in range(1001)], "", "too_many"),
        (SPANS, ["x"], "/0", "schema"),
        (SPANS, [{"start": 0, "end": 1}], "/0", "schema"),
        (SPANS, [a_span(0, 1) | {"more": 1}], "/0", "schema"),
        (SPANS, [a_span(0, 1, "bat")], "/0/label", "unknown_label"),
        (SPANS, [a_span(0, 1, ["bird"])], "/0/label", "unknown_label"),
        (SPANS, [a_span(0.5, 1)], "/0/start", "schema"),
        (SPANS, [a_span(0, True)], "/0/end", "schema"),
        (SPANS, [a_span(-1, 1)], "/0/start", "out_of_range"),
        (SPANS, [a_span(3, 3)], "/0/end", "out_of_range"),
        (SPANS, [a_span(0, 2), a_span(0, 2)], "/1", "duplicate"),
        (SPANS, [a_span(4, 9), a_span(0, 5)], "/0", "overlap"),
        (BOXES, "x", "", "schema"),
        (BOXES, [BOX | {"x": i} for i in range(1001)], "", "too_many"),
        (BOXES, [[1, 2, 3, 4]], "/0", "schema"),
        (BOXES, [BOX | {"label": "bat"}], "/0/label", "unknown_label"),
        (BOXES, [BOX | {"x": "1"}], "/0/x", "schema"),
        (BOXES, [BOX | {"y": math.nan}], "/0/y", "schema"),
        (BOXES, [BOX | {"width": False}], "/0/width", "schema"),
        (BOXES, [BOX | {"x": -1}], "/0/x", "out_of_range"),
        (BOXES, [BOX | {"height": 0}], "/0/height", "out_of_range"),
        (BOXES, [BOX | {"height": 10**7}], "/0/height", "out_of_range"),
        (BOXES, [BOX | {"x": 999_999}], "/0/width", "out_of_range"),
        (BOXES, [BOX, BOX], "/1", "duplicate"),
        (FRACTIONS, [BOX], "/0/y", "out_of_range"),
        (FRACTIONS, [SHARE | {"width": 0.4}], "/0/width", "out_of_range"),
        (FRACTIONS, [SHARE | {"y": 0.9}], "/0/height", "out_of_range"),
    ],
)
def test_a_value_that_does_not_fit_is_refused_by_its_place(field, given, pointer, code):
    assert faults_of(field, given) == [(f"/answer/f{pointer}", code)]


@pytest.mark.parametrize(
    ("field", "given", "payload", "expected"),
    [
        (SPANS, [a_span(0, 3)], {"text": "owl"}, []),
        (SPANS, [a_span(0, 4)], {"text": "owl"}, [("/answer/f/0/end", "out_of_range")]),
        (SPANS, [a_span(1, 2)], {"text": "a🦉b"}, []),
        (SPANS, [a_span(2, 4)], {"text": "a🦉b"}, [("/answer/f/0/end", "out_of_range")]),
        (CANDIDATES, ["b", "a"], {"birds": ["a", "b"]}, []),
        (CANDIDATES, ["a", "c"], {"birds": ["a", "b"]}, [("/answer/f", "unknown_label")]),
        (CANDIDATES, ["a"], {"birds": ["a", "b"]}, [("/answer/f", "wrong_length")]),
        (CANDIDATES | {"top": 1}, ["a"], {"birds": ["a", "b"]}, []),
        (ON_IMAGE, [BOX], {"image": "owl.png"}, []),
        (ON_IMAGE, [BOX], {"image": {"url": "owl.png", "width": 31, "height": 42.5}}, []),
        (
            ON_IMAGE,
            [BOX],
            {"image": {"width": 30, "height": 100}},
            [("/answer/f/0/width", "out_of_range")],
        ),
        (
            ON_IMAGE,
            [BOX],
            {"image": {"width": 100, "height": 42}},
            [("/answer/f/0/height", "out_of_range")],
        ),
        (ON_IMAGE, [BOX], {"image": {"width": "30", "height": 42}}, []),
        (FRACTIONS, [SHARE], {"image": {"width": 0.1, "height": 0.1}}, []),
        (COMPARISON, "left", {"a": 1, "b": 2}, []),
    ],
)
def test_a_value_is_held_to_what_the_worker_saw(field, given, payload, expected):
    assert faults_of(field, given, payload) == expected


@pytest.mark.parametrize(
    ("field", "payload", "expected"),
    [
        (COMPARISON, {"a": "x", "b": {"id": 1}}, []),
        (
            COMPARISON,
            {"a": "x"},
            [("/payload/b", "field_path_missing")],
        ),
        (
            COMPARISON,
            {},
            [("/payload/a", "field_path_missing"), ("/payload/b", "field_path_missing")],
        ),
        (SPANS, {"text": ""}, []),
        (SPANS, {}, [("/payload/text", "field_path_missing")]),
        (SPANS, {"text": 7}, [("/payload/text", "field_wrong_type")]),
        (BOXES, {}, []),
        (ON_IMAGE, {}, [("/payload/image", "field_path_missing")]),
        (CANDIDATES, {"birds": ["a", "b"]}, []),
        (CANDIDATES, {"birds": "ab"}, [("/payload/birds", "field_wrong_type")]),
        (CANDIDATES, {"birds": ["a"]}, [("/payload/birds", "field_wrong_type")]),
        (CANDIDATES, {"birds": ["a", "a"]}, [("/payload/birds", "field_wrong_type")]),
        (CANDIDATES, {"birds": ["a", 1]}, [("/payload/birds", "field_wrong_type")]),
        (
            CANDIDATES,
            {"birds": [str(i) for i in range(101)]},
            [("/payload/birds", "field_wrong_type")],
        ),
        (
            CANDIDATES | {"top": 3},
            {"birds": ["a", "b"]},
            [("/payload/birds", "field_wrong_type")],
        ),
    ],
)
def test_a_payload_must_have_what_the_form_points_at(field, payload, expected):
    try:
        forms.check_payload([field], payload)
        found = []
    except Invalid as error:
        found = [(fault.pointer, fault.code) for fault in error.faults]

    assert found == expected


@pytest.mark.parametrize(
    ("field", "pointer", "code"),
    [
        (COMPARISON | {"right": "/a"}, "/form/0/right", "same_place"),
        (RANKING | {"path": "/birds"}, "/form/0/labels", "labels_or_path"),
        ({"key": "f", "type": "ranking"}, "/form/0/labels", "labels_or_path"),
        (RANKING | {"top": 4}, "/form/0/top", "top_too_large"),
    ],
)
def test_a_field_that_contradicts_itself_is_refused(field, pointer, code):
    with pytest.raises(Invalid) as refused:
        forms.check([field])

    assert [(fault.pointer, fault.code) for fault in refused.value.faults] == [(pointer, code)]


@pytest.mark.parametrize(
    "field", [COMPARISON, TIES, RANKING, TOP, CANDIDATES, SPANS, BOXES, ON_IMAGE, FRACTIONS]
)
def test_a_field_that_is_well_formed_passes(field):
    assert Schema(forms.SCHEMAS[field["type"]]).faults(field) == []
    forms.check([field])


@pytest.mark.parametrize(
    "field",
    [
        {"key": "f", "type": "comparison", "left": "/a"},
        COMPARISON | {"left": "a"},
        RANKING | {"labels": ["one"]},
        RANKING | {"top": 0},
        {"key": "f", "type": "spans", "labels": ["bird"]},
        SPANS | {"labels": []},
        {"key": "f", "type": "boxes"},
        BOXES | {"unit": "inch"},
    ],
)
def test_a_field_of_another_shape_does_not(field):
    assert Schema(forms.SCHEMAS[field["type"]]).faults(field)


@pytest.mark.parametrize(
    ("field", "given"),
    [
        (TIES, "tie"),
        (RANKING, ["wren", "owl", "crow"]),
        (SPANS, [a_span(0, 3)]),
        (BOXES, [BOX]),
    ],
)
def test_a_cell_spells_lists_in_json(field, given):
    cell = given if isinstance(given, str) else json.dumps(given)

    assert forms.from_text(field, cell) == given


@pytest.mark.parametrize("field", [RANKING, SPANS, BOXES])
def test_a_cell_that_is_no_json_stands_as_it_is_and_is_refused(field):
    assert forms.from_text(field, "[1,") == "[1,"
    assert faults_of(field, "[1,") == [("/answer/f", "schema")]


def test_only_choices_count_for_chance():
    choice = {"key": "g", "type": "choice", "labels": ["a", "b", "c", "d"]}

    assert forms.chance([COMPARISON, RANKING, SPANS, BOXES]) == 0.5
    assert forms.chance([choice, COMPARISON, SPANS]) == 0.25


@pytest.mark.parametrize(
    ("field", "expected"),
    [(COMPARISON, ["left", "right"]), (TIES, ["left", "right", "tie"]), (RANKING, None)],
)
def test_what_a_field_offers_to_choose_from(field, expected):
    assert forms.choices(field) == expected
