"""How many requests a key may make: exactly so many, whoever counts."""

import time

import pytest

from marketplace import metrics, redis_link
from marketplace.api import throttle
from tests.api.caller import Caller
from tests.factories import a_key, a_user
from tests.tasks_app.test_races import all_at_once


@pytest.fixture(autouse=True)
def _nothing_held():
    throttle._held.clear()
    yield
    throttle._held.clear()


def test_the_next_call_after_the_limit_is_told_when_to_come_back(rosa, settings):
    settings.KEY_REQUESTS_PER_MINUTE = 5

    statuses = [rosa.get("/projects/").status for _ in range(5)]
    refused = rosa.get("/projects/")

    assert statuses == [200] * 5
    assert (refused.status, refused["code"]) == (429, "throttled")
    assert 1 <= int(refused.headers["Retry-After"]) <= 60


def test_another_key_has_a_limit_of_its_own(rosa, carl, settings):
    settings.KEY_REQUESTS_PER_MINUTE = 1
    rosa.get("/projects/")

    assert (rosa.get("/projects/").status, carl.get("/projects/").status) == (429, 200)


@pytest.mark.django_db(transaction=True)
def test_sixty_at_once_are_let_in_to_the_limit_exactly(settings, tenant):
    settings.KEY_REQUESTS_PER_MINUTE = 20
    key = a_key(a_user(tenant, "manager"))

    replies = all_at_once([lambda: Caller(key).get("/projects/").status] * 60)

    assert (replies.count(200), replies.count(429)) == (20, 40)


def test_permits_taken_in_advance_count_as_used(rosa, settings):
    settings.KEY_REQUESTS_PER_MINUTE = 5000
    with redis_link.connection() as connection:
        for _ in range(5):
            rosa.get("/projects/")
        assert connection.keys("throttle:*") == []

        # The sixth call asks for five more, and tells of the five on credit.
        rosa.get("/projects/")
        (key,) = connection.keys("throttle:*")
        assert int(connection.get(key)) == 10

        # What other processes took meanwhile is used, though this one knows nothing of it.
        connection.set(key, 4998, keepttl=True)
    assert [rosa.get("/projects/").status for _ in range(7)] == [200] * 6 + [429]


def test_with_redis_away_everybody_is_let_in_and_the_metrics_say_so(rosa, settings, monkeypatch):
    settings.KEY_REQUESTS_PER_MINUTE = 1
    monkeypatch.setattr(redis_link, "_paused_until", time.monotonic() + 60)
    before = metrics.THROTTLE_OPEN._value.get()

    assert [rosa.get("/projects/").status for _ in range(3)] == [200] * 3
    assert metrics.THROTTLE_OPEN._value.get() == before + 3
