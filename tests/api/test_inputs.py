"""Whatever is sent, the reply is a problem that says what was wrong, and never a 500."""

import json
from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.accounts import keys
from marketplace.accounts.models import User
from tests.api.caller import Caller
from tests.factories import a_key, a_user

pytestmark = pytest.mark.django_db


def refused(reply, status, code=None):
    """Asserts a problem of this status; it."""
    assert reply.status == status, reply.raw[:500]
    assert reply.headers["Content-Type"] == "application/problem+json"
    assert reply["status"] == status
    assert reply["request_id"]
    assert reply["type"] == f"urn:concord:problem:{reply['code']}"
    assert code in {None, reply["code"]}
    return reply


def a_draft(**more):
    form = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
    return {"slug": "owls", "name": "Owls", "form": form} | more


def raw(**more):
    return json.dumps(a_draft(**more)).encode()


@pytest.mark.parametrize("escape", [b"\\u0000", b"\\ud800", b"\\udc00x"])
def test_text_that_no_column_holds_is_refused_by_its_place(rosa, escape):
    body = raw(item_schema={"title": "HERE"}).replace(b"HERE", escape)

    reply = refused(rosa.post("/projects/", body), 422)

    (fault,) = reply["errors"]
    assert fault["pointer"] == "/item_schema/title"
    assert fault["code"] in {"nul_character", "lone_surrogate"}


def test_a_pair_of_surrogates_is_a_character_like_any_other(rosa):
    made = rosa.post("/projects/", raw(guidelines="HERE").replace(b"HERE", b"\\ud83d\\ude00"))

    assert (made.status, made["guidelines"]) == (201, "😀")


@pytest.mark.parametrize("place", ["nul", "surrogate"])
def test_a_key_of_an_object_is_held_to_the_same(rosa, place):
    escape = {"nul": b"\\u0000", "surrogate": b"\\ud800"}[place]
    body = raw(item_schema={"KEY": 1}).replace(b"KEY", escape)

    reply = refused(rosa.post("/projects/", body), 422)

    assert reply["errors"][0]["pointer"] == "/item_schema"


@pytest.mark.parametrize("number", [10**23, -(10**23), 2**63])
def test_an_integer_beyond_64_bits_is_refused_by_its_place(rosa, number):
    reply = refused(rosa.post("/projects/", a_draft(priority=number)), 422)

    assert reply["errors"][0]["pointer"] == "/priority"


@pytest.mark.parametrize("opening", [b"[", b'{"a":'])
def test_nesting_without_end_is_refused_before_it_is_parsed(rosa, opening):
    refused(rosa.post("/projects/", opening * 100_000), 400, "malformed_json")


def test_a_record_nested_without_end_is_refused_too(rosa, birds):
    body = b'[{"external_id": "a", "payload": {"a": ' + b"[" * 100_000 + b"]" * 100_000 + b"}}]"

    refused(rosa.post(f"/projects/{birds}/items/", body), 400, "malformed_json")


def test_a_body_of_20_mb_is_too_large(rosa):
    refused(rosa.post("/projects/", raw(guidelines="x" * 20_000_000)), 413, "too_large")


@pytest.mark.parametrize(
    ("body", "content_type"),
    [
        (b'{"slug": "a", "slug": "b"}', "application/json"),
        (b"{}", "application/json; charset=bogus"),
        (b"{}", "application/json; charset=utf-16"),
        (b'{"priority": NaN}', "application/json"),
        (b'{"priority": -Infinity}', "application/json"),
        (b'{"reliability_floor": 1e999}', "application/json"),
        (b'{"name": "\xff"}', "application/json"),
        (b'{"priority": ' + b"9" * 5000 + b"}", "application/json"),
        (b'{"name": "a"', "application/json"),
        (b"", "application/json"),
        (b"\xef\xbb\xbf", "application/json"),
    ],
)
def test_what_is_no_json_is_malformed(rosa, body, content_type):
    reply = rosa.post("/projects/", body, content_type=content_type)

    refused(reply, 400 if body else 422)


