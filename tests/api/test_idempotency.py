"""A POST under an Idempotency-Key is done once, however often it comes."""

from datetime import timedelta
from threading import Barrier, Event, Thread

import pytest
from django.db import connection
from django.utils import timezone

from marketplace.accounts.models import Key
from marketplace.flows import once as once_module
from marketplace.replies import keeping
from marketplace.replies.models import Reply
from tasks_app import claims
from tasks_app.models import Assignment, Item
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_tenant, a_worker, some_items
from tests.tasks_app.test_races import all_at_once

pytestmark = pytest.mark.django_db

ITEMS = [{"external_id": "a1", "payload": {"text": "hoo"}}]


def test_a_repeated_claim_gives_the_same_reply_and_leases_nothing_more(rosa, carl, wim, birds):
    carl.post("/projects/birds/items/", [*ITEMS, ITEMS[0] | {"external_id": "a2"}])

    first = wim.post("/projects/birds/claim/", {"count": 1}, idempotency_key="k1")
    again = wim.post("/projects/birds/claim/", {"count": 1}, idempotency_key="k1")

    assert (again.status, again.raw) == (first.status, first.raw) == (201, first.raw)
    assert again.headers["Idempotent-Replayed"] == "true"
    assert "Idempotent-Replayed" not in first.headers
    assert Assignment.objects.count() == 1


@pytest.mark.parametrize(
    ("path", "body"),
    [
        ("/projects/", {"slug": "owls", "name": "Owls", "form": []}),
        ("/projects/birds/items/", ITEMS),
        ("/workers/", {"username": "wanda"}),
        ("/projects/birds/items/a0/withdraw/", {"reason": "a mistake"}),
    ],
)
def test_whatever_is_made_is_made_once(rosa, birds, path, body):
    rosa.post("/projects/birds/items/", [ITEMS[0] | {"external_id": "a0"}])
    if path == "/projects/":
        body = body | {"form": [{"key": "k", "type": "text", "prompt": "What?"}]}

    first = rosa.post(path, body, idempotency_key="k1")
    again = rosa.post(path, body, idempotency_key="k1")

    assert first.status in {200, 201}, first.body
    assert (again.status, again.raw) == (first.status, first.raw)


def test_the_same_key_for_something_else_is_refused(carl, birds):
    carl.post("/projects/birds/items/", ITEMS, idempotency_key="k1")

    other = carl.post(
        "/projects/birds/items/", [ITEMS[0] | {"external_id": "b1"}], idempotency_key="k1"
    )
    elsewhere = carl.post("/projects/birds/answers/", ITEMS, idempotency_key="k1")

    assert (other.status, other["code"]) == (422, "idempotency_mismatch")
    assert elsewhere.status == 422
    assert Item.objects.count() == 1


def test_keys_of_two_callers_do_not_meet(carl, rosa, birds):
    carl.post("/projects/birds/items/", ITEMS, idempotency_key="k1")

    other = rosa.post("/projects/birds/claim/", {}, idempotency_key="k1")
    report = rosa.post("/projects/birds/items/", ITEMS, idempotency_key="k1")

    assert other.status == 403
    assert report["duplicates"] == 1


@pytest.mark.parametrize(
    ("path", "body", "named"),
    [
        ("/keys/", {"role": "client"}, "id"),
        ("/webhooks/", {"url": "https://example.com/hook", "events": ["ping"]}, "id"),
    ],
)
def test_a_secret_is_shown_once_and_not_kept(rosa, path, body, named):
    first = rosa.post(path, body, idempotency_key="k1")
    n_keys = Key.objects.count()

    again = rosa.post(path, body, idempotency_key="k1")

    assert first.status == 201, first.body
    assert (again.status, again["code"], again["id"]) == (409, "already_created", first[named])
    assert Key.objects.count() == n_keys
    assert Reply.objects.get().body is None


def test_a_tenant_made_again_is_named(olga):
    body = {"slug": "acme", "manager": "ann"}
    olga.post("/tenants/", body, idempotency_key="k1")

    again = olga.post("/tenants/", body, idempotency_key="k1")

    assert (again.status, again["code"], again["id"]) == (409, "already_created", "acme")


