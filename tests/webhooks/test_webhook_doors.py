"""Webhooks over HTTP."""

import json
import time

import pytest
from standardwebhooks import Webhook

from marketplace.flows import telling
from marketplace.webhooks.models import Endpoint
from tests import factories
from tests.webhooks import props
from tests.webhooks.receiver import Answer

URL = "https://hooks.example/concord"
WANTED = {"url": URL, "events": ["consensus.changed", "flag.raised"]}
ROLES = {"manager": 201, "client": 201, "reviewer": 403, "worker": 403, "operator": 403}


class Caller:
    """Somebody who calls with a key."""

    def __init__(self, client, user, scopes=None):
        self._client = client
        self._headers = {"Authorization": f"Bearer {factories.a_key(user, scopes)}"}

    def __call__(self, method, path, body=None, status=None):
        response = self._client.generic(
            method,
            f"/api/v1{path}",
            b"" if body is None else json.dumps(body),
            content_type="application/json",
            headers=self._headers,
        )
        assert status is None or response.status_code == status, response.content
        return response.json() if response.content else None


@pytest.fixture
def rosa(client, tenant):
    return Caller(client, factories.a_user(tenant, "manager"))


@pytest.fixture
def stranger(client, db):
    return Caller(client, factories.a_user(factories.a_tenant(), "manager"))


def deliver():
    telling.deliver_due(until=time.monotonic() + 8)


def test_the_secret_is_shown_once(rosa):
    made = rosa("POST", "/webhooks/", WANTED, 201)

    assert made["secret"].startswith("whsec_")
    assert {name: made[name] for name in WANTED} == WANTED
    assert made["projects"] is None
    assert made["disabled_at"] is None
    read = rosa("GET", f"/webhooks/{made['id']}/", status=200)
    assert read == {name: value for name, value in made.items() if name != "secret"}
    assert rosa("GET", "/webhooks/", status=200) == {"results": [read], "next": None}


@pytest.mark.parametrize(("role", "status"), ROLES.items())
def test_managers_and_clients_may_make_webhooks(client, tenant, role, status):
    caller = Caller(client, factories.a_user(None if role == "operator" else tenant, role))

    caller("POST", "/webhooks/", WANTED, status)


def test_a_key_that_only_reads_changes_nothing(client, tenant):
    reader = Caller(client, factories.a_user(tenant, "client"), ["webhooks:read"])

    reader("GET", "/webhooks/", status=200)
    assert reader("POST", "/webhooks/", WANTED, 403)["code"] == "missing_scope"


def test_a_private_address_is_refused(rosa, settings):
    settings.WEBHOOK_ALLOW = []

    problem = rosa("POST", "/webhooks/", WANTED | {"url": "https://[::1]/"}, 422)

    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/url", "forbidden_address")
    assert not Endpoint.objects.exists()


def test_a_project_of_another_tenant_is_unknown(rosa):
    foreign = factories.a_project()

    problem = rosa("POST", "/webhooks/", WANTED | {"projects": [foreign.slug]}, 422)

    (error,) = problem["errors"]
    assert (error["pointer"], error["code"]) == ("/projects/0", "unknown_project")


@pytest.mark.parametrize(
    "change",
    [
        {"events": []},
        {"events": ["everything"]},
        {"events": ["ping", "ping"]},
        {"url": 7},
        {"url": ""},
        {"url": "https://hooks.example/" + "a" * 3000},
        {"projects": []},
        {"projects": [7]},
        {"secret": "whsec_mine"},
    ],
)
def test_what_makes_no_sense_is_invalid(rosa, change):
    rosa("POST", "/webhooks/", WANTED | change, 422)


def test_a_foreign_webhook_is_missing_for_every_deed(rosa, stranger):
    made = rosa("POST", "/webhooks/", WANTED, 201)
    delivery = rosa("POST", f"/webhooks/{made['id']}/ping/", status=202)
    path = f"/webhooks/{made['id']}/"

    for method, deed in (
        ("GET", path),
        ("DELETE", path),
        ("POST", f"{path}ping/"),
        ("POST", f"{path}rotate/"),
        ("POST", f"{path}enable/"),
        ("GET", f"{path}deliveries/"),
        ("POST", f"/deliveries/{delivery['id']}/redeliver/"),
    ):
        stranger(method, deed, status=404)
    assert stranger("GET", "/webhooks/", status=200)["results"] == []
    rosa("GET", path, status=200)


