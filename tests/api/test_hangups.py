"""Sessions of PostgreSQL that ended are noticed before a request is lost on them."""

import os
from threading import Thread

import pytest
from django.db import connection

from marketplace import hangups
from tests.api.caller import Caller
from tests.factories import a_key, a_tenant, a_user

pytestmark = [
    pytest.mark.django_db(transaction=True),
    pytest.mark.skipif(
        os.environ.get("POOLED") == "1", reason="pgbouncer's sessions are not the caller's own"
    ),
]


@pytest.fixture
def rosa():
    hangups.watch()
    yield Caller(a_key(a_user(a_tenant(), "manager")))
    hangups.request_started.disconnect(dispatch_uid="marketplace.hangups.drop_dead")
    hangups.request_finished.disconnect(dispatch_uid="marketplace.hangups.rest")
    hangups._idle.clear()


def session():
    with connection.cursor() as cursor:
        cursor.execute("SELECT pg_backend_pid()")
        return cursor.fetchone()[0]


def ended(pid):
    """End a session from another one, and wait until it is gone."""

    def end():
        with connection.cursor() as cursor:
            cursor.execute("SELECT pg_terminate_backend(%s, 5000)", [pid])
        connection.close()

    thread = Thread(target=end)
    thread.start()
    thread.join()


def test_a_request_after_the_server_hung_up_gets_a_session_of_its_own(rosa):
    assert rosa.get("/projects/").status == 200
    before = session()
    ended(before)

    assert rosa.get("/projects/").status == 200
    assert session() != before


def test_a_session_that_ends_under_a_request_is_told_as_503(rosa, monkeypatch):
    assert rosa.get("/projects/").status == 200
    ended(session())

    with monkeypatch.context() as patch:
        patch.setattr(hangups, "_has_hung_up", lambda raw: False)
        failed = rosa.get("/projects/")
    again = rosa.get("/projects/")

    assert (failed.status, failed["code"]) == (503, "database_unavailable")
    assert failed.headers["Retry-After"]
    assert again.status == 200


def test_the_session_that_a_thread_left_behind_is_closed_by_the_next_request(rosa, monkeypatch):
    monkeypatch.setattr(hangups, "LOOK_EVERY_S", 0.0)
    left = []

    def one_request():
        rosa.get("/projects/")
        left.append(connection.connection)

    thread = Thread(target=one_request)
    thread.start()
    thread.join()
    assert not left[0].closed

    monkeypatch.setattr(hangups, "IDLE_S", 0.0)
    rosa.get("/projects/")

    assert left[0].closed
    assert rosa.get("/projects/").status == 200
