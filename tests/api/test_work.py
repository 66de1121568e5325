"""Work over the doors: see it, take it, give it back, answer it, and what a worker may know."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.flows import deciding
from tasks_app import claims
from tasks_app.models import Assignment, Project
from tests.api.caller import Caller
from tests.factories import a_flag, a_key, a_project, a_tenant, a_worker, some_items

pytestmark = pytest.mark.django_db
MONEY = {"reward_currency": "USD"}


def claim(caller, slug, count=1):
    return caller.post(f"/projects/{slug}/claim/", {"count": count})


def deed(caller, lease, name, body=None):
    return caller.post(f"/assignments/{lease['id']}/{name}/", body)


def submit(caller, lease, label="owl", **more):
    return deed(caller, lease, "submit", {"answer": {"kind": label}} | more)


def lapse(lease, seconds=5):
    """The lease ended this long ago."""
    ended = timezone.now() - timedelta(seconds=seconds)
    Assignment.objects.filter(uid=lease["id"]).update(leased_until=ended)


def state_of(caller, lease):
    rows = caller.get("/me/assignments/")["results"]
    return next(row["state"] for row in rows if row["id"] == lease["id"])


def codes(reply):
    return [reason["code"] for reason in reply["reasons"]]


@pytest.fixture
def owls(tenant):
    project = a_project(tenant, slug="owls")
    some_items(project, 3)
    return project


def test_a_task_given_back_may_come_again_as_the_same_assignment(owls, tenant, wim):
    owls = a_project(tenant, slug="one")
    some_items(owls, 1)
    (lease,) = claim(wim, "one")["assignments"]

    released = [deed(wim, lease, "release") for _ in range(2)]
    lost = submit(wim, lease)
    (again,) = claim(wim, "one")["assignments"]

    assert [(reply.status, reply["state"]) for reply in released] == [(200, "released")] * 2
    assert (lost.status, lost["code"]) == (409, "lease_lost")
    assert (again["id"], again["state"]) == (lease["id"], "leased")


def test_a_task_skipped_never_comes_again(tenant, wim, wanda):
    project = a_project(tenant, slug="one")
    some_items(project, 1)
    (lease,) = claim(wim, "one")["assignments"]

    skipped = [deed(wim, lease, "skip", {"reason": "too hard"}) for _ in range(2)]
    none = claim(wim, "one")

    assert [(reply.status, reply["state"]) for reply in skipped] == [(200, "skipped")] * 2
    assert (none.status, codes(none)) == (200, ["all_done_by_you"])
    assert claim(wanda, "one").status == 201
    assert submit(wim, lease)["code"] == "lease_lost"


def test_a_lease_is_extended_three_times_by_its_length(owls, wim):
    (lease,) = claim(wim, "owls")["assignments"]

    extended = [deed(wim, lease, "extend") for _ in range(4)]

    assert [reply.status for reply in extended] == [200, 200, 200, 409]
    assert extended[3]["code"] == "extend_limit"
    assert 2300 < extended[2]["remaining_s"] <= 2400
    assert wim.get("/me/assignments/")["results"][0]["leased_until"] == extended[2]["leased_until"]


def test_what_is_answered_is_given_back_no_more(owls, wim):
    (lease,) = claim(wim, "owls")["assignments"]
    submit(wim, lease)

    refused = [deed(wim, lease, name, {}) for name in ("release", "skip", "extend")]

    assert [(reply.status, reply["code"]) for reply in refused] == [(409, "already_answered")] * 3


def test_a_late_answer_is_taken_while_there_is_a_place(owls, wim):
    (lease,) = claim(wim, "owls")["assignments"]
    lapse(lease)

    extended = deed(wim, lease, "extend")
    answered = submit(wim, lease)

    assert (extended.status, extended["code"]) == (409, "lease_lost")
    assert (answered.status, answered["late"], answered["state"]) == (201, True, "answered")
    assert submit(wim, lease).body == answered.body


def test_a_late_answer_is_refused_once_the_place_is_gone(tenant, wim, wanda):
    project = a_project(tenant, slug="one", min_answers=1)
    some_items(project, 1)
    (lease,) = claim(wim, "one")["assignments"]
    lapse(lease)
    claims.expire(now=timezone.now())
    (taken,) = claim(wanda, "one")["assignments"]
    submit(wanda, taken)

    refused = submit(wim, lease)

    assert (refused.status, refused["code"]) == (409, "lease_lost")
    assert state_of(wim, lease) == "expired"
    assert claim(wim, "one")["assignments"] == []


@pytest.mark.parametrize("deed", ["pause", "close"])
def test_a_project_that_is_not_open_honours_leases_and_gives_none(rosa, owls, wim, wanda, deed):
    live, late = claim(wim, "owls", 2)["assignments"]
    lapse(late)

    rosa.post(f"/projects/owls/{deed}/")

    refused = claim(wanda, "owls")
    assert (refused.status, refused["code"]) == (409, "project_not_open")
    assert submit(wim, late)["code"] == "lease_lost"
    assert submit(wim, live).status == 201
    assert wim.get("/work/")["results"] == []


@pytest.mark.parametrize(
    ("body", "pointer", "code"),
    [
        ({"answer": {"kind": "crow"}}, "/answer/kind", "unknown_label"),
        ({"answer": {"kind": 7}}, "/answer/kind", "schema"),
        ({"answer": {}}, "/answer/kind", "required"),
        ({"answer": {"kind": "owl", "size": 1}}, "/answer/size", "unknown_field"),
    ],
)
def test_an_answer_that_does_not_fit_names_its_field_and_leaves_the_lease(
    owls, wim, body, pointer, code
):
    (lease,) = claim(wim, "owls")["assignments"]

    refused = deed(wim, lease, "submit", body)

    (fault,) = refused["errors"]
    assert (refused.status, fault["pointer"], fault["code"]) == (422, pointer, code)
    assert submit(wim, lease).status == 201


def test_work_tells_what_it_pays_how_long_it_takes_and_what_is_left(tenant, wim):
    project = a_project(tenant, slug="owls", reward_micros=15_000, **MONEY)
    some_items(project, 3)
    leases = claim(wim, "owls", 2)["assignments"]
    for lease, elapsed in zip(leases, [5, 7], strict=True):
        submit(wim, lease, elapsed_s=elapsed)

    (work,) = wim.get("/work/")["results"]

    assert work == {
        "slug": "owls",
        "name": "Birds",
        "reward": {"amount": "0.0150", "currency": "USD"},
        "median_s": 6.0,
        "expected_hourly": {"amount": "9.00", "currency": "USD"},
        "tasks_left": 1,
        "reasons": [],
    }


def test_work_that_nobody_did_promises_no_pay_by_the_hour(owls, wim):
    (work,) = wim.get("/work/")["results"]

    assert (work["median_s"], work["expected_hourly"], work["tasks_left"]) == (None, None, 3)


def test_work_tells_why_it_cannot_be_taken(tenant, wim):
    empty = a_project(tenant, slug="empty")
    full = a_project(tenant, slug="full", claim_limit=1)
    some_items(full, 3)
    claim(wim, "full")

    reasons = {row["slug"]: codes(row) for row in wim.get("/work/")["results"]}

    assert reasons == {empty.slug: ["no_open_tasks"], "full": ["lease_limit"]}


def test_a_claim_is_clipped_to_the_limit_and_to_what_is_there(tenant, wim):
    project = a_project(tenant, slug="owls", claim_limit=2)
    some_items(project, 5)

    first, second = claim(wim, "owls", 9), claim(wim, "owls", 9)

    assert (first.status, len(first["assignments"])) == (201, 2)
    assert (second.status, second["assignments"], codes(second)) == (200, [], ["lease_limit"])
    deed(wim, first["assignments"][0], "release")
    assert len(claim(wim, "owls", 9)["assignments"]) == 1


@pytest.mark.parametrize("count", [0, -1, 1001, "1", 1.5])
def test_a_count_that_is_none_is_refused(owls, wim, count):
    refused = claim(wim, "owls", count)

    assert (refused.status, refused["errors"][0]["pointer"]) == (422, "/count")


def test_a_claim_anywhere_takes_the_most_urgent_then_the_best_paid_then_by_name(tenant, wim, wanda):
    for slug, priority, reward in [("c", 0, 9000), ("b", 0, 5000), ("a", 0, 5000), ("d", 1, 0)]:
        some_items(
            a_project(tenant, slug=slug, priority=priority, reward_micros=reward, **MONEY), 2
        )
        for lease in claim(wanda, slug)["assignments"]:
            submit(wanda, lease, elapsed_s=10)

    order = [lease["project"] for lease in wim.post("/claim/", {"count": 7})["assignments"]]

    assert order == ["d", "d", "c", "c", "a", "a", "b"]


def test_a_claim_anywhere_without_work_says_why(wim):
    none = wim.post("/claim/")

    assert (none.status, none["assignments"], codes(none)) == (200, [], ["no_open_tasks"])


def test_open_projects_are_for_everybody_and_invited_ones_for_the_invited(tenant, wim):
    some_items(a_project(tenant, slug="invited"), 1)
    some_items(a_project(tenant, slug="open", access="open"), 1)
    stranger = User.objects.get(pk=a_worker(a_tenant()).pk)
    stranger.tenant = None
    somebody = Caller(a_key(stranger))

    assert {row["slug"] for row in wim.get("/work/")["results"]} == {"invited", "open"}
    assert {row["slug"] for row in somebody.get("/work/")["results"]} == {"open"}
    assert claim(somebody, "invited").status == 404
    assert claim(somebody, "open").status == 201


def test_a_key_of_one_tenant_sees_the_work_of_that_tenant_only(tenant, wim):
    some_items(a_project(a_tenant(), slug="elsewhere", access="open"), 1)

    assert wim.get("/work/")["results"] == []
    assert claim(wim, "elsewhere").status == 404


def test_the_assignments_of_others_are_not_there(owls, wim, wanda):
    (lease,) = claim(wim, "owls")["assignments"]

    replies = [deed(wanda, lease, name, {}) for name in ("release", "skip", "extend")]

    assert [reply.status for reply in [*replies, submit(wanda, lease)]] == [404] * 4
    assert wanda.get("/me/assignments/")["results"] == []
    assert state_of(wim, lease) == "leased"


def test_a_confirmed_flag_shows_as_a_restriction(tenant, owls, rosa):
    worker = a_worker(tenant)
    wim = Caller(a_key(worker))
    (lease,) = claim(wim, "owls")["assignments"]
    flag = a_flag(owls, worker)
    before = wim.get("/me/restrictions/")["results"]

    deciding.confirm(flag=flag, by=User.objects.get(role="manager"), note="yes")

    (restriction,) = wim.get("/me/restrictions/")["results"]
    assert before == []
    assert (restriction["project"], restriction["code"]) == ("owls", "restricted")
    assert restriction["until"] is None
    assert codes(claim(wim, "owls")) == ["restricted"]
    assert codes(wim.get("/work/")["results"][0]) == ["restricted"]
    assert submit(wim, lease).status == 201


def test_gold_looks_like_any_other_work(tenant, wim):
    project = a_project(tenant, slug="owls", gold_rate=1.0)
    some_items(project, 2, gold={"kind": "owl"}, hint="It is an owl.")
    some_items(project, 2)
    Project.objects.filter(pk=project.pk).update(gold_rate=0.5)

    told = []
    for _ in range(4):
        claimed = claim(wim, "owls")
        for lease in claimed["assignments"]:
            told += [claimed, submit(wim, lease), wim.get("/me/assignments/?state=answered")]
    told += [wim.get("/me/assignments/"), wim.get("/work/"), claim(wim, "owls")]

    shown = [row for reply in told for row in reply.body.get("assignments", [])]
    assert shown
    assert len({frozenset(row) for row in shown}) == 1
    for reply in told:
        assert b"gold" not in reply.raw
        assert b"hint" not in reply.raw
        assert b"It is an owl." not in reply.raw


def test_a_window_tells_where_it_stands_in_its_text(tenant, wim):
    split = {"by": "windows", "path": "/text", "size": 10, "overlap": 0}
    project = a_project(tenant, slug="owls", split=split)
    some_items(project, 1, payload={"text": "One owl. Two owls.", "page": 7})

    leases = claim(wim, "owls", 5)["assignments"]

    shown = sorted((lease["part"]["index"], lease) for lease in leases)
    assert [(lease["part"], lease["payload"]) for _, lease in shown] == [
        ({"index": 0, "of": 2, "start": 0, "end": 8}, {"text": "One owl.", "page": 7}),
        ({"index": 1, "of": 2, "start": 9, "end": 18}, {"text": "Two owls.", "page": 7}),
    ]


def test_an_element_of_a_list_tells_its_place_and_a_whole_item_none(tenant, owls, wim):
    project = a_project(tenant, slug="lists", split={"by": "list", "path": "/birds"})
    some_items(project, 1, payload={"birds": ["a", "b"]})

    parts = [lease["part"] for lease in claim(wim, "lists", 5)["assignments"]]

    assert sorted(part["index"] for part in parts) == [0, 1]
    assert {frozenset(part) for part in parts} == {frozenset({"index", "of"})}
    assert claim(wim, "owls")["assignments"][0]["part"] is None


def test_the_own_history_is_listed_by_state(owls, wim):
    answered, released, lapsed = claim(wim, "owls", 3)["assignments"]
    submit(wim, answered)
    deed(wim, released, "release")
    lapse(lapsed)

    def ids(query):
        return [row["id"] for row in wim.get(f"/me/assignments/{query}")["results"]]

    assert sorted(ids("")) == sorted(lease["id"] for lease in (answered, released, lapsed))
    assert ids("?state=answered") == [answered["id"]]
    assert ids("?state=released") == [released["id"]]
    assert ids("?state=leased") == []
    assert wim.get("/me/assignments/?state=lost").status == 400


def test_a_worker_knows_who_they_are(tenant, wim):
    me = wim.get("/me/")

    assert (me["role"], me["tenant"], me["scopes"]) == ("worker", tenant.slug, ["work"])
