"""Gold at the doors: several accepted answers, feedback, retirement."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.accounts import keyring
from quality import settling
from quality.models import GoldResult, Retirement
from tasks_app.models import Project, Task
from tests.factories import later

pytestmark = pytest.mark.django_db

SUBMIT = 1
FORM = [
    {"key": "kind", "type": "choice", "labels": ["wren", "owl", "other"]},
    {"key": "length", "type": "number", "required": False},
    {"key": "name", "type": "text", "required": False},
    {"key": "marks", "type": "spans", "path": "/text", "labels": ["bird"], "required": False},
]
TEXT = "A grey heron waits."


@pytest.fixture
def herons(rosa):
    """The slug of an open project with fields of four types."""
    made = rosa.post("/projects/", {"slug": "herons", "name": "Herons", "form": FORM})
    assert made.status == 201, made.body
    assert rosa.post("/projects/herons/open/").status == 200
    return "herons"


def add(rosa, slug, external_id, gold, **more):
    record = {"external_id": external_id, "payload": {"text": TEXT}, "gold": gold} | more
    return rosa.post(f"/projects/{slug}/items/", [record])


@pytest.mark.parametrize(
    "gold",
    [
        {"kind": {"accepted": [{"value": "owl"}, {"value": "wren", "weight": 0.5}]}},
        {"kind": {"accepted": [{"value": "owl"}], "reason": "It has ears."}},
        {"length": {"accepted": [{"minimum": 1, "maximum": 2}, {"value": 3, "tolerance": 0.5}]}},
        {"name": "Grey heron"},
        {
            "marks": {
                "accepted": [{"value": [{"start": 2, "end": 12, "label": "bird"}], "overlap": 0.8}]
            }
        },
    ],
)
def test_gold_is_kept_as_it_was_given(rosa, herons, gold):
    assert add(rosa, herons, "g", gold).status == 201

    assert rosa.get(f"/projects/{herons}/items/g/")["gold"] == gold


SPAN = {"start": 2, "end": 99, "label": "bird"}


@pytest.mark.parametrize(
    ("gold", "pointer", "code"),
    [
        ({"kind": "crow"}, "/gold/kind", "unknown_label"),
        (
            {"kind": {"accepted": [{"value": "owl"}, {"value": "crow"}]}},
            "/gold/kind/accepted/1/value",
            "unknown_label",
        ),
        ({"kind": {}}, "/gold/kind/accepted", "required"),
        ({"kind": {"accepted": []}}, "/gold/kind/accepted", "schema"),
        ({"kind": {"accepted": ["owl"]}}, "/gold/kind/accepted/0", "schema"),
        (
            {"kind": {"accepted": [{"value": "owl"}], "because": "x"}},
            "/gold/kind/because",
            "unknown_field",
        ),
        (
            {"kind": {"accepted": [{"value": "owl", "weight": 0}]}},
            "/gold/kind/accepted/0/weight",
            "schema",
        ),
        (
            {"kind": {"accepted": [{"value": "owl", "weight": 0.9}]}},
            "/gold/kind/accepted",
            "no_full_weight",
        ),
        (
            {"kind": {"accepted": [{"value": "owl", "tolerance": 1}]}},
            "/gold/kind/accepted/0/tolerance",
            "unknown_field",
        ),
        (
            {"kind": {"accepted": [{"minimum": 1, "maximum": 2}]}},
            "/gold/kind/accepted/0/value",
            "required",
        ),
        (
            {"length": {"accepted": [{"minimum": 1}]}},
            "/gold/length/accepted/0/maximum",
            "required",
        ),
        (
            {"length": {"accepted": [{"minimum": 2, "maximum": 1}]}},
            "/gold/length/accepted/0/minimum",
            "bounds_cross",
        ),
        (
            {"marks": {"accepted": [{"value": [SPAN]}]}},
            "/gold/marks/accepted/0/value/0/end",
            "out_of_range",
        ),
        ({"mood": {"accepted": [{"value": "x"}]}}, "/gold/mood", "unknown_field"),
    ],
)
def test_what_is_wrong_with_gold_is_told_by_its_place(rosa, herons, gold, pointer, code):
    refused = add(rosa, herons, "g", gold)

    assert refused.status == 422
    assert {(error["pointer"], error["code"]) for error in refused["errors"]} >= {(pointer, code)}
    assert {error["row"] for error in refused["errors"]} == {1}


@pytest.fixture
def told(rosa, birds):
    """The project tells who misses gold, and serves nothing else."""
    assert (
        rosa.patch(f"/projects/{birds}/", {"gold_rate": 1.0, "gold_feedback": True}).status == 200
    )
    return birds


EARS = {"kind": {"accepted": [{"value": "owl"}], "reason": "It has ears."}}
FEEDBACK = {
    "fields": {"kind": {"accepted": ["owl"], "reason": "It has ears."}},
    "hint": "Look at the head.",
}


def claimed(worker, slug, count=1):
    return worker.post(f"/projects/{slug}/claim/", {"count": count})["assignments"]


def submit(worker, lease, label, **headers):
    return worker.post(
        f"/assignments/{lease['id']}/submit/", {"answer": {"kind": label}}, **headers
    )


def test_a_project_tells_whether_it_gives_feedback(rosa, birds):
    assert rosa.get(f"/projects/{birds}/")["gold_feedback"] is False

    changed = rosa.patch(f"/projects/{birds}/", {"gold_feedback": True})

    assert changed["gold_feedback"] is True


def test_who_misses_gold_is_told_why_and_the_gold_is_spent(rosa, told, wim, wanda):
    add(rosa, told, "g", EARS, hint="Look at the head.")
    (lease,) = claimed(wim, told)

    missed = submit(wim, lease, "wren")

    assert (missed.status, missed["feedback"]) == (201, FEEDBACK)
    row = Retirement.objects.get()
    assert (row.because, row.task.state) == ("shown", "retired")
    assert claimed(wanda, told) == []
    again = submit(wim, lease, "wren")
    assert (again.status, again["feedback"]) == (200, FEEDBACK)
    assert again.body | {"remaining_s": 0} == missed.body | {"remaining_s": 0}


def test_the_same_is_told_under_an_idempotency_key(rosa, told, wim):
    add(rosa, told, "g", EARS, hint="Look at the head.")
    (lease,) = claimed(wim, told)

    replies = [submit(wim, lease, "wren", **{"Idempotency-Key": "one"}) for _ in range(2)]

    assert [(reply.status, reply["feedback"]) for reply in replies] == [(201, FEEDBACK)] * 2
    assert Retirement.objects.count() == 1


def test_who_gets_gold_right_is_told_nothing(rosa, told, wim, wanda):
    add(rosa, told, "g", EARS)
    (lease,) = claimed(wim, told)

    assert "feedback" not in submit(wim, lease, "owl").body
    assert not Retirement.objects.exists()
    assert len(claimed(wanda, told)) == 1


def test_other_work_brings_no_feedback(rosa, told, wim):
    rosa.post(f"/projects/{told}/items/", [{"external_id": "a", "payload": {}}])
    (lease,) = claimed(wim, told)

    assert "feedback" not in submit(wim, lease, "wren").body


def test_without_feedback_a_miss_is_told_to_nobody_and_costs_nothing(rosa, birds, wim, monkeypatch):
    monkeypatch.setattr(keyring, "FRESH_S", 1e9)
    rosa.patch(f"/projects/{birds}/", {"gold_rate": 1.0})
    add(rosa, birds, "g", EARS)
    (lease,) = claimed(wim, birds)

    with CaptureQueriesContext(connection) as queries:
        missed = submit(wim, lease, "wren")

    assert (missed.status, len(queries)) == (201, SUBMIT)
    assert "feedback" not in missed.body
    assert not Retirement.objects.exists()


def test_a_project_that_stops_giving_feedback_stops_at_once(rosa, told, wim):
    add(rosa, told, "g", EARS)
    (lease,) = claimed(wim, told)
    rosa.patch(f"/projects/{told}/", {"gold_feedback": False})

    assert "feedback" not in submit(wim, lease, "wren").body


@pytest.fixture
def answered(rosa, birds, wim):
    """A project with a gold that Wim got right and one that he missed."""
    rosa.patch(f"/projects/{birds}/", {"gold_rate": 1.0})
    for external_id in ("g1", "g2"):
        add(rosa, birds, external_id, {"kind": "owl"})
    for label in ("owl", "wren"):
        (lease,) = claimed(wim, birds)
        submit(wim, lease, label)
    settling.settle(project=Project.objects.get(slug=birds), now=later(0))
    return birds


def gold_of(rosa, slug):
    return {row["external_id"]: row for row in rosa.get(f"/projects/{slug}/gold/")["results"]}


def test_a_manager_sees_how_gold_does(rosa, rita, answered):
    rows = gold_of(rosa, answered)

    assert rows.keys() == {"g1", "g2"}
    assert sorted(row["score"]["value"] for row in rows.values()) == [0.0, 1.0]
    assert {row["state"] for row in rows.values()} == {"live"}
    assert {(row["n"], row["n_good"], row["retired"]) for row in rows.values()} <= {
        (1, 0, None),
        (1, 1, None),
    }
    assert gold_of(rita, answered) == rows
    lines = rosa.get(f"/projects/{answered}/gold/", Accept="application/x-ndjson").body
    assert {row["external_id"]: row for row in lines} == rows


def test_a_manager_retires_gold_and_puts_it_back(rosa, answered):
    path = f"/projects/{answered}/gold/g1"

    retired = [rosa.post(f"{path}/retire/", {"reason": "blurred"}) for _ in range(2)]

    assert [reply.status for reply in retired] == [200, 200]
    assert retired[0].body == retired[1].body
    assert retired[0]["state"] == "retired"
    assert retired[0]["retired"].keys() == {"because", "note", "at"}
    assert (retired[0]["retired"]["because"], retired[0]["retired"]["note"]) == (
        "by_hand",
        "blurred",
    )
    assert GoldResult.objects.filter(counts=True).count() == 1
    tasks = rosa.get(f"/projects/{answered}/tasks/")["results"]
    assert sorted(row["state"] for row in tasks) == ["open", "retired"]

    restored = [rosa.post(f"{path}/restore/") for _ in range(2)]

    assert [reply.status for reply in restored] == [200, 200]
    assert (restored[1]["state"], restored[1]["retired"]) == ("live", None)
    assert GoldResult.objects.filter(counts=True).count() == 2


def test_what_is_no_gold_cannot_be_retired(rosa, birds):
    rosa.post(f"/projects/{birds}/items/", [{"external_id": "a", "payload": {}}])

    assert rosa.post(f"/projects/{birds}/gold/a/retire/", {}).status == 404
    assert rosa.post(f"/projects/{birds}/gold/b/restore/").status == 404


@pytest.mark.parametrize("n", [1, 8])
def test_the_list_of_gold_asks_a_fixed_number_of_times(rosa, birds, n, monkeypatch):
    monkeypatch.setattr(keyring, "FRESH_S", 1e9)
    for number in range(n):
        add(rosa, birds, f"g{number}", {"kind": "owl"})
    rosa.get(f"/projects/{birds}/gold/")

    with CaptureQueriesContext(connection) as queries:
        rosa.get(f"/projects/{birds}/gold/")

    assert len(queries) == 3


def test_gold_that_was_withdrawn_is_listed_no_more(rosa, answered):
    rosa.post(f"/projects/{answered}/items/g1/withdraw/", {})

    assert gold_of(rosa, answered).keys() == {"g2"}
    assert GoldResult.objects.filter(counts=True).count() == 1
    assert Task.objects.filter(state="withdrawn").count() == 1


def test_a_summary_tells_how_long_gold_lasts_and_whether_it_leaks(rosa, rita, answered):
    told = rosa.get(f"/projects/{answered}/gold/summary/").body

    assert (told["n_live"], told["n_retired"]) == (2, 0)
    (row,) = told["workers"]
    assert row.pop("worker").startswith("w_")
    assert row == {"n_seen": 2, "n_left": 0, "per_day": 2.0, "days_left": 0.0}
    assert told["leaks"]["workers"] == []
    assert told["leaks"]["project"]["fresh"]["n"] == 2
    assert told["leaks"]["project"]["suspected"] is False
    assert rita.get(f"/projects/{answered}/gold/summary/")["leaks"] == told["leaks"]


def test_a_manager_makes_gold_of_what_all_agree_on(rosa, rita, birds):
    rosa.post(
        f"/projects/{birds}/items/", [{"external_id": f"a{n}", "payload": {}} for n in range(30)]
    )
    rosa.post(
        f"/projects/{birds}/answers/",
        [
            {"external_id": f"a{n}", "worker": f"w{worker}", "answer": {"kind": "owl"}}
            for n in range(30)
            for worker in range(7)
        ],
    )
    settling.settle(project=Project.objects.get(slug=birds), now=later(0))

    offered = rita.get(f"/projects/{birds}/gold/candidates/?limit=2").body
    assert offered["next"]
    first, _ = offered["results"]
    assert (first["external_id"], first["gold"], first["n_answers"]) == ("a0", {"kind": "owl"}, 7)
    assert rita.get(f"/projects/{birds}/gold/").body["results"] == []

    path, body = f"/projects/{birds}/gold/promote/", {"external_ids": ["a0", "a1"]}
    made = rosa.post(path, body)

    assert made.status == 200
    assert [(row["external_id"], row["state"]) for row in made["results"]] == [
        ("a0", "live"),
        ("a1", "live"),
    ]
    refused = rosa.post(path, {"external_ids": ["a1", "a2"]})
    assert (refused.status, refused["code"]) == (409, "not_a_candidate")
    assert "'a1'" in refused["detail"]
    assert rosa.post(path, {"external_ids": []}).status == 422


def test_a_history_has_gold_in_no_order_of_its_own(rosa, birds, wim):
    rosa.patch(f"/projects/{birds}/", {"gold_rate": 0.5})
    items = [{"external_id": f"a{n}", "payload": {}} for n in range(12)]
    gold = [{"external_id": f"g{n}", "payload": {}, "gold": {"kind": "owl"}} for n in range(12)]
    rosa.post(f"/projects/{birds}/items/", items + gold)
    first, second = (
        sorted(
            held["id"]
            for held in wim.post(f"/projects/{birds}/claim/", {"count": 8})["assignments"]
        )
        for _ in range(2)
    )

    assert [row["id"] for row in wim.get("/me/assignments/").body["results"]] == first + second

    listed, cursor = [], ""
    while cursor is not None:
        page = wim.get(f"/me/assignments/?limit=3{cursor and f'&cursor={cursor}'}").body
        listed += [row["id"] for row in page["results"]]
        cursor = page["next"]
    assert listed == first + second
    lines = wim.get("/me/assignments/", Accept="application/x-ndjson").body
    assert [row["id"] for row in lines] == listed


@pytest.mark.parametrize("cursor", ["x", "azE", "dDEuMg", "dDk5OTk5OTk5OTk5OTk5OTk5OTk5LmFi"])
def test_a_cursor_of_a_history_that_was_not_made_here_is_refused(wim, cursor):
    refused = wim.get(f"/me/assignments/?cursor={cursor}")

    assert (refused.status, refused["code"]) == (422, "bad_cursor")