def test_the_key_that_stands_twice_is_named(rosa):
    reply = refused(rosa.post("/projects/", b'{"slug": "a", "slug": "b"}'), 400)

    assert "'slug'" in reply["detail"]


def test_a_byte_order_mark_is_let_pass(rosa):
    made = rosa.post("/projects/", b"\xef\xbb\xbf" + raw())

    assert made.status == 201


@pytest.mark.parametrize("body", [[], "text", 7, None, True, [a_draft()]])
def test_anything_but_an_object_does_not_fit(rosa, body):
    refused(rosa.post("/projects/", json.dumps(body).encode()), 422)


def test_a_field_that_nobody_declared_is_refused_by_name(rosa):
    reply = refused(rosa.post("/projects/", a_draft(state="open")), 422)

    assert "state" in reply["errors"][0]["detail"] + reply["errors"][0]["pointer"]


@pytest.mark.parametrize(
    ("query", "named", "code"),
    [
        ("unknown=1", "?unknown", "unknown_parameter"),
        ("limit=5&limit=6", "?limit", "repeated_parameter"),
        ("limit=many", "?limit", "bad_parameter"),
        ("limit=0", "?limit", "bad_parameter"),
        ("limit=1001", "?limit", "bad_parameter"),
        ("limit=1e2", "?limit", "bad_parameter"),
        ("limit=", "?limit", "bad_parameter"),
        ("limit=" + "9" * 30, "?limit", "bad_parameter"),
        ("cursor=a%00b", "?cursor", "bad_parameter"),
        ("state=maybe", "?state", "bad_parameter"),
        ("min_confidence=1.5", "?min_confidence", "bad_parameter"),
        ("min_confidence=nan", "?min_confidence", "bad_parameter"),
    ],
)
def test_a_parameter_that_makes_no_sense_is_named(rosa, birds, query, named, code):
    reply = refused(rosa.get(f"/projects/{birds}/consensus/?{query}"), 400, code)

    assert reply["errors"][0]["pointer"] == named


def test_a_parameter_of_a_post_is_held_to_the_same(rosa, birds):
    reply = rosa.post(f"/projects/{birds}/items/?partial=maybe", [])

    assert refused(reply, 400)["errors"][0]["pointer"] == "?partial"


def test_the_values_a_parameter_may_have_are_told(rosa, birds):
    reply = refused(rosa.get(f"/projects/{birds}/consensus/?state=maybe"), 400)

    assert "resolved" in reply["detail"]


@pytest.mark.parametrize("cursor", ["x", "a1", "é", "azAx", "a" * 500, "LTE", ""])
def test_a_cursor_made_elsewhere_is_refused(rosa, birds, cursor):
    refused(rosa.get(f"/projects/{birds}/items/?cursor={cursor}"), 422, "bad_cursor")


@pytest.mark.parametrize("method", ["PUT", "DELETE", "TRACE", "QUERY"])
def test_another_method_is_told_which_there_are(rosa, method):
    reply = refused(rosa.send(method, "/projects/"), 405)

    allowed = set(reply.headers["Allow"].replace(" ", "").split(","))
    assert {"GET", "POST"} <= allowed
    assert method not in allowed


def test_a_media_type_that_is_not_made_here_is_not_acceptable(rosa):
    refused(rosa.get("/projects/", accept="image/png"), 406)


@pytest.mark.parametrize("content_type", ["text/plain", "application/xml", "multipart/form-data"])
def test_a_media_type_that_is_not_taken_is_refused(rosa, content_type):
    refused(rosa.post("/projects/", raw(), content_type=content_type), 415)


@pytest.mark.parametrize(
    "path",
    ["/nowhere/", "/projects/none-such/", "/projects/a b/", "/assignments/7/submit/", "/keys/-1/"],
)
def test_an_unknown_path_or_row_is_not_found(rosa, path):
    refused(rosa.get(path), 404, "not_found")


def test_a_path_outside_the_api_is_a_problem_too():
    reply = Caller().get("/api/v2/projects/")

    refused(reply, 404, "not_found")


def test_an_idempotency_key_on_a_read_means_nothing(rosa, birds):
    assert rosa.get("/projects/", idempotency_key="abc").status == 200