def test_a_refused_request_leaves_its_key_free(carl, birds):
    bad = carl.post("/projects/birds/items/", [{"external_id": "a1"}], idempotency_key="k1")
    good = carl.post("/projects/birds/items/", ITEMS, idempotency_key="k1")

    assert (bad.status, good.status) == (422, 201)


@pytest.mark.parametrize("key", ["", "a b", "ü", "x" * 256])
def test_a_key_that_is_none_is_refused(wim, birds, key):
    refused = wim.post("/projects/birds/claim/", {}, idempotency_key=key)

    assert (refused.status, refused["code"]) == (400, "bad_idempotency_key")


def test_a_reply_is_forgotten_after_a_week(carl, birds):
    carl.post("/projects/birds/items/", ITEMS, idempotency_key="k1")

    assert keeping.forget(now=timezone.now() + timedelta(days=6.9)) == 0
    assert keeping.forget(now=timezone.now() + timedelta(days=7.1)) == 1


@pytest.mark.django_db(transaction=True)
def test_while_the_first_runs_a_second_is_told_so():
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 2)
    caller = Caller(a_key(wim))
    is_held, may_end = Event(), Event()

    def first():
        asked = once_module.Asked(wim.pk, "k1", b"another")

        def deed():
            is_held.set()
            may_end.wait(10)
            return once_module.Told(200, b"{}")

        once_module.once(asked, deed)
        connection.close()

    thread = Thread(target=first)
    thread.start()
    is_held.wait(10)
    refused = caller.post(f"/projects/{project.slug}/claim/", {}, idempotency_key="k1")
    may_end.set()
    thread.join()

    assert (refused.status, refused["code"]) == (409, "idempotency_in_flight")


@pytest.mark.django_db(transaction=True)
def test_of_64_at_once_under_one_key_one_is_done():
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 70)
    key = a_key(wim)

    def claim():
        return Caller(key).post(f"/projects/{project.slug}/claim/", {}, idempotency_key="k1")

    replies = all_at_once([claim] * 64)

    told = {reply.raw for reply in replies if reply.status == 201}
    assert {reply.status for reply in replies} <= {201, 409}
    assert len(told) == 1
    assert Assignment.objects.count() == Reply.objects.count() == 1


@pytest.mark.django_db(transaction=True)
def test_a_deed_that_breaks_off_leaves_no_reply(monkeypatch):
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 1)
    caller = Caller(a_key(wim))

    def broken(*args, **kwargs):
        raise RuntimeError("the machine died")

    with monkeypatch.context() as patch:
        patch.setattr(Reply.objects, "create", broken)
        failed = caller.post(f"/projects/{project.slug}/claim/", {}, idempotency_key="k1")

    assert failed.status == 500
    assert not Assignment.objects.exists()
    assert caller.post(f"/projects/{project.slug}/claim/", {}, idempotency_key="k1").status == 201


@pytest.mark.django_db(transaction=True)
def test_a_deadlock_is_tried_again_as_a_whole(monkeypatch):
    tenant = a_tenant()
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 2)
    real, calls = claims.claim_by_slug, []

    def unlucky(**asked):
        calls.append(1)
        if len(calls) == 1:
            _deadlock()
        return real(**asked)

    monkeypatch.setattr(claims, "claim_by_slug", unlucky)
    reply = Caller(a_key(wim)).post(f"/projects/{project.slug}/claim/", {}, idempotency_key="k1")

    assert (reply.status, len(calls)) == (201, 2)


def _deadlock():
    """A real deadlock: two sessions, two advisory locks, taken crosswise; this one loses."""
    meet = Barrier(2)

    def other():
        with connection.cursor() as cursor:
            cursor.execute("BEGIN; SET LOCAL deadlock_timeout = '10s'")
            cursor.execute("SELECT pg_advisory_xact_lock(2)")
            meet.wait(10)
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            cursor.execute("COMMIT")
        connection.close()

    thread = Thread(target=other)
    thread.start()
    try:
        with connection.cursor() as cursor:
            cursor.execute("SET LOCAL deadlock_timeout = '50ms'")
            cursor.execute("SELECT pg_advisory_xact_lock(1)")
            meet.wait(10)
            cursor.execute("SELECT pg_advisory_xact_lock(2)")
    finally:
        if not connection.in_atomic_block:
            thread.join()
