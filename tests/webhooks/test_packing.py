"""Runs of rows in bodies that are not too long."""

import json

from hypothesis import given
from hypothesis import strategies as st

from marketplace.webhooks import packing
from tests.factories import NOON


def packed(lengths, first=1):
    rows = [
        {"seq": seq, "task": None, "field": "kind", "revision": 1, "value": "☂" * length}
        for seq, length in enumerate(lengths, start=first)
    ]
    bodies = list(
        packing.runs(kind="consensus.changed", project="birds", feed="f", rows=rows, now=NOON)
    )
    return bodies, [json.loads(body)["data"] for body in bodies]


@given(st.lists(st.integers(0, 8000), max_size=40), st.integers(1, 2**62))
def test_every_row_is_told_once_in_order_and_no_body_is_too_long(lengths, first):
    bodies, told = packed(lengths, first)

    seqs = [change["seq"] for data in told for change in data["changes"]]
    assert seqs == list(range(first, first + len(lengths)))
    for body, data in zip(bodies, told, strict=True):
        assert len(body.encode()) <= 20_000
        assert data["from_seq"] == data["changes"][0]["seq"]
        assert data["to_seq"] == data["changes"][-1]["seq"]


def test_a_hundred_small_rows_are_one_delivery():
    _, told = packed([1] * 201)

    assert [len(data["changes"]) for data in told] == [100, 100, 1]


def test_a_row_that_is_too_long_travels_alone_and_says_where_it_stands():
    _, told = packed([1, 7000, 1])

    assert [data["changes"] for data in told][1] == [
        {"seq": 2, "task": None, "field": "kind", "revision": 1, "truncated": True}
    ]
    assert [(data["from_seq"], data["to_seq"]) for data in told] == [(1, 1), (2, 2), (3, 3)]


def test_a_body_names_its_type_and_time_in_utc():
    body = json.loads(packing.body(kind="ping", data={"a": 1}, now=NOON))

    assert body == {"type": "ping", "timestamp": "2026-03-01T12:00:00Z", "data": {"a": 1}}
