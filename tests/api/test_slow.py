"""Slow requests keep to a quarter of the threads; the others go on."""

import json
import threading
import time
from concurrent.futures import FIRST_COMPLETED, ThreadPoolExecutor, wait

import pytest
from django.db import connection

from marketplace.api import slow
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_tenant, a_user

pytestmark = pytest.mark.django_db(transaction=True)

LARGE = json.dumps([{"external_id": "a1", "payload": {"text": "x" * slow.LARGE}}]).encode()


@pytest.fixture
def world():
    tenant = a_tenant()
    return a_project(tenant).slug, Caller(a_key(a_user(tenant, "manager")))


@pytest.fixture(autouse=True)
def _two_places(monkeypatch):
    monkeypatch.setattr(slow, "PLACES", 2)


def all_started(*calls):
    def called(call):
        try:
            return call()
        finally:
            connection.close()

    pool = ThreadPoolExecutor(len(calls))
    return [pool.submit(called, call) for call in calls]


def test_more_long_polls_than_places_are_answered_at_once(world):
    slug, rosa = world

    def poll():
        began = time.monotonic()
        reply = rosa.get(f"/projects/{slug}/changes/?after=0&wait=3")
        return reply.status, time.monotonic() - began

    replies = [started.result() for started in all_started(*[poll] * 5)]

    assert {status for status, _ in replies} == {200}
    assert sum(took >= 3 for _, took in replies) == 2


def test_a_large_body_sends_a_long_poll_home(world):
    slug, rosa = world
    polls = all_started(*[lambda: rosa.get(f"/projects/{slug}/changes/?after=0&wait=8")] * 2)
    while slow._n_polls < 2:
        time.sleep(0.01)

    began = time.monotonic()
    taken = rosa.post(f"/projects/{slug}/items/", LARGE)

    assert taken.status == 201, taken.body
    (home, *_), _ = wait(polls, return_when=FIRST_COMPLETED)
    assert home.result().status == 200
    assert time.monotonic() - began < 6
    wait(polls)


def test_a_large_body_too_many_is_told_to_come_back_and_a_small_one_is_taken(world):
    slug, rosa = world
    may_end = threading.Event()

    def hold():
        with slow.upload(slow.LARGE + 1):
            may_end.wait(20)

    held = all_started(hold, hold)
    while slow._n_uploads < 2:
        time.sleep(0.01)

    refused = rosa.post(f"/projects/{slug}/items/", LARGE)
    small = rosa.post(f"/projects/{slug}/items/", [{"external_id": "a2", "payload": {}}])
    may_end.set()
    for one in held:
        one.result()

    assert (refused.status, refused["code"]) == (503, "busy")
    assert int(refused.headers["Retry-After"]) >= 1
    assert small.status == 201
    assert rosa.post(f"/projects/{slug}/items/", LARGE).status == 201


def test_any_large_body_takes_a_place(world):
    slug, rosa = world
    body = json.dumps({"name": "Birds", "guidelines": "x" * slow.LARGE}).encode()
    with slow.upload(slow.LARGE + 1), slow.upload(slow.LARGE + 1):
        refused = rosa.patch(f"/projects/{slug}/", body)

    assert (refused.status, refused["code"]) == (503, "busy")
    assert rosa.patch(f"/projects/{slug}/", body).status == 200
