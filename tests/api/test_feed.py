"""Consensus as it stands, and the feed that tells each change of it once, in order."""

import time
from concurrent.futures import ThreadPoolExecutor

import pytest
from django.db import connection

from marketplace.flows import settling
from tasks_app.staging import Record
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_user, bring_answers, some_items

PATH = "/projects/owls/"
NDJSON = "application/x-ndjson"


def answered(project, items, kind="owl", worker="w", n=3):
    """Each item gets n equal answers, and is settled."""
    records = [
        {"external_id": item.external_id, "worker": f"{worker}{i}", "answer": {"kind": kind}}
        for item in items
        for i in range(n)
    ]
    bring_answers(
        project,
        [Record(row, value) for row, value in enumerate(records, start=1)],
    )
    settling.settle_project(project_id=project.pk)


@pytest.fixture
def owls(tenant):
    return a_project(tenant, slug="owls", target_confidence=0.6)


@pytest.fixture
def reader(tenant):
    return Caller(a_key(a_user(tenant, "client")))


@pytest.mark.django_db
class TestConsensus:
    def test_a_feed_is_read_in_pieces_that_fit_together(self, owls, reader):
        answered(owls, some_items(owls, 5))

        pieces, after = [], 0
        while True:
            piece = reader.get(f"{PATH}changes/?after={after}&limit=2")
            pieces.append([row["seq"] for row in piece["results"]])
            after = piece["next"]
            if after == piece["head"]:
                break

        assert pieces == [[1, 2], [3, 4], [5]]
        end = reader.get(f"{PATH}changes/?after=5")
        assert (end["results"], end["next"], end["head"]) == ([], 5, 5)
        assert end["feed"] == piece["feed"]

    def test_beyond_the_head_there_is_nothing_and_nothing_to_wait_for(self, owls, reader):
        answered(owls, some_items(owls, 1))
        started = time.monotonic()

        beyond = reader.get(f"{PATH}changes/?after=99&wait=20")

        assert (beyond["results"], beyond["next"], beyond["head"]) == ([], 99, 1)
        assert time.monotonic() - started < 5

    def test_as_lines_the_feed_comes_whole_up_to_its_head(self, owls, reader):
        answered(owls, some_items(owls, 5))

        lines = reader.get(f"{PATH}changes/?after=1&limit=2", accept=NDJSON)

        assert lines.headers["Content-Type"] == NDJSON
        assert [row["seq"] for row in lines.body] == [2, 3, 4, 5]
        assert lines.body == reader.get(f"{PATH}changes/?after=1")["results"]

    def test_a_feed_without_rows_is_empty_and_at_its_head(self, owls, reader):
        empty = reader.get(f"{PATH}changes/")

        assert (empty["results"], empty["next"], empty["head"]) == ([], 0, 0)
        assert reader.get(f"{PATH}changes/", accept=NDJSON).body == []
        assert reader.get(f"{PATH}consensus/").headers["Concord-Seq"] == "0"

    def test_a_wait_for_nothing_ends_with_its_time(self, owls, reader):
        started = time.monotonic()

        empty = reader.get(f"{PATH}changes/?wait=0.5")

        assert (empty.status, empty["results"], empty["next"]) == (200, [], 0)
        assert 0.4 < time.monotonic() - started < 5

    @pytest.mark.parametrize("query", ["after=-1", "limit=0", "limit=1001", "wait=31", "wait=nan"])
    def test_a_feed_asked_without_sense_is_refused(self, owls, reader, query):
        assert reader.get(f"{PATH}changes/?{query}").status == 400

    def test_consensus_is_the_last_row_of_each_and_tells_how_far_it_goes(self, owls, reader):
        items = some_items(owls, 3)
        answered(owls, items)
        answered(owls, items[:1], kind="wren", worker="late", n=1)

        now = reader.get(f"{PATH}consensus/")

        feed = reader.get(f"{PATH}changes/")["results"]
        last = {row["external_id"]: row for row in feed}
        assert len(feed) > len(last) == 3
        assert {row["external_id"]: row for row in now["results"]} == last
        assert now.headers["Concord-Seq"] == str(feed[-1]["seq"])
        lines = reader.get(f"{PATH}consensus/", accept=NDJSON)
        assert lines.body == now["results"]
        assert lines.headers["Concord-Seq"] == now.headers["Concord-Seq"]

    def test_consensus_is_filtered_by_state_batch_field_and_confidence(self, owls, reader):
        march = some_items(owls, 2)
        april = some_items(owls, 1)
        answered(owls, march)
        answered(owls, april, n=1)
        rows = reader.get(f"{PATH}consensus/")["results"]
        middle = sorted(row["confidence"] for row in rows)[1]

        def ids(query):
            found = reader.get(f"{PATH}consensus/?{query}")
            return {row["external_id"] for row in found["results"]}

        first = {item.external_id for item in march}
        second = {item.external_id for item in april}
        assert ids(f"batch={march[0].batch.name}") == first
        assert ids(f"batch={april[0].batch.name}&field=kind") == second
        assert ids("field=other") == ids("batch=none") == set()
        for state in ("provisional", "resolved", "unresolvable", "withdrawn"):
            assert ids(f"state={state}") == {
                row["external_id"] for row in rows if row["state"] == state
            }
        assert ids(f"min_confidence={middle}") == {
            row["external_id"] for row in rows if row["confidence"] >= middle
        }

    def test_parts_and_whole_items_are_told_apart(self, tenant, reader):
        split = {"by": "list", "path": "/birds"}
        owls = a_project(tenant, slug="owls", split=split, target_confidence=0.6)
        (item,) = some_items(owls, 1, payload={"birds": ["a", "b"]})
        records = [
            {"external_id": item.external_id, "part": part, "worker": f"w{i}"}
            | {"answer": {"kind": "owl"}}
            for part in range(2)
            for i in range(7)
        ]
        bring_answers(
            owls,
            [Record(row, value) for row, value in enumerate(records, start=1)],
        )
        settling.settle_project(project_id=owls.pk)

        def parts(which):
            rows = reader.get(f"{PATH}consensus/?part={which}")["results"]
            return sorted((row["part"] is None, row["task"] is None, row["part"]) for row in rows)

        assert parts("task") == [(False, False, 0), (False, False, 1)]
        assert parts("item") == [(True, True, None)]
        assert parts("all") == parts("task") + parts("item")

    def test_a_withdrawn_item_is_told_as_withdrawn(self, owls, rosa, reader):
        (item,) = some_items(owls, 1)
        answered(owls, [item])

        rosa.post(f"{PATH}items/{item.external_id}/withdraw/", {"reason": "wrong"})

        row = reader.get(f"{PATH}changes/")["results"][-1]
        assert (row["seq"], row["state"], row["cause"]) == (2, "withdrawn", "withdrawal")
        (shown,) = reader.get(f"{PATH}consensus/?state=withdrawn")["results"]
        assert shown == row


@pytest.mark.django_db(transaction=True)
def test_a_wait_ends_as_soon_as_there_is_a_row(owls, reader):
    (item,) = some_items(owls, 1)

    def wait():
        started = time.monotonic()
        try:
            return reader.get(f"{PATH}changes/?after=0&wait=25"), time.monotonic() - started
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:
        waiting = pool.submit(wait)
        time.sleep(0.5)
        began_to_wait = not waiting.done()
        answered(owls, [item])
        reply, took = waiting.result(timeout=30)

    assert began_to_wait
    assert [row["external_id"] for row in reply["results"]] == [item.external_id]
    assert reply["next"] == reply["head"] == 1
    assert took < 15
