"""The main job over the doors: upload, claim, answer, consensus."""

import pytest

from marketplace.flows import settling
from tests.api.caller import Caller

pytestmark = pytest.mark.django_db


def upload(caller, slug, rows, **headers):
    return caller.post(f"/projects/{slug}/items/", rows, **headers)


def test_an_item_becomes_a_consensus(rosa, carl, tenant, birds):
    made = upload(carl, birds, [{"external_id": "a1", "payload": {"text": "hoo"}}])
    assert (made.status, made["accepted"], made["tasks"]) == (201, 1, 1)

    for number in range(3):
        invited = rosa.post("/workers/", {"username": f"w{number}"})
        key = rosa.post(f"/workers/{invited['id']}/keys/", {})
        worker = Caller(key["key"])
        claimed = worker.post(f"/projects/{birds}/claim/", {"count": 1})
        assert claimed.status == 201
        (lease,) = claimed["assignments"]
        assert lease["payload"] == {"text": "hoo"}
        assert lease["reward"] == {"amount": "0.0150", "currency": "USD"}
        (held,) = worker.get("/me/assignments/?state=leased")["results"]
        assert held | {"remaining_s": 0} == lease | {"remaining_s": 0}
        done = worker.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})
        assert (done.status, done["state"], done["late"]) == (201, "answered", False)
        again = worker.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})
        assert again.status == 200
        assert again.body == done.body
        other = worker.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "wren"}})
        assert (other.status, other["code"]) == (409, "already_answered")
        none = worker.post(f"/projects/{birds}/claim/")
        assert (none.status, none["assignments"]) == (200, [])
        assert none["reasons"][0]["code"] in {"all_done_by_you", "no_open_tasks"}

    settling.settle_due(until=float("inf"))

    consensus = carl.get(f"/projects/{birds}/consensus/")
    (row,) = consensus["results"]
    assert (row["value"], row["n_answers"], row["external_id"]) == ("owl", 3, "a1")
    assert consensus.headers["Concord-Seq"] == str(row["seq"])
    changes = carl.get(f"/projects/{birds}/changes/?after=0")
    assert changes["next"] == changes["head"] == row["seq"]
    assert changes["results"][-1] == row
    progress = rosa.get(f"/projects/{birds}/")["progress"]
    assert (progress["items"], progress["answers"]) == (1, 3)
    (agreement,) = rosa.get(f"/projects/{birds}/agreement/")["fields"]
    assert agreement["undefined_because"]
    workers = rosa.get(f"/projects/{birds}/workers/")["results"]
    assert [worker["name"] for worker in workers] == ["w0", "w1", "w2"]
    detail = rosa.get(f"/projects/{birds}/workers/{workers[0]['worker']}/")
    assert detail["history"][0]["answer"] == {"kind": "owl"}
    (task,) = rosa.get(f"/projects/{birds}/tasks/")["results"]
    assert task["n_answers"] == 3
