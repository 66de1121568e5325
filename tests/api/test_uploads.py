"""Items and recorded answers come in: as an array, line by line, or as a table."""

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st
from rest_framework.exceptions import ParseError

from marketplace.api import uploads
from tasks_app.errors import Invalid

NDJSON, CSV = "application/x-ndjson", "text/csv"
MULTI = [
    {"key": "kind", "type": "choice", "labels": ["wren", "owl"]},
    {"key": "marks", "type": "multichoice", "labels": ["red", "blue"], "required": False},
    {"key": "length", "type": "number", "minimum": 0, "required": False},
]
BOTH = pytest.mark.parametrize("media_type", ["application/json", NDJSON])

pytestmark = pytest.mark.django_db


def item(external_id="a1", **more):
    return {"external_id": external_id, "payload": {"text": "hoo"}} | more


def answer(external_id="a1", worker="w1", kind="owl", **more):
    return {"external_id": external_id, "worker": worker, "answer": {"kind": kind}} | more


def written(rows, media_type):
    """Rows as JSON array or NDJSON."""
    if media_type == NDJSON:
        return b"".join(json.dumps(row).encode() + b"\n" for row in rows)
    return json.dumps(rows).encode()


def add_items(caller, rows, slug="birds", query="", media_type="application/json"):
    body = rows if isinstance(rows, bytes) else written(rows, media_type)
    return caller.post(f"/projects/{slug}/items/{query}", body, content_type=media_type)


def add_answers(caller, rows, slug="birds", query="", media_type="application/json"):
    body = rows if isinstance(rows, bytes) else written(rows, media_type)
    return caller.post(f"/projects/{slug}/answers/{query}", body, content_type=media_type)


def stored(caller, slug="birds"):
    return {row["external_id"]: row for row in caller.get(f"/projects/{slug}/items/")["results"]}


def faults(reply):
    return [(fault.get("row"), fault["pointer"], fault["code"]) for fault in reply["errors"]]


def a_project(rosa, slug="more", **more):
    made = rosa.post("/projects/", {"slug": slug, "name": "More", "form": MULTI} | more)
    assert made.status == 201, made.body
    return slug


@BOTH
def test_items_come_in_with_all_they_have(carl, birds, media_type):
    rows = [item("a1", priority=5, hint="Look."), item("a2", gold={"kind": "owl"}), item("a3")]

    report = add_items(carl, rows, media_type=media_type, query="?batch=march")

    assert report.status == 201
    assert report.body == {
        "batch": "march",
        "accepted": 3,
        "duplicates": 0,
        "rejected": 0,
        "tasks": 3,
        "errors": [],
        "errors_total": 0,
    }
    found = stored(carl)
    assert (found["a1"]["priority"], found["a1"]["hint"], found["a1"]["batch"]) == (
        5,
        "Look.",
        "march",
    )
    assert (found["a2"]["gold"], found["a3"]["gold"]) == ({"kind": "owl"}, None)


def test_a_table_keeps_its_reserved_columns_apart_from_the_payload(carl, birds):
    table = (
        "\ufeffexternal_id,text,priority,hint,gold.kind,ref\r\n"
        'a1,"hoo, said\nthe owl",7,Look.,owl,001\r\n'
        "a2,tweet,,,,\r\n"
    )

    report = add_items(carl, table.encode(), media_type=CSV)

    assert (report.status, report["accepted"]) == (201, 2)
    found = stored(carl)
    assert found["a1"]["payload"] == {"text": "hoo, said\nthe owl", "ref": "001"}
    assert (found["a1"]["priority"], found["a1"]["gold"]) == (7, {"kind": "owl"})
    assert found["a2"]["payload"] == {"text": "tweet", "ref": ""}
    assert (found["a2"]["priority"], found["a2"]["gold"]) == (0, None)


def test_gold_in_a_table_is_read_by_the_type_of_its_field(rosa):
    slug = a_project(rosa)
    table = b"external_id,gold.kind,gold.marks,gold.length\na1,owl,blue|red,7.5\n"

    report = add_items(rosa, table, slug, media_type=CSV)

    assert report.status == 201, report.body
    gold = stored(rosa, slug)["a1"]["gold"]
    assert gold == {"kind": "owl", "marks": ["red", "blue"], "length": 7.5}


