"""Comparisons, rankings, spans and boxes over the doors: from the form to the consensus."""

import json

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.flows import settling
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db

COMPARISON = {"type": "comparison", "left": "/a", "right": "/b", "ties": True}
RANKING = {"type": "ranking", "path": "/birds"}
LABELS = {"type": "ranking", "labels": ["wren", "owl", "crow"]}
SPANS = {"type": "spans", "path": "/text", "labels": ["bird", "place"]}
BOXES = {"type": "boxes", "path": "/image", "labels": ["bird", "nest"]}

PAIR = {"a": {"id": "m1", "text": "One"}, "b": {"id": "m2", "text": "Two"}}
BIRDS = {"birds": ["wren", "owl", "crow"]}
TEXT = {"text": "A 🦉 owl in Rome"}
IMAGE = {"image": {"url": "owl.png", "width": 100, "height": 80}}

OWL = {"start": 4, "end": 7, "label": "bird"}
ROME = {"start": 11, "end": 15, "label": "place"}
BOX = {"x": 10, "y": 20, "width": 40, "height": 30, "label": "bird"}


def a_project(rosa, field, **more):
    """The slug of an open project that asks this field, `f`."""
    asked = {
        "slug": "types",
        "name": "Types",
        "form": [field | {"key": "f", "prompt": "Well?"}],
        "redundancy": {"min": 3, "max": 5},
    }
    made = rosa.post("/projects/", asked | more)
    assert made.status == 201, made.body
    assert made["form"][0]["type"] == field["type"]
    slug = made["slug"]
    assert rosa.post(f"/projects/{slug}/open/").status == 200
    return slug


def some_items(carl, slug, *payloads, **more):
    rows = [{"external_id": f"i{n}", "payload": p} | more for n, p in enumerate(payloads)]
    return carl.post(f"/projects/{slug}/items/", rows)


def some_workers(rosa, n):
    invited = [rosa.post("/workers/", {"username": f"w{number}"}) for number in range(n)]
    return [Caller(rosa.post(f"/workers/{w['id']}/keys/", {})["key"]) for w in invited]


def answered(worker, slug, value):
    """Claims one task and answers it."""
    (lease,) = worker.post(f"/projects/{slug}/claim/", {"count": 1})["assignments"]
    return worker.post(f"/assignments/{lease['id']}/submit/", {"answer": {"f": value}})


def settled(carl, slug):
    """The rows of the consensus once everything is settled."""
    settling.settle_due(until=float("inf"))
    return carl.get(f"/projects/{slug}/consensus/")["results"]


def recorded(carl, slug, *values, **more):
    """Answers to item i0 by workers r0, r1, ..."""
    rows = [
        {"external_id": "i0", "worker": f"r{n}", "answer": {"f": value}} | more
        for n, value in enumerate(values)
    ]
    return carl.post(f"/projects/{slug}/answers/", rows)


def bare(regions):
    """Regions without their confidences, each of which must be a probability."""
    assert all(0.5 <= region["confidence"] <= 1 for region in regions)
    return [{k: v for k, v in region.items() if k != "confidence"} for region in regions]


@pytest.mark.parametrize(
    ("field", "payload", "answers", "expected"),
    [
        (COMPARISON, PAIR, ["left", "left", "right"], "left"),
        (COMPARISON, PAIR, ["tie", "tie", "tie"], "tie"),
        (RANKING, BIRDS, [["owl", "wren", "crow"]] * 3, ["owl", "wren", "crow"]),
        (
            LABELS | {"top": 1},
            {},
            [["owl"], ["wren"], ["owl"]],
            ["owl"],
        ),
        (SPANS, TEXT, [[OWL, ROME], [ROME, OWL], [OWL | {"start": 2}, ROME]], [OWL, ROME]),
        (SPANS, TEXT, [[], [], []], []),
        (BOXES, IMAGE, [[BOX], [BOX], [BOX | {"x": 12}]], [BOX]),
    ],
)
def test_answers_become_a_consensus(rosa, carl, field, payload, answers, expected):
    slug = a_project(rosa, field)
    made = some_items(carl, slug, payload)
    assert (made.status, made["tasks"]) == (201, 1), made.body

    for worker, value in zip(some_workers(rosa, 3), answers, strict=True):
        done = answered(worker, slug, value)
        assert done.status == 201, done.body

    (row,) = settled(carl, slug)
    assert (row["state"], row["n_answers"]) == ("resolved", 3)
    assert 0 < row["confidence"] <= 1
    value = row["value"]
    if field is BOXES:
        (box,) = bare(value)
        assert box["label"] == "bird"
        assert box["x"] == pytest.approx(10, abs=1)
        assert box["width"] == pytest.approx(40, abs=1)
    else:
        assert (bare(value) if field is SPANS else value) == expected
    assert rosa.get(f"/projects/{slug}/agreement/").status == 200


