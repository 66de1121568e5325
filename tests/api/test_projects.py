"""Projects are drawn up, changed, opened and closed."""

import pytest

from tests.api.caller import Caller
from tests.factories import a_key, a_tenant, a_user, a_worker

pytestmark = pytest.mark.django_db
FORM = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
ITEM = {"external_id": "a1", "payload": {"text": "hoo"}}


def draft(caller, **more):
    return caller.post("/projects/", {"slug": "owls", "name": "Owls", "form": FORM} | more)


def faults(reply):
    return [(fault["pointer"], fault["code"]) for fault in reply["errors"]]


def test_a_project_starts_in_draft_with_what_nobody_asked_for_set(rosa):
    made = draft(rosa)

    assert made.status == 201
    assert made["state"] == "draft"
    assert made["access"] == "invited"
    assert made["split"] == {"by": "none"}
    assert made["redundancy"] == {"min": 3, "max": 7, "target_confidence": 0.95}
    assert (made["lease_s"], made["claim_limit"], made["priority"]) == (600, 20, 0)
    assert (made["gold_rate"], made["show_predictions"]) == (0.0, False)
    assert (made["route"], made["retraining"], made["budget"]) == ("uncertain_first", None, None)
    assert (made["guidelines"], made["guideline_version"]) == ("", 1)
    assert set(made["progress"]) == {"items", "tasks", "resolved", "unresolvable", "answers"}
    assert rosa.get("/projects/owls/").body == made.body


@pytest.mark.parametrize(
    ("form", "floor"),
    [
        (FORM, 0.75),
        ([{"key": "k", "type": "ordinal", "labels": ["a", "b", "c", "d"]}], 0.625),
        ([{"key": "k", "type": "multichoice", "labels": ["a", "b"]}], 0.625),
        ([{"key": "n", "type": "number"}], 0.75),
        ([*FORM, {"key": "k", "type": "choice", "labels": ["a", "b", "c", "d"]}], 0.6875),
    ],
)
def test_the_floor_stands_half_way_between_chance_and_certainty(rosa, form, floor):
    made = draft(rosa, form=form)

    assert made["reliability_floor"] == pytest.approx(floor)


def test_a_floor_that_was_asked_for_stays(rosa):
    assert draft(rosa, reliability_floor=0.9)["reliability_floor"] == 0.9


def test_a_slug_is_one_project_in_the_whole_deployment(rosa, mallory):
    draft(rosa)

    refused = [draft(rosa), draft(mallory)]

    assert [(reply.status, reply["code"]) for reply in refused] == [(409, "slug_taken")] * 2


@pytest.mark.parametrize("slug", ["", "Owls", "-owls", "o wls", "owls/", "ö", "x" * 64])
def test_a_slug_is_lower_case_letters_digits_and_dashes(rosa, slug):
    refused = draft(rosa, slug=slug)

    assert (refused.status, faults(refused)[0][0]) == (422, "/slug")


@pytest.mark.parametrize("kind", ["polygons", "masks", "nonsense"])
def test_types_of_fields_that_there_are_not_are_refused(rosa, kind):
    refused = draft(rosa, form=[{"key": "k", "type": kind, "labels": ["a", "b"]}])

    assert refused.status == 422
    assert faults(refused)[0][0].startswith("/form/0")


@pytest.mark.parametrize(
    ("more", "pointer"),
    [
        ({"form": []}, "/form"),
        ({"form": [*FORM, *FORM]}, "/form/1/key"),
        ({"form": [{"key": "k", "type": "choice", "labels": ["a"]}]}, "/form/0/labels"),
        ({"form": [{"key": "n", "type": "number", "minimum": 2, "maximum": 1}]}, "/form/0/minimum"),
        ({"redundancy": {"min": 5, "max": 3}}, "/redundancy/min"),
        ({"redundancy": {"min": 0}}, "/redundancy/min"),
        ({"redundancy": {"target_confidence": 1.5}}, "/redundancy/target_confidence"),
        ({"item_schema": {"type": "nonsense"}}, "/item_schema"),
        ({"split": {"by": "windows", "path": "/t", "size": 5, "overlap": 5}}, "/split/overlap"),
        ({"retraining": {"after": 5, "sink": "builtin"}}, "/retraining/field"),
        (
            {"retraining": {"after": 5, "sink": "builtin", "field": "size", "text": "/t"}},
            "/retraining/field",
        ),
        ({"name": "   "}, "/name"),
        ({"gold_rate": 2}, "/gold_rate"),
        ({"lease_s": 0}, "/lease_s"),
        ({"access": "everybody"}, "/access"),
    ],
)
def test_what_contradicts_itself_is_refused_by_its_place(rosa, more, pointer):
    refused = draft(rosa, **more)

    assert refused.status == 422
    assert pointer in [place for place, _ in faults(refused)]


