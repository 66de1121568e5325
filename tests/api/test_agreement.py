"""How far workers agree, field by field, over the door."""

import pytest

pytestmark = pytest.mark.django_db

LABELS = ["wren", "owl", "crow"]
FORM = [
    {"key": "kind", "type": "choice", "labels": LABELS},
    {"key": "all", "type": "multichoice", "labels": LABELS},
    {"key": "size", "type": "ordinal", "labels": ["small", "large"]},
    {"key": "count", "type": "number"},
    {"key": "name", "type": "text"},
    {"key": "side", "type": "comparison", "left": "/a", "right": "/b"},
    {"key": "order", "type": "ranking", "labels": LABELS},
    {"key": "marks", "type": "spans", "path": "/text", "labels": ["bird"]},
    {"key": "places", "type": "boxes", "labels": ["bird"]},
    {"key": "skipped", "type": "number", "required": False},
]
PAYLOAD = {"a": 1, "b": 2, "text": "An owl in Rome, a wren in Pisa."}
BOX = {"x": 0, "y": 0, "width": 20, "height": 20, "label": "bird"}
OWL = {
    "kind": "owl",
    "all": ["owl", "crow"],
    "size": "large",
    "count": 2,
    "name": "Rome",
    "side": "left",
    "order": ["owl", "wren", "crow"],
    "marks": [{"start": 3, "end": 6, "label": "bird"}],
    "places": [BOX],
}
WREN = {
    "kind": "wren",
    "all": ["wren"],
    "size": "small",
    "count": 1,
    "name": "Pisa",
    "side": "right",
    "order": ["wren", "crow", "owl"],
    "marks": [{"start": 18, "end": 22, "label": "bird"}],
    "places": [],
}
MEASURES = {
    "kind": ("krippendorff_alpha", "nominal"),
    "all": ("krippendorff_alpha", "set"),
    "size": ("krippendorff_alpha", "ordinal"),
    "count": ("krippendorff_alpha", "interval"),
    "name": ("krippendorff_alpha", "nominal"),
    "side": ("krippendorff_alpha", "nominal"),
    "order": ("kendall_tau", "ranking"),
    "marks": ("unitizing_alpha", "spans"),
    "places": ("mean_iou", "boxes"),
    "skipped": ("krippendorff_alpha", "interval"),
}


@pytest.fixture
def told(rosa, carl):
    """What is told about the agreement, by field, once these answers are in."""
    asked = {"slug": "owls", "name": "Owls", "form": FORM}
    assert rosa.post("/projects/", asked).status == 201
    items = [{"external_id": name, "payload": PAYLOAD} for name in ("a", "b", "c")]
    assert carl.post("/projects/owls/items/", items).status == 201

    def tell(*answers):
        rows = [
            {"external_id": item, "worker": worker, "answer": answer}
            for item, worker, answer in answers
        ]
        if rows:
            made = carl.post("/projects/owls/answers/", rows)
            assert made.status == 201, made.body
        return {row["field"]: row for row in rosa.get("/projects/owls/agreement/")["fields"]}

    return tell


def test_every_type_has_its_measure_before_any_answer(told):
    rows = told()

    assert {key: (row["measure"], row["level"]) for key, row in rows.items()} == MEASURES
    for row in rows.values():
        assert (row["value"], row["interval"]) == (None, None)
        assert row["undefined_because"] == "there are no answers"


def test_full_agreement_is_one_on_every_field(told):
    rows = told(("a", "v", OWL), ("a", "w", OWL), ("b", "v", WREN), ("b", "w", WREN))

    assert rows.pop("skipped")["undefined_because"] == "there are no answers"
    for key, row in rows.items():
        assert (row["measure"], row["level"]) == MEASURES[key]
        assert (key, row["value"], row["undefined_because"]) == (key, 1.0, None)
        assert (row["n_tasks"], row["n_answers"]) == (2, 4)
        assert row["interval"][1] == 1.0


def test_disagreement_shows_on_every_field(told):
    near = OWL | {
        "all": ["owl"],
        "order": ["owl", "crow", "wren"],
        "marks": [{"start": 3, "end": 9, "label": "bird"}],
        "places": [BOX | {"x": 10}],
    }
    rows = told(
        ("a", "v", OWL),
        ("a", "w", near),
        ("b", "v", WREN),
        ("b", "w", WREN),
        ("c", "v", OWL),
        ("c", "w", WREN),
    )

    for key in set(MEASURES) - {"skipped"}:
        assert rows[key]["value"] < 1
        low, high = rows[key]["interval"]
        assert low <= rows[key]["value"] <= high
    # One of three pairs agrees in all, one in a third of the area, one in nothing.
    assert rows["places"]["value"] == pytest.approx((1 + 1 / 3 + 0) / 3, abs=1e-4)
    # Of three pairs of items the pairs of rankings keep 2, 3 and 1.
    assert rows["order"]["value"] == pytest.approx((1 / 3 + 1 - 1 / 3) / 3, abs=1e-4)