def test_a_comparison_tells_the_distribution_over_its_sides(rosa, carl):
    slug = a_project(rosa, COMPARISON | {"ties": False})
    some_items(carl, slug, PAIR)
    recorded(carl, slug, "right", "right", "right")

    (row,) = settled(carl, slug)

    assert set(row["distribution"]) == {"left", "right"}
    assert row["distribution"]["right"] == row["confidence"] > 0.5
    assert row["aggregator"]["name"] == "noisy_bradley_terry"
    assert row["share"] == 1


def test_the_same_answer_in_another_order_is_the_same_answer(rosa, carl):
    slug = a_project(rosa, SPANS)
    some_items(carl, slug, TEXT)
    (worker,) = some_workers(rosa, 1)
    (lease,) = worker.post(f"/projects/{slug}/claim/", {"count": 1})["assignments"]
    path = f"/assignments/{lease['id']}/submit/"

    first = worker.post(path, {"answer": {"f": [OWL, ROME]}})
    again = worker.post(path, {"answer": {"f": [ROME, OWL]}})
    other = worker.post(path, {"answer": {"f": [OWL]}})

    assert (first.status, again.status) == (201, 200)
    assert again.body == first.body
    assert (other.status, other["code"]) == (409, "already_answered")


@pytest.mark.parametrize(
    ("field", "payload", "value", "pointer", "code"),
    [
        (COMPARISON, PAIR, "both", "/answer/f", "unknown_label"),
        (RANKING, BIRDS, ["owl", "wren", "bat"], "/answer/f", "unknown_label"),
        (RANKING, BIRDS, ["owl", "wren"], "/answer/f", "wrong_length"),
        (SPANS, TEXT, [ROME | {"end": 16}], "/answer/f/0/end", "out_of_range"),
        (SPANS, TEXT, [OWL, OWL], "/answer/f/1", "duplicate"),
        (BOXES, IMAGE, [BOX | {"x": 61}], "/answer/f/0/width", "out_of_range"),
        (BOXES, IMAGE, [BOX | {"y": 50.5}], "/answer/f/0/height", "out_of_range"),
    ],
)
def test_an_answer_that_does_not_fit_is_refused_wherever_it_comes_from(
    rosa, carl, field, payload, value, pointer, code
):
    slug = a_project(rosa, field)
    some_items(carl, slug, payload)
    (worker,) = some_workers(rosa, 1)
    path = f"/projects/{slug}/predictions/"
    prediction = {"external_id": "i0", "model_version": "m", "field": "f", "value": value}

    refusals = {
        "": answered(worker, slug, value),
        "recorded": recorded(carl, slug, value),
        "predicted": carl.post(path, [prediction]),
        "gold": some_items(carl, slug, payload, external_id="g", gold={"f": value}),
    }

    of_value = pointer.removeprefix("/answer/f")
    places = {"predicted": f"/value{of_value}", "gold": f"/gold/f{of_value}"}
    for source, refusal in refusals.items():
        assert refusal.status == 422, (source, refusal.body)
        (fault,) = refusal["errors"]
        assert (fault["pointer"], fault["code"]) == (places.get(source, pointer), code)
    assert not settled(carl, slug)


@pytest.mark.parametrize(
    ("field", "payload", "value"),
    [
        (COMPARISON, PAIR, "tie"),
        (RANKING, BIRDS, ["owl", "wren", "crow"]),
        (SPANS, TEXT, [OWL, ROME]),
        (BOXES, IMAGE, [BOX]),
    ],
)
def test_predictions_and_gold_that_fit_are_taken(rosa, carl, field, payload, value):
    slug = a_project(rosa, field)
    gold = some_items(carl, slug, payload, external_id="g", gold={"f": value})
    some_items(carl, slug, payload)
    prediction = {"external_id": "i0", "model_version": "m", "field": "f", "value": value}

    told = carl.post(f"/projects/{slug}/predictions/", [prediction])

    assert (gold.status, told.status, told["accepted"]) == (201, 201, 1)
    (kept,) = carl.get(f"/projects/{slug}/predictions/")["results"]
    assert kept["value"] == value
    (answer,) = some_workers(rosa, 1)
    assert answered(answer, slug, value).status == 201
    settled(carl, slug)