def test_a_deleted_webhook_is_gone(rosa):
    path = f"/webhooks/{rosa('POST', '/webhooks/', WANTED, 201)['id']}/"

    rosa("DELETE", path, status=204)

    rosa("GET", path, status=404)
    rosa("DELETE", path, status=404)


def test_a_ping_its_log_and_its_redelivery(rosa, receiver):
    made = rosa("POST", "/webhooks/", {"url": receiver.url, "events": ["flag.raised"]}, 201)
    receiver.answers.append(Answer(500, body=b"not yet"))

    asked = rosa("POST", f"/webhooks/{made['id']}/ping/", status=202)
    deliver()

    assert (asked["type"], asked["state"], asked["log"]) == ("ping", "pending", [])
    (told,) = rosa("GET", f"/webhooks/{made['id']}/deliveries/", status=200)["results"]
    assert (told["id"], told["attempts"], told["state"]) == (asked["id"], 1, "pending")
    assert json.loads(told["body"])["type"] == "ping"
    (attempt,) = told["log"]
    assert (attempt["status"], attempt["response"], attempt["error"]) == (500, "not yet", "")

    again = rosa("POST", f"/deliveries/{asked['id']}/redeliver/", status=202)
    deliver()

    assert (again["state"], again["attempts"]) == ("pending", 0)
    (told,) = rosa("GET", f"/webhooks/{made['id']}/deliveries/", status=200)["results"]
    assert (told["state"], told["due_at"]) == ("delivered", None)
    assert [one["status"] for one in told["log"]] == [500, 204]
    first, second = receiver.heard
    assert first.headers["webhook-id"] == second.headers["webhook-id"]
    assert Webhook(made["secret"]).verify(second.body, second.headers) == json.loads(told["body"])


def test_a_rotation_shows_the_new_secret_once(rosa, receiver):
    made = rosa("POST", "/webhooks/", {"url": receiver.url, "events": ["ping"]}, 201)

    rotated = rosa("POST", f"/webhooks/{made['id']}/rotate/", status=200)
    rosa("POST", f"/webhooks/{made['id']}/ping/", status=202)
    deliver()

    assert rotated["secret"] != made["secret"]
    assert rotated["old_secret_until"] is not None
    (heard,) = receiver.heard
    for secret in (made["secret"], rotated["secret"]):
        Webhook(secret).verify(heard.body, heard.headers)


def test_a_disabled_webhook_can_be_enabled_again_and_again(rosa, receiver):
    made = rosa("POST", "/webhooks/", {"url": receiver.url, "events": ["ping"]}, 201)
    receiver.answers.append(Answer(410))
    rosa("POST", f"/webhooks/{made['id']}/ping/", status=202)
    deliver()
    path = f"/webhooks/{made['id']}/"
    assert rosa("GET", path, status=200)["disabled_at"] is not None

    for _ in range(2):
        assert rosa("POST", f"{path}enable/", status=200)["disabled_at"] is None


def test_deliveries_come_by_pages_with_few_queries(rosa, tenant, django_assert_max_num_queries):
    made = rosa("POST", "/webhooks/", WANTED, 201)
    endpoint = Endpoint.objects.get(uid=made["id"])
    ids = [str(telling.ping(endpoint=endpoint).uid) for _ in range(5)]
    props.send_due(endpoint.created_at, props.answering(204))
    path = f"/webhooks/{made['id']}/deliveries/"

    with django_assert_max_num_queries(5):
        first = rosa("GET", f"{path}?limit=3", status=200)
    second = rosa("GET", f"{path}?limit=3&cursor={first['next']}", status=200)

    assert [one["id"] for one in first["results"] + second["results"]] == ids
    assert second["next"] is None
    rosa("GET", f"{path}?cursor=nonsense", status=422)
    rosa("GET", f"{path}?state=failed", status=400)