@pytest.mark.parametrize(
    "header",
    [
        None,
        "Bearer",
        "Bearer ",
        "Bearer cc_wrong",
        "Bearer cc_\xff",
        "Basic cm9zYTpyb3Nh",
        "Token cc_x",
        "Bearer cc_" + "x" * 5000,
    ],
)
def test_without_a_good_key_nobody_gets_in(db, header):
    headers = {} if header is None else {"Authorization": header}

    reply = refused(Caller().get("/projects/", **headers), 401)

    assert reply.headers["WWW-Authenticate"] == "Bearer"


def test_a_key_ends_at_its_time(tenant):
    rosa, now = a_user(tenant, "manager"), timezone.now()
    _, over = keys.make_key(user=rosa, tenant=tenant, now=now, expires_at=now)
    _, live = keys.make_key(
        user=rosa, tenant=tenant, now=now, expires_at=now + timedelta(minutes=5)
    )

    assert Caller(live).get("/projects/").status == 200
    refused(Caller(over).get("/projects/"), 401)


def test_a_revoked_key_opens_nothing_from_the_next_call_on(rosa):
    made = rosa.post("/keys/", {"role": "client"})
    carl = Caller(made["key"])
    before = carl.get("/projects/")

    revoked = rosa.delete(f"/keys/{made['id']}/")

    assert (before.status, revoked.status) == (200, 204)
    refused(carl.get("/projects/"), 401)
    assert made["id"] not in {key["id"] for key in rosa.get("/keys/")["results"]}


def test_nobody_locks_themselves_out(rosa):
    (own,) = rosa.get("/keys/")["results"]

    refused(rosa.delete(f"/keys/{own['id']}/"), 409, "own_key")


@pytest.mark.parametrize(
    ("when", "code"), [("2020-01-01T00:00:00Z", "in_the_past"), ("2999-01-01T00:00:00", "schema")]
)
def test_a_key_must_end_in_the_future_of_a_known_zone(rosa, when, code):
    reply = refused(rosa.post("/keys/", {"role": "client", "expires_at": when}), 422)

    assert (reply["errors"][0]["pointer"], reply["errors"][0]["code"]) == ("/expires_at", code)


def test_a_key_good_for_consensus_brings_no_items(tenant, rosa, birds):
    carl = Caller(a_key(a_user(tenant, "client"), ["consensus"]))

    assert carl.get(f"/projects/{birds}/consensus/").status == 200
    assert carl.get(f"/projects/{birds}/changes/").status == 200
    refused(carl.post(f"/projects/{birds}/items/", []), 403, "missing_scope")
    refused(carl.get(f"/projects/{birds}/items/"), 403, "missing_scope")
    refused(carl.get("/projects/"), 403, "missing_scope")


def test_a_key_that_reads_items_does_just_that(tenant, rosa, birds):
    carl = Caller(a_key(a_user(tenant, "client"), ["items:read"]))

    assert carl.get(f"/projects/{birds}/items/").status == 200
    refused(carl.post(f"/projects/{birds}/items/", []), 403, "missing_scope")
    refused(carl.get(f"/projects/{birds}/consensus/"), 403, "missing_scope")


def test_a_scope_to_write_includes_reading(tenant, rosa, birds):
    made = rosa.post("/keys/", {"role": "client", "scopes": ["items:write"]})
    carl = Caller(made["key"])

    assert made["scopes"] == ["items"]
    assert carl.get(f"/projects/{birds}/items/").status == 200
    assert carl.post(f"/projects/{birds}/items/", []).status == 201


@pytest.mark.parametrize(
    ("role", "scopes"), [("client", ["projects"]), ("reviewer", ["items"]), ("client", ["work"])]
)
def test_no_key_is_good_for_more_than_its_role(rosa, role, scopes):
    reply = refused(rosa.post("/keys/", {"role": role, "scopes": scopes}), 422)

    assert reply["errors"][0]["pointer"] == "/scopes"


def test_no_role_but_these_has_keys_to_make(rosa):
    refused(rosa.post("/keys/", {"role": "operator"}), 422)
    refused(rosa.post("/keys/", {"role": User.Role.WORKER}), 422)