def test_one_bad_row_keeps_all_out_and_is_named(carl, birds):
    rows = [item("a1"), {"external_id": "a2"}, item("a/3"), item("a4", gold={"kind": "crow"})]

    refused = add_items(carl, rows)

    assert (refused.status, refused["errors_total"]) == (422, 3)
    assert [(row, pointer) for row, pointer, _ in faults(refused)] == [
        (2, "/payload"),
        (3, "/external_id"),
        (4, "/gold/kind"),
    ]
    assert stored(carl) == {}


def test_with_partial_the_good_rows_come_in_and_the_bad_are_told(carl, birds):
    rows = [item("a1"), "no item", item("a3", priority="high"), item("a4")]

    report = add_items(carl, rows, query="?partial=true")

    assert (report.status, report["accepted"], report["rejected"]) == (201, 2, 2)
    assert [fault["row"] for fault in report["errors"]] == [2, 3]
    assert set(stored(carl)) == {"a1", "a4"}


def test_lines_are_counted_as_records_and_blank_ones_are_not(carl, birds):
    body = b'{"external_id": "a1", "payload": {}}\n\n  \nnonsense\n{"external_id": 7}\n'

    refused = add_items(carl, body, media_type=NDJSON)

    assert refused.status == 422
    assert faults(refused)[0] == (2, "", "malformed_json")
    assert {row for row, _, _ in faults(refused)} == {2, 3}


def test_a_row_of_a_table_with_too_few_cells_is_named(carl, birds):
    refused = add_items(carl, b"external_id,text\na1,hoo\na2\n", media_type=CSV)

    assert (refused.status, faults(refused)) == (422, [(2, "", "cell_count")])


@pytest.mark.parametrize(
    ("table", "code"),
    [
        (b"\n", "no_header"),
        (b"text\nhoo\n", "missing_column"),
        (b"external_id,text,text\na1,a,b\n", "duplicate_column"),
    ],
)
def test_a_table_without_a_good_header_is_refused(carl, birds, table, code):
    refused = add_items(carl, table, media_type=CSV)

    assert (refused.status, refused["errors"][0]["code"]) == (422, code)


@pytest.mark.parametrize("table", [b'external_id\n"a1\n', b"external_id\n\xff\n"])
def test_a_table_that_breaks_off_is_malformed(carl, birds, table):
    refused = add_items(carl, table, media_type=CSV)

    assert (refused.status, refused["code"]) == (400, "malformed_csv")


@BOTH
def test_the_same_upload_again_is_all_duplicates(carl, birds, media_type):
    rows = [item("a1"), item("a2", priority=3)]
    add_items(carl, rows, media_type=media_type)

    again = add_items(carl, rows, media_type=media_type)

    assert (again.status, again["accepted"], again["duplicates"], again["tasks"]) == (201, 0, 2, 0)
    assert len(stored(carl)) == 2


def test_the_order_of_keys_makes_no_other_payload(carl, birds):
    add_items(carl, [item(payload={"a": 1, "b": {"c": 2, "d": 3}})])

    again = add_items(carl, [item(payload={"b": {"d": 3, "c": 2}, "a": 1})])

    assert (again.status, again["duplicates"]) == (201, 1)


def test_one_id_with_another_payload_is_refused(carl, birds):
    add_items(carl, [item("a1")])

    refused = add_items(carl, [item("a0"), item("a1", payload={"text": "else"})])

    assert faults(refused) == [(2, "/external_id", "duplicate_external_id")]
    assert set(stored(carl)) == {"a1"}


def test_within_one_upload_the_first_of_an_id_stands(carl, birds):
    rows = [item("a1"), item("a1"), item("a1", payload={"text": "else"})]

    report = add_items(carl, rows, query="?partial=true")

    assert (report["accepted"], report["duplicates"], report["rejected"]) == (1, 1, 1)
    assert faults(report) == [(3, "/external_id", "duplicate_external_id")]
    assert stored(carl)["a1"]["payload"] == {"text": "hoo"}


def test_gold_needs_a_whole_item(rosa):
    slug = a_project(rosa, split={"by": "list", "path": "/questions"})
    row = item(payload={"questions": ["a", "b"]})

    refused = add_items(rosa, [row | {"gold": {"kind": "owl"}}], slug)
    taken = add_items(rosa, [row], slug)

    assert faults(refused) == [(1, "/gold", "gold_needs_whole_item")]
    assert (taken.status, taken["tasks"]) == (201, 2)