@pytest.mark.parametrize(
    ("amount", "told"),
    [
        ("0.0150", "0.0150"),
        ("250", "250.00"),
        ("250.00", "250.00"),
        ("0.000001", "0.000001"),
        ("1.5", "1.50"),
        ("999999999.999999", "999999999.999999"),
        ("0", "0.00"),
    ],
)
def test_money_comes_back_to_the_last_micro_unit(rosa, amount, told):
    money = {"amount": amount, "currency": "EUR"}

    made = draft(rosa, reward=money, budget=money)

    assert made.status == 201
    assert made["reward"] == made["budget"] == {"amount": told, "currency": "EUR"}


@pytest.mark.parametrize(
    "money",
    [
        {"amount": 0.015, "currency": "USD"},
        {"amount": "-1", "currency": "USD"},
        {"amount": "1e3", "currency": "USD"},
        {"amount": "1,50", "currency": "USD"},
        {"amount": ".5", "currency": "USD"},
        {"amount": "0.0000001", "currency": "USD"},
        {"amount": "1.0\n", "currency": "USD"},
        {"amount": "\u0661", "currency": "USD"},
        {"amount": "1", "currency": "usd"},
        {"amount": "1"},
        "1 USD",
    ],
)
def test_money_that_is_none_is_refused(rosa, money):
    refused = draft(rosa, reward=money)

    assert (refused.status, faults(refused)[0][0].split("/")[1]) == (422, "reward")


def test_a_change_touches_what_it_names_and_nothing_else(rosa):
    before = draft(rosa, budget={"amount": "5", "currency": "USD"}).body

    changed = rosa.patch("/projects/owls/", {"redundancy": {"max": 9}, "priority": 3})

    assert changed.status == 200
    expected = before | {"priority": 3, "redundancy": before["redundancy"] | {"max": 9}}
    assert changed.body == expected
    assert rosa.patch("/projects/owls/", {}).body == expected
    assert rosa.patch("/projects/owls/", {"budget": None})["budget"] is None


def test_a_change_that_contradicts_the_rest_changes_nothing(rosa):
    before = draft(rosa).body

    refused = rosa.patch("/projects/owls/", {"redundancy": {"min": 8}, "name": "New"})

    assert (refused.status, faults(refused)) == (422, [("/redundancy/min", "min_above_max")])
    assert rosa.get("/projects/owls/").body == before


@pytest.mark.parametrize("more", [{"slug": "other"}, {"state": "open"}, {"unknown": 1}])
def test_what_cannot_be_changed_is_no_field_of_a_change(rosa, more):
    draft(rosa)

    assert rosa.patch("/projects/owls/", more).status == 422


def test_form_split_and_schema_are_fixed_by_the_first_item(rosa):
    draft(rosa)
    freer = rosa.patch("/projects/owls/", {"item_schema": {"type": "object"}})
    rosa.post("/projects/owls/items/", [ITEM])

    changes = [
        {"form": [*FORM, {"key": "note", "type": "text"}]},
        {"split": {"by": "list", "path": "/questions"}},
        {"item_schema": None},
    ]
    refused = [rosa.patch("/projects/owls/", change) for change in changes]

    assert freer.status == 200
    assert [(reply.status, reply["code"]) for reply in refused] == [(409, "project_has_items")] * 3
    same = rosa.patch("/projects/owls/", {"form": FORM, "name": "Owls again"})
    assert (same.status, same["name"]) == (200, "Owls again")


def test_an_open_project_keeps_its_form_even_without_items(rosa, birds):
    refused = rosa.patch(f"/projects/{birds}/", {"form": FORM})

    assert (refused.status, refused["code"]) == (409, "project_has_items")