def test_of_recorded_answers_the_good_ones_are_kept_if_that_is_asked_for(rosa, carl):
    slug = a_project(rosa, SPANS)
    some_items(carl, slug, TEXT)
    rows = [
        {"external_id": "i0", "worker": "good", "answer": {"f": [OWL]}},
        {"external_id": "i0", "worker": "beyond", "answer": {"f": [OWL | {"end": 99}]}},
        {"external_id": "nowhere", "worker": "lost", "answer": {"f": [OWL]}},
    ]

    report = carl.post(f"/projects/{slug}/answers/?partial=true", rows)

    assert report.status == 201
    assert (report["accepted"], report["rejected"], report["duplicates"]) == (1, 2, 0)
    assert [(fault["row"], fault["code"]) for fault in report["errors"]] == [
        (2, "out_of_range"),
        (3, "unknown_item"),
    ]
    (row,) = settled(carl, slug)
    assert row["n_answers"] == 1


@pytest.mark.parametrize(
    ("field", "payload", "pointer", "code"),
    [
        (COMPARISON, {"a": 1}, "/payload/b", "field_path_missing"),
        (RANKING, {"birds": ["wren"]}, "/payload/birds", "field_wrong_type"),
        (SPANS, {"text": ["wren"]}, "/payload/text", "field_wrong_type"),
        (BOXES, {}, "/payload/image", "field_path_missing"),
    ],
)
def test_an_item_without_what_the_form_points_at_is_refused(
    rosa, carl, field, payload, pointer, code
):
    slug = a_project(rosa, field)

    refused = some_items(carl, slug, payload)

    assert refused.status == 422
    (fault,) = refused["errors"]
    assert (fault["row"], fault["pointer"], fault["code"]) == (1, pointer, code)


@pytest.mark.parametrize(
    ("field", "pointer", "code"),
    [
        (COMPARISON | {"right": "/a"}, "/form/0/right", "same_place"),
        ({"type": "comparison", "left": "/a"}, "/form/0/right", "required"),
        ({"type": "ranking"}, "/form/0/labels", "labels_or_path"),
        (RANKING | LABELS, "/form/0/labels", "labels_or_path"),
        (LABELS | {"top": 4}, "/form/0/top", "top_too_large"),
        ({"type": "spans", "labels": ["bird"]}, "/form/0/path", "required"),
        ({"type": "boxes"}, "/form/0/labels", "required"),
        (BOXES | {"unit": "inch"}, "/form/0/unit", "schema"),
    ],
)
def test_a_form_that_makes_no_sense_is_refused(rosa, field, pointer, code):
    form = [field | {"key": "f"}]

    refused = rosa.post("/projects/", {"slug": "types", "name": "Types", "form": form})

    assert refused.status == 422
    assert [(fault["pointer"], fault["code"]) for fault in refused["errors"]] == [(pointer, code)]


def test_cells_of_a_csv_spell_lists_in_json(rosa, carl):
    slug = a_project(rosa, SPANS)
    some_items(carl, slug, TEXT)
    cell = json.dumps([OWL]).replace('"', '""')
    lines = [
        "external_id,worker,f",
        f'i0,r0,"{cell}"',
        "i0,r1,[]",
        'i0,r2,"[{"',
        'i0,r3,"[""\\u0000""]"',
    ]
    body = "\n".join(lines).encode()

    report = carl.post(f"/projects/{slug}/answers/?partial=true", body, content_type="text/csv")

    assert (report["accepted"], report["rejected"]) == (2, 2)
    assert {(fault["row"], fault["code"]) for fault in report["errors"]} == {
        (3, "schema"),
        (4, "schema"),
    }