def test_payloads_are_held_to_the_schema_of_the_project(rosa):
    schema = {
        "type": "object",
        "required": ["text"],
        "properties": {
            "text": {"type": "string"},
            "size": {"type": "array", "items": {"type": "integer"}},
        },
    }
    slug = a_project(rosa, item_schema=schema)
    rows = [item("a1"), item("a2", payload={}), item("a3", payload={"text": 1, "size": [1, "b"]})]

    refused = add_items(rosa, rows, slug)

    assert refused.status == 422
    assert [(row, pointer) for row, pointer, _ in faults(refused)] == [
        (2, "/payload/text"),
        (3, "/payload/text"),
        (3, "/payload/size/1"),
    ]


@pytest.mark.parametrize("add", [add_items, add_answers])
@pytest.mark.parametrize(
    "media_type", ["application/vnd.apache.parquet", "application/x-parquet", "text/plain"]
)
def test_other_media_types_are_not_taken(carl, birds, add, media_type):
    refused = add(carl, b"PAR1", media_type=media_type)

    assert (refused.status, refused["code"]) == (415, "unsupported_media_type")
    assert NDJSON in refused["detail"]


def test_a_closed_project_takes_nothing_in(rosa, carl, birds):
    add_items(carl, [item("a1")])
    rosa.post(f"/projects/{birds}/close/")

    refused = [add_items(carl, [item("a2")]), add_answers(carl, [answer()])]

    assert [(reply.status, reply["code"]) for reply in refused] == [(409, "project_closed")] * 2


def test_a_draft_takes_items_and_answers(rosa):
    slug = a_project(rosa)

    assert add_items(rosa, [item()], slug).status == 201
    assert add_answers(rosa, [answer()], slug).status == 201


@BOTH
def test_answers_collected_elsewhere_come_in(rosa, carl, birds, media_type):
    add_items(carl, [item("a1"), item("a2")])
    rows = [answer(worker=f"w{n}", answered_at="2025-01-01T00:00:00+02:00") for n in range(3)]

    report = add_answers(carl, [*rows, answer("a2")], media_type=media_type)

    assert (report.status, report["accepted"], report["tasks"]) == (201, 4, 2)
    assert rosa.get(f"/projects/{birds}/")["progress"]["answers"] == 4
    workers = rosa.get(f"/projects/{birds}/workers/")["results"]
    assert {(row["name"], row["recorded"]) for row in workers} == {
        (f"w{n}", True) for n in range(3)
    }


def test_answers_come_in_as_a_table_with_a_column_for_each_field(rosa):
    slug = a_project(rosa)
    add_items(rosa, [item("a1"), item("a2")], slug)
    table = (
        b"external_id,worker,kind,marks,length,answered_at\n"
        b"a1,wim,owl,blue|red,7,2025-01-01T00:00:00Z\n"
        b"a2,wim,wren,,,\n"
    )

    report = add_answers(rosa, table, slug, media_type=CSV)

    assert (report.status, report["accepted"]) == (201, 2)
    worker = rosa.get(f"/projects/{slug}/workers/")["results"][0]["worker"]
    history = rosa.get(f"/projects/{slug}/workers/{worker}/")["history"]
    assert {row["external_id"]: row["answer"] for row in history} == {
        "a1": {"kind": "owl", "marks": ["red", "blue"], "length": 7},
        "a2": {"kind": "wren"},
    }


def test_a_form_of_one_field_may_call_its_column_answer(carl, birds):
    add_items(carl, [item("a1")])

    report = add_answers(
        carl,
        b"external_id,worker,answer\na1,w1,owl\na1,w2,crow\n",
        query="?partial=true",
        media_type=CSV,
    )

    assert (report["accepted"], faults(report)) == (1, [(2, "/answer/kind", "unknown_label")])


@pytest.mark.parametrize("media_type", ["application/json", NDJSON, CSV])
def test_an_equal_answer_again_is_a_duplicate_and_another_is_refused(carl, birds, media_type):
    def told(kind):
        if media_type == CSV:
            return f"external_id,worker,kind\na1,w1,{kind}\n".encode()
        return [answer(kind=kind)]

    add_items(carl, [item("a1")])
    add_answers(carl, told("owl"), media_type=media_type)

    again = add_answers(carl, told("owl"), media_type=media_type)
    other = add_answers(carl, told("wren"), media_type=media_type)

    assert (again.status, again["accepted"], again["duplicates"]) == (201, 0, 1)
    assert (other.status, faults(other)) == (422, [(1, "/answer", "already_answered")])


