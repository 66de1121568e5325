"""How right an answer to gold is."""

import pytest

from quality.gold.accepted import is_missed, score
from tasks_app import forms

KIND = {"key": "f", "type": "choice", "labels": ["wren", "owl", "other"]}
MARKS = {"key": "f", "type": "multichoice", "labels": ["red", "blue"]}
LENGTH = {"key": "f", "type": "number"}
ROUGHLY = {"key": "f", "type": "number", "tolerance": 2}
NAME = {"key": "f", "type": "text"}
SPANS = {"key": "f", "type": "spans", "path": "/text", "labels": ["bird", "tree"]}
BOXES = {"key": "f", "type": "boxes", "labels": ["bird"]}


def accepted(*entries, **more):
    return {"accepted": list(entries), **more}


def span(start, end, label="bird"):
    return {"start": start, "end": end, "label": label}


def box(x, y, width=10, height=10):
    return {"x": x, "y": y, "width": width, "height": height, "label": "bird"}


@pytest.mark.parametrize(
    ("field", "gold", "given", "wanted"),
    [
        (KIND, "owl", "owl", 1),
        (KIND, "owl", "wren", 0),
        (KIND, accepted({"value": "owl"}, {"value": "other", "weight": 0.6}), "other", 0.6),
        (KIND, accepted({"value": "owl"}, {"value": "other", "weight": 0.6}), "owl", 1),
        (KIND, accepted({"value": "owl"}, {"value": "other", "weight": 0.6}), "wren", 0),
        (MARKS, ["red", "blue"], ["red", "blue"], 1),
        (MARKS, ["red", "blue"], ["red"], 0),
        (LENGTH, 7, 7.0, 1),
        (LENGTH, 7, 7.001, 0),
        (ROUGHLY, 7, 9, 1),
        (ROUGHLY, 7, 9.1, 0),
        (ROUGHLY, accepted({"value": 7, "tolerance": 0.1}), 7.1, 1),
        (ROUGHLY, accepted({"value": 7, "tolerance": 0.1}), 8, 0),
        (LENGTH, accepted({"minimum": 1, "maximum": 2}), 2, 1),
        (LENGTH, accepted({"minimum": 1, "maximum": 2}), 2.1, 0),
        (
            LENGTH,
            accepted({"value": 5}, {"minimum": 4, "maximum": 6, "weight": 0.5}),
            4.5,
            0.5,
        ),
        (NAME, "Grey Heron", " grey  heron. ", 1),
        (NAME, "Grey Heron", "heron", 0),
        (SPANS, [span(0, 10)], [span(1, 10)], 1),
        (SPANS, [span(0, 10)], [span(0, 10, "tree")], 0),
        (SPANS, accepted({"value": [span(0, 10)], "overlap": 0.95}), [span(1, 10)], 0),
        (SPANS, [], [], 1),
        (BOXES, [box(0, 0), box(50, 50)], [box(50, 51)], 2 / 3),
        (BOXES, accepted({"value": [box(0, 0)]}), [box(0, 4)], 0),
        (BOXES, accepted({"value": [box(0, 0)], "overlap": 0.4}), [box(0, 4)], 1),
    ],
)
def test_an_answer_is_as_right_as_what_is_accepted(field, gold, given, wanted):
    assert score([field], {"f": gold}, {"f": given}) == pytest.approx(wanted)


def test_an_answer_to_several_fields_is_right_in_the_mean_of_those_that_are_known():
    form = [KIND | {"key": "kind"}, NAME | {"key": "name"}, LENGTH | {"key": "length"}]
    gold = {"kind": "owl", "name": "Barn owl"}

    assert score(form, gold, {"kind": "owl", "name": "Tawny owl", "length": 3}) == 0.5
    assert score(form, gold, {"kind": "owl", "name": "barn owl"}) == 1.0


def test_to_leave_a_known_field_out_is_wrong():
    assert score([KIND], {"f": "owl"}, {}) == 0.0


def test_less_than_half_right_is_a_miss():
    assert (is_missed(0.49), is_missed(0.5)) == (True, False)


def test_only_one_value_that_is_right_alone_binds_a_fit():
    gold = {
        "plain": "owl",
        "alone": accepted({"value": "owl"}, reason="It has ears."),
        "several": accepted({"value": "owl"}, {"value": "wren", "weight": 0.1}),
        "range": accepted({"minimum": 1, "maximum": 2}),
    }

    assert forms.certain(gold) == {"plain": "owl", "alone": "owl"}
