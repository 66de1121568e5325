"""The table of workers says what the reply in JSON says."""

import csv
import io
import json

import pytest
from django.db.models import F

from marketplace.api import worker_table
from tasks_app.models import Answer
from tests.api.test_workers import a_crowd_on, pseudonym
from tests.factories import a_project, some_items

pytestmark = pytest.mark.django_db
# What the table had first, in this order; who reads it by place finds them in it still.
OLD = [
    *("worker", "name", "recorded", "n_answers", "median_s"),
    *("accuracy", "accuracy_low", "accuracy_high"),
    *("gold", "gold_low", "gold_high", "gold_n"),
    *("agreement", "agreement_low", "agreement_high", "agreement_n"),
    *("speed", "speed_low", "speed_high", "speed_n"),
    *("low_information_score", "low_information_p_value", "low_information_gain"),
    *("drift_score", "drift_p_value", "drift_change_at", "copying_score", "copying_flagged"),
    *("too_fast_score", "too_fast_p_value", "too_fast_share_fast"),
    *("worst_labels", "flags", "restricted"),
]


def table(caller, slug):
    told = caller.get(f"/projects/{slug}/workers/", accept="text/csv")
    return list(csv.DictReader(io.StringIO(told.raw.decode(), newline="")))


def numbers(told):
    """All numbers in a reply, as texts."""
    if isinstance(told, dict):
        told = list(told.values())
    if isinstance(told, list):
        return [number for one in told for number in numbers(one)]
    is_number = isinstance(told, int | float) and not isinstance(told, bool)
    return [str(told)] if is_number else []


@pytest.fixture
def owls(tenant):
    """The crowd, which took some time for each task."""
    project = a_crowd_on(tenant, "owls", ["kind", "size"])
    Answer.objects.filter(project=project).update(elapsed_s=F("task_id") * 0.25)
    return project


def test_every_figure_of_a_reply_is_in_the_table(owls, rosa):
    replies = rosa.get("/projects/owls/workers/")["results"]
    rows = table(rosa, "owls")

    for reply, row in zip(replies, rows, strict=True):
        pairs, fields = reply["scores"]["copying"].pop("pairs"), reply.pop("fields")
        cells = list(row.values())
        assert (json.loads(row["pairs"]), json.loads(row["fields"])) == (pairs, fields)
        assert reply["median_s_interval"][0] < reply["median_s"] < reply["median_s_interval"][1]
        assert len(numbers(reply)) > 20
        assert [number for number in numbers(reply) if number not in cells] == []


def test_a_figure_of_a_score_stands_between_its_ends_with_its_count(owls, rosa):
    rows = {row["name"]: row for row in table(rosa, "owls")}

    for name in ("low_information_gain", "drift_before", "drift_after"):
        low, value, high = (float(rows["sleeper"][name + end]) for end in ("_low", "", "_high"))
        assert low < value < high
    n_before, n_after = (int(rows["sleeper"][f"drift_{when}_n"]) for when in ("before", "after"))
    assert n_before == int(rows["sleeper"]["drift_change_at"]) > 0
    # Of each field one.
    assert n_before + n_after == 2 * int(rows["sleeper"]["n_answers"])
    assert float(rows["sleeper"]["drift_before"]) > float(rows["sleeper"]["drift_after_high"])
    assert int(rows["constant"]["low_information_n"]) > 0
    assert {rows[name]["too_fast_flagged"] for name in ("constant", "copy1")} == {"False"}
    assert rows["constant"]["copying_n_tested"] == rows["copy1"]["copying_n_tested"] != "0"


def test_times_gold_and_speed_have_their_ends_and_counts_too():
    median_s = {"median_s": 2.5, "median_s_interval": [2.0, 3.5]}
    gold = {"n": 4, "n_right": 3.5, "value": 0.875, "interval": [0.4, 0.98]}
    speed = {"value": 1.2, "interval": [1.1, 1.3], "n": 7}

    (row,) = csv.DictReader(worker_table.lines([median_s | {"gold": gold, "speed": speed}]))

    told = {name: cell for name, cell in row.items() if cell}
    assert list(told.items()) == [
        *[("median_s", "2.5"), ("median_s_low", "2.0"), ("median_s_high", "3.5")],
        *[("gold", "0.875"), ("gold_low", "0.4"), ("gold_high", "0.98")],
        *[("gold_n", "4"), ("gold_n_right", "3.5")],
        *[("speed", "1.2"), ("speed_low", "1.1"), ("speed_high", "1.3"), ("speed_n", "7")],
    ]


def test_pairs_and_labels_are_cells_of_json_with_pseudonyms(owls, rosa, tenant):
    rows = {row["name"]: row for row in table(rosa, "owls")}

    (pair,) = [one for one in json.loads(rows["copy1"]["pairs"]) if one["discovered"]]
    assert pair["partner"] == pseudonym(tenant, "copy2")
    assert "partner_id" not in rows["copy1"]["pairs"]
    fields = json.loads(rows["constant"]["fields"])
    assert fields.keys() == {"kind", "size"}
    low, high = fields["size"]["accuracy"]["interval"]
    assert low < fields["size"]["accuracy"]["value"] < high
    assert {one["label"] for one in fields["size"]["labels"]} == {"wren", "owl", "other"}


def test_columns_keep_their_order(tenant, rosa):
    a_project(tenant, slug="empty")
    told = rosa.get("/projects/empty/workers/", accept="text/csv").raw.decode()

    (columns,) = csv.reader(io.StringIO(told))

    assert [name for name in columns if name in OLD] == OLD
    assert columns.index("drift_before_n") + 1 == columns.index("drift_after")


def test_cells_are_empty_where_nothing_is_known(tenant, rosa, wim):
    some_items(a_project(tenant, slug="fresh"), 1)
    (lease,) = wim.post("/projects/fresh/claim/")["assignments"]
    wim.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})

    (row,) = table(rosa, "fresh")

    known = {"worker", "name", "recorded", "n_answers", "median_s"}
    assert {name for name, cell in row.items() if cell} == known