def test_an_answer_to_nothing_is_refused_by_row(rosa):
    slug = a_project(rosa, split={"by": "list", "path": "/questions"})
    add_items(rosa, [item(payload={"questions": ["a", "b"]})], slug)
    rows = [answer(part=0), answer("none"), answer(part=2), answer(part="1")]

    refused = add_answers(rosa, rows, slug)
    report = add_answers(rosa, rows[:3], slug, query="?partial=true")

    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/part")
    assert (report["accepted"], report["rejected"]) == (1, 2)
    assert faults(report) == [
        (2, "/external_id", "unknown_item"),
        (3, "/part", "unknown_part"),
    ]


def test_an_answer_to_a_withdrawn_item_is_refused(carl, birds):
    add_items(carl, [item("a1")])
    carl.post(f"/projects/{birds}/items/a1/withdraw/", {"reason": "wrong"})

    refused = add_answers(carl, [answer()])

    assert faults(refused) == [(1, "/external_id", "item_withdrawn")]


def test_an_answer_that_does_not_fit_the_form_names_the_field(rosa):
    slug = a_project(rosa)
    add_items(rosa, [item("a1")], slug)
    values = {"kind": "crow", "marks": "red", "length": -1, "colour": "red"}

    refused = add_answers(rosa, [answer() | {"answer": values}], slug)

    assert {(pointer, code) for _, pointer, code in faults(refused)} == {
        ("/answer/kind", "unknown_label"),
        ("/answer/marks", "schema"),
        ("/answer/length", "out_of_range"),
        ("/answer/colour", "unknown_field"),
    }


def test_a_withdrawal_repeated_changes_nothing(carl, birds):
    add_items(carl, [item("a1")])

    first = carl.post(f"/projects/{birds}/items/a1/withdraw/", {"reason": "wrong"})
    again = carl.post(f"/projects/{birds}/items/a1/withdraw/", {"reason": "else"})

    assert (first.status, again.status) == (200, 200)
    assert again.body == first.body
    assert (first["withdrawn_because"], first["withdrawn_at"] is None) == ("wrong", False)


@pytest.mark.parametrize(
    "body",
    [b"[", b"[{}", b"[{},]", b"[,{}]", b"[{} {}]", b"[{}]]", b"[{}] x", b'["a', b" ", b"[}]", b"{"],
)
def test_an_array_that_is_malformed_is_refused_whole(carl, birds, body):
    refused = add_items(carl, body, query="?partial=true")

    assert (refused.status, refused["code"]) == (400, "malformed_json")
    assert stored(carl) == {}


JSON = st.recursive(
    st.none()
    | st.booleans()
    | st.integers(-(2**60), 2**60)
    | st.floats(allow_nan=False, allow_infinity=False)
    | st.text(st.sampled_from([*'ab"\\,[]{}: \n', "é", "😀"]), max_size=8),
    lambda inner: (
        st.lists(inner, max_size=3)
        | st.dictionaries(st.text(st.sampled_from('a"\\,]}'), max_size=3), inner, max_size=3)
    ),
    max_leaves=8,
)


def chunked(data, raw):
    """The bytes in chunks that end anywhere."""
    borders = sorted(data.draw(st.lists(st.integers(0, len(raw)), max_size=8)))
    cuts = [raw[a:b] for a, b in zip([0, *borders], [*borders, len(raw)], strict=True)]
    return iter([cut for cut in cuts if cut])


@given(st.lists(JSON, max_size=6), st.sampled_from([None, 1]), st.booleans(), st.data())
def test_an_array_is_read_alike_wherever_its_chunks_end(values, indent, plain, data):
    raw = json.dumps(values, indent=indent, ensure_ascii=plain).encode()

    found = list(uploads._array(chunked(data, raw)))

    assert [record.value for record in found] == json.loads(raw)
    assert [record.row for record in found] == list(range(1, len(values) + 1))


@given(st.lists(JSON, max_size=4), st.data())
def test_a_broken_array_is_never_read_as_something_else(values, data):
    text = json.dumps(values)
    place = data.draw(st.integers(0, len(text)))
    put, dropped = data.draw(st.sampled_from([*'[]{},":\\ x', ""])), data.draw(st.integers(0, 2))
    raw = (text[:place] + put + text[place + dropped :]).encode()

    try:
        found = list(uploads._array(chunked(data, raw)))
    except (ParseError, Invalid):
        return
    # Half a surrogate pair is told as the record's fault; every other record is what it is.
    for record, value in zip(found, json.loads(raw), strict=True):
        assert record.fault is not None or record.value == value
