"""Endpoints are made, rotated, enabled and removed."""

from datetime import timedelta

import pytest

from marketplace.webhooks import deliveries, endpoints, sending
from marketplace.webhooks.models import Attempt, Cursor, Delivery, Endpoint
from tasks_app.errors import Invalid, Missing
from tests import factories
from tests.factories import NOON, later
from tests.webhooks import props


@pytest.fixture
def project(tenant):
    return factories.a_project(tenant)


def test_a_new_endpoint_hears_what_comes_after(tenant, project):
    props.some_changes(project, 3)
    endpoint = props.an_endpoint(tenant)
    props.some_changes(project, 2)

    deliveries.make(now=NOON)

    assert props.seqs(endpoint) == [4, 5]


def test_a_project_made_later_is_heard_from_its_first_row(tenant):
    endpoint = props.an_endpoint(tenant)
    props.some_changes(factories.a_project(tenant), 2)

    deliveries.make(now=NOON)

    assert props.seqs(endpoint) == [1, 2]


def test_an_endpoint_of_some_projects_hears_no_other(tenant, project):
    endpoint = props.an_endpoint(tenant, projects=[project.slug])
    other = factories.a_project(tenant)
    props.some_changes(other, 1)
    props.some_changes(project, 2)

    deliveries.make(now=NOON)

    assert props.seqs(endpoint) == [1, 2]
    assert Cursor.objects.get(endpoint=endpoint).project == project


def test_an_endpoint_of_another_tenant_hears_nothing(project):
    endpoint = props.an_endpoint(factories.a_tenant(), events=endpoints.EVENTS)
    props.some_changes(project, 1)
    props.a_flag(project, factories.a_worker(project.tenant))
    props.a_push(project)

    deliveries.make(now=NOON)

    assert not endpoint.deliveries.exists()


def test_an_address_the_guard_refuses_is_invalid_and_nothing_is_stored(tenant):
    with pytest.raises(Invalid) as refused:
        props.an_endpoint(tenant, url="https://10.0.0.1/")

    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/url", "forbidden_address")
    assert not Endpoint.objects.exists()


def test_projects_of_others_are_unknown(tenant, project):
    foreign = factories.a_project()

    with pytest.raises(Invalid) as refused:
        props.an_endpoint(tenant, projects=[project.slug, foreign.slug])

    (fault,) = refused.value.faults
    assert (fault.pointer, fault.code) == ("/projects/1", "unknown_project")


def test_a_rotated_secret_signs_beside_the_new_one_for_a_day(tenant):
    endpoint = props.an_endpoint(tenant)
    secret = endpoints.rotate(endpoint=endpoint, now=NOON)

    def secrets_at(now):
        delivery = deliveries.ping(endpoint=endpoint, now=now)
        (taken,) = sending.take(now=now, limit=1)
        delivery.delete()
        return taken.secret, taken.old_secret

    assert secret != endpoint.secret
    assert secrets_at(later(1)) == (secret, endpoint.secret)
    assert secrets_at(NOON + timedelta(hours=24)) == (secret, "")


def test_a_removed_endpoint_takes_all_its_rows_with_it(tenant, project):
    endpoint = props.an_endpoint(tenant)
    props.some_changes(project, 1)
    deliveries.make(now=NOON)
    props.send_due(NOON, props.answering(500))

    endpoints.remove(endpoint=endpoint)

    for model in (Endpoint, Cursor, Delivery, Attempt):
        assert not model.objects.exists()


def test_what_is_asked_of_a_removed_endpoint_is_missing(tenant):
    endpoint = props.an_endpoint(tenant)
    delivery = deliveries.ping(endpoint=endpoint, now=NOON)
    endpoints.remove(endpoint=endpoint)
    endpoints.remove(endpoint=endpoint)

    with pytest.raises(Missing):
        deliveries.ping(endpoint=endpoint, now=NOON)
    with pytest.raises(Missing):
        deliveries.redeliver(delivery=delivery, now=NOON)
    with pytest.raises(Missing):
        endpoints.rotate(endpoint=endpoint, now=NOON)


def test_an_attempt_that_ends_after_its_endpoint_was_removed_is_forgotten(tenant):
    endpoint = props.an_endpoint(tenant)
    deliveries.ping(endpoint=endpoint, now=NOON)

    def post(url, **sent):
        endpoints.remove(endpoint=endpoint)
        return props.answering(204)(url, **sent)

    props.send_due(NOON, post)

    assert not Attempt.objects.exists()


def test_a_secret_shows_in_no_representation(tenant):
    endpoint = props.an_endpoint(tenant)
    deliveries.ping(endpoint=endpoint, now=NOON)

    (taken,) = sending.take(now=NOON, limit=1)

    assert endpoint.secret not in f"{endpoint!r} {endpoint} {taken!r} {taken}"