def test_a_candidate_that_no_column_holds_is_refused_like_any_other(rosa, carl):
    slug = a_project(rosa, RANKING)
    some_items(carl, slug, BIRDS)
    body = b'external_id,worker,f\ni0,r0,"[""\\u0000"", ""owl"", ""wren""]"\n'

    refused = carl.post(f"/projects/{slug}/answers/", body, content_type="text/csv")

    assert refused.status == 422


def test_spans_of_windows_are_stitched_into_spans_of_the_whole(rosa, carl):
    text = "An owl sat. A wren sang. The owl left."
    split = {"by": "windows", "path": "/text", "size": 26, "overlap": 14}
    slug = a_project(rosa, SPANS, split=split)
    made = some_items(carl, slug, {"text": text})
    assert (made.status, made["tasks"]) == (201, 2)
    wren = text.index("wren")
    second = text.index("A wren")
    birds = {
        0: [
            {"start": 3, "end": 6, "label": "bird"},
            {"start": wren, "end": wren + 4, "label": "bird"},
        ],
        1: [
            {"start": wren - second, "end": wren - second + 4, "label": "bird"},
            {"start": 15, "end": 18, "label": "bird"},
        ],
    }
    for part, spans in birds.items():
        assert recorded(carl, slug, *[spans] * 3, part=part).status == 201

    rows = settled(carl, slug)

    (whole,) = [row for row in rows if row["task"] is None]
    assert bare(whole["value"]) == [
        {"start": at, "end": at + len(bird), "label": "bird"}
        for at, bird in ((3, "owl"), (wren, "wren"), (second + 15, "owl"))
    ]
    beyond = recorded(carl, slug, [{"start": 0, "end": 27, "label": "bird"}], part=1, worker="x")
    assert (beyond.status, beyond["errors"][0]["code"]) == (422, "out_of_range")


def test_rankings_of_parts_are_listed_part_by_part(rosa, carl):
    split = {"by": "list", "path": "/rounds"}
    slug = a_project(rosa, RANKING | {"path": "/rounds/birds"}, split=split)
    rounds = [{"birds": ["owl", "wren"]}, {"birds": ["crow", "jay"]}]
    made = some_items(carl, slug, {"rounds": rounds})
    assert (made.status, made["tasks"]) == (201, 2)
    for part, birds in enumerate((["wren", "owl"], ["crow", "jay"])):
        assert recorded(carl, slug, *[birds] * 3, part=part).status == 201

    rows = settled(carl, slug)

    (whole,) = [row for row in rows if row["task"] is None]
    assert [part["value"] for part in whole["value"]] == [["wren", "owl"], ["crow", "jay"]]
    broken = some_items(carl, slug, {"rounds": [{"birds": ["owl", "wren"]}, {}]}, external_id="b")
    assert broken["errors"][0]["pointer"] == "/payload/rounds/birds"


def test_long_texts_are_put_together_word_by_word(rosa, carl):
    slug = a_project(rosa, {"type": "text"})
    some_items(carl, slug, {"sound": "1.mp3"})
    recorded(
        carl,
        slug,
        "the owl sat in the oak tree",
        "the howl sat in the oak tree",
        "the owl sat in an oak tree",
        "the owl sat in the oak three",
    )

    (row,) = settled(carl, slug)

    assert row["value"] == "the owl sat in the oak tree"


def test_nobody_is_flagged_for_answers_without_right_and_wrong(rosa, carl):
    slug = a_project(rosa, BOXES, reliability_floor=0.99)
    some_items(carl, slug, IMAGE)
    recorded(carl, slug, [BOX], [BOX], [BOX | {"x": 50}], [])

    settled(carl, slug)

    assert rosa.get(f"/projects/{slug}/flags/")["results"] == []


def test_a_lease_is_looked_up_first_only_where_its_payload_is_to_be_read(rosa, carl):
    counts = []
    for slug, field in (("plain", {"type": "text"}), ("held", SPANS)):
        a_project(rosa, field, slug=slug)
        some_items(carl, slug, TEXT)
    (worker,) = some_workers(rosa, 1)
    for slug, value in (("plain", "owl"), ("held", [OWL])):
        (lease,) = worker.post(f"/projects/{slug}/claim/", {"count": 1})["assignments"]
        with CaptureQueriesContext(connection) as queries:
            path = f"/assignments/{lease['id']}/submit/"
            assert worker.post(path, {"answer": {"f": value}}).status == 201
        counts.append(len(queries))

    assert counts == [1, 2]
