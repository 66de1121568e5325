"""A key is known without a query, and a revoked one is refused everywhere within a second."""

import time
from datetime import timedelta

import pytest
from django.db import connection
from django.db.models.functions import Now

from marketplace.accounts import keyring
from marketplace.accounts.models import Key
from tests.api.caller import Caller
from tests.factories import a_key, a_user, later


@pytest.fixture(autouse=True)
def _empty(monkeypatch):
    monkeypatch.setattr(keyring, "_known", {})


def test_a_known_key_costs_no_query(rosa, django_assert_max_num_queries):
    rosa.get("/me/")
    keyring._looked_at = time.monotonic()

    # An operation that looks at nothing but the caller.
    with django_assert_max_num_queries(0):
        refused = rosa.get("/work/")

    assert refused.status == 403


def test_a_key_that_another_process_revoked_is_refused_within_a_second(rosa, tenant):
    caller = Caller(a_key(a_user(tenant, "client")))
    assert caller.get("/projects/").status == 200
    Key.objects.filter(user__role="client").update(revoked_at=Now())
    began = time.monotonic()

    while caller.get("/projects/").status == 200:
        assert time.monotonic() - began < 1.0
        time.sleep(0.02)

    assert caller.get("/projects/").status == 401


def test_a_process_that_slept_long_trusts_no_key_it_knew(rosa, tenant, monkeypatch):
    caller = Caller(a_key(a_user(tenant, "client")))
    assert caller.get("/projects/").status == 200
    long_ago = Now() - timedelta(seconds=130)
    Key.objects.filter(user__role="client").update(revoked_at=long_ago)

    monkeypatch.setattr(keyring, "_looked_at", time.monotonic() - 131)

    assert caller.get("/projects/").status == 401


def test_a_key_revoked_here_is_refused_at_once(rosa):
    made = rosa.post("/keys/", {"role": "client"})
    caller = Caller(made["key"])
    assert caller.get("/projects/").status == 200

    rosa.delete(f"/keys/{made['id']}/")

    assert caller.get("/projects/").status == 401


def test_a_key_that_expires_is_refused_though_it_is_known(rosa, tenant):
    caller = Caller(a_key(a_user(tenant, "client")))
    assert caller.get("/projects/").status == 200

    for key, _ in keyring._known.values():
        key.expires_at = later(-1)

    assert caller.get("/projects/").status == 401


def test_the_look_for_revocations_uses_its_index(db):
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        query = Key.objects.filter(revoked_at__gt=Now() - keyring.OVERLAP).values_list("digest")
        plan = query.explain()

    assert "key_revoked" in plan
