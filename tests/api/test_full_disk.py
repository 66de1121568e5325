"""A disk without room: what would be written is refused, what is there can be read."""

import tempfile

import pytest

from marketplace import disk
from marketplace.flows import jobs, sweeping
from tasks_app import staging
from tests import full
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_tenant, a_user

pytestmark = pytest.mark.django_db


@pytest.fixture
def world():
    tenant = a_tenant()
    return a_project(tenant).slug, Caller(a_key(a_user(tenant, "manager")))


@pytest.fixture
def small(tmp_path):
    with full.a_disk(tmp_path / "disk") as small:
        yield small


def assert_told(reply):
    assert (reply.status, reply["code"]) == (503, "disk_full")
    assert int(reply.headers["Retry-After"]) >= 1
    assert reply.headers["Content-Type"].startswith("application/problem+json")


def test_with_little_room_a_write_is_refused_and_a_read_is_not(world, small, settings):
    slug, rosa = world
    settings.DATABASE_DISK = str(small.place)
    assert (
        rosa.post(f"/projects/{slug}/items/", [{"external_id": "a", "payload": {}}]).status == 201
    )

    full.fill_up(small, but_for=disk.LEAST_FREE_BYTES // 2)

    assert_told(rosa.post(f"/projects/{slug}/items/", [{"external_id": "b", "payload": {}}]))
    assert rosa.get(f"/projects/{slug}/items/").status == 200
    full.make_room(small)
    assert (
        rosa.post(f"/projects/{slug}/items/", [{"external_id": "b", "payload": {}}]).status == 201
    )


def test_with_little_room_nothing_is_swept_or_drained(small, settings, django_assert_num_queries):
    settings.DATABASE_DISK = str(small.place)
    full.fill_up(small)

    with django_assert_num_queries(0):
        sweeping.sweep()
        jobs.drain("settle")


def test_an_upload_that_finds_no_room_to_wait_in_is_refused(world, small, monkeypatch):
    slug, rosa = world
    monkeypatch.setattr(tempfile, "tempdir", str(small.place))
    monkeypatch.setattr(staging, "IN_MEMORY", 1000)
    items = [{"external_id": f"a{n}", "payload": {"text": "x" * 100}} for n in range(5000)]
    full.fill_up(small)

    assert_told(rosa.post(f"/projects/{slug}/items/", items))

    full.make_room(small)
    assert rosa.post(f"/projects/{slug}/items/", items).status == 201