def test_a_project_is_opened_paused_opened_again_and_closed(rosa):
    draft(rosa)
    deeds = ["open", "open", "pause", "pause", "open", "close", "close"]

    replies = [rosa.post(f"/projects/owls/{deed}/") for deed in deeds]

    assert [(reply.status, reply["state"]) for reply in replies] == [
        (200, state) for state in ("open", "open", "paused", "paused", "open", "closed", "closed")
    ]


@pytest.mark.parametrize(
    ("before", "deed"), [([], "pause"), (["close"], "open"), (["open", "close"], "pause")]
)
def test_other_ways_there_are_none(rosa, before, deed):
    draft(rosa)
    for step in before:
        rosa.post(f"/projects/owls/{step}/")
    state = rosa.get("/projects/owls/")["state"]

    refused = rosa.post(f"/projects/owls/{deed}/")

    assert (refused.status, refused["code"]) == (409, "bad_transition")
    assert rosa.get("/projects/owls/")["state"] == state


def test_each_change_of_the_guidelines_is_a_version_and_the_old_ones_stay(rosa, wim, birds):
    same = rosa.patch(f"/projects/{birds}/", {"guidelines": "Look well."})
    changed = rosa.patch(f"/projects/{birds}/", {"guidelines": "# Look *twice* — 鳥"})

    assert (same["guideline_version"], changed["guideline_version"]) == (1, 2)
    texts = [
        wim.get(f"/projects/{birds}/guidelines/{query}")
        for query in ("", "?version=1", "?version=2")
    ]
    assert [text.raw.decode() for text in texts] == [
        "# Look *twice* — 鳥",
        "Look well.",
        "# Look *twice* — 鳥",
    ]
    assert {text.headers["Content-Type"] for text in texts} == {"text/markdown; charset=utf-8"}
    assert rosa.get(f"/projects/{birds}/guidelines/?version=3").status == 404
    assert rosa.get(f"/projects/{birds}/guidelines/?version=0").status == 400


def test_guidelines_are_read_by_callers_of_plain_markdown(wim, birds):
    reply = wim.get(f"/projects/{birds}/guidelines/", accept="text/markdown")

    assert (reply.status, reply.raw) == (200, b"Look well.")


@pytest.mark.parametrize(
    ("method", "path"),
    [
        ("GET", ""),
        ("PATCH", ""),
        ("POST", "open/"),
        ("POST", "close/"),
        ("GET", "guidelines/"),
        ("GET", "items/"),
        ("POST", "items/"),
        ("POST", "answers/"),
        ("GET", "consensus/"),
        ("GET", "changes/"),
        ("GET", "tasks/"),
        ("GET", "agreement/"),
    ],
)
def test_another_tenant_finds_nothing_here(mallory, rosa, birds, method, path):
    data = {"name": "Mine"} if method == "PATCH" else [] if path.endswith("s/") else {}

    foreign = mallory.send(method, f"/projects/{birds}/{path}", data)
    missing = mallory.send(method, f"/projects/none-such/{path}", data)

    assert (foreign.status, missing.status) == (404, 404)
    same = {"request_id": ""}
    assert foreign.body | same == missing.body | same
    assert rosa.get(f"/projects/{birds}/")["name"] == "Bird or not"


def test_a_list_holds_the_own_projects_page_by_page(rosa, mallory):
    for number in range(5):
        draft(rosa, slug=f"owls-{number}")
    draft(mallory, slug="not-mine")

    found, query = [], "?limit=2"
    while query:
        page = rosa.get(f"/projects/{query}")
        found.append([row["slug"] for row in page["results"]])
        query = page["next"] and f"?limit=2&cursor={page['next']}"

    assert found == [["owls-0", "owls-1"], ["owls-2", "owls-3"], ["owls-4"]]
    streamed = rosa.get("/projects/", accept="application/x-ndjson")
    assert [row["slug"] for row in streamed.body] == [slug for page in found for slug in page]


def test_a_worker_of_one_tenant_only_reads_guidelines_there(tenant, wim, birds):
    other = a_tenant()
    stranger = Caller(a_key(a_worker(other)))

    assert wim.get(f"/projects/{birds}/guidelines/").status == 200
    assert stranger.get(f"/projects/{birds}/guidelines/").status == 404
    assert Caller(a_key(a_user(other, "client"))).get(f"/projects/{birds}/").status == 404
