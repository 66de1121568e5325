"""From a committed change to a receiver that verifies it."""

import json
import time

import pytest
from standardwebhooks import Webhook

from marketplace.flows import telling
from marketplace.webhooks.models import Delivery, Endpoint
from tests import factories
from tests.webhooks import props
from tests.webhooks.receiver import Answer


@pytest.fixture
def project(tenant):
    return factories.a_project(tenant)


def add(tenant, receiver, events=("consensus.changed",)):
    return telling.add_endpoint(tenant=tenant, url=receiver.url, events=list(events), projects=None)


def deliver(seconds=8.0):
    return telling.deliver_due(until=time.monotonic() + seconds)


def try_again_now():
    Delivery.objects.filter(state="pending").update(due_at="2020-01-01T00:00:00Z")


def told(receiver, endpoint):
    """The bodies heard, each verified by the official library."""
    secret = Endpoint.objects.get(pk=endpoint.pk).secret
    return [Webhook(secret).verify(one.body, one.headers) for one in receiver.heard]


def test_changes_reach_a_receiver_that_verifies_them(tenant, project, receiver):
    endpoint = add(tenant, receiver)
    props.some_changes(project, 250)

    assert deliver() is False

    runs = told(receiver, endpoint)
    seqs = [change["seq"] for body in runs for change in body["data"]["changes"]]
    assert sorted(seqs) == list(range(1, 251))
    assert not telling.is_due(endpoint.created_at)
    assert receiver.heard[0].headers["content-type"] == "application/json"


def test_a_receiver_that_fails_times_out_and_recovers_hears_the_same_message(
    tenant, project, receiver
):
    endpoint = add(tenant, receiver)
    props.some_changes(project, 1)
    receiver.answers += [Answer(500), Answer(wait_s=1.5), Answer(302), Answer(200)]

    for _ in range(4):
        deliver()
        try_again_now()

    assert len(set(receiver.ids)) == 1
    assert len({one.body for one in receiver.heard}) == 1
    assert len(told(receiver, endpoint)) == 4
    delivery = Delivery.objects.get()
    assert (delivery.state, delivery.attempts) == ("delivered", 4)
    statuses = list(delivery.log.order_by("pk").values_list("status", flat=True))
    assert statuses == [500, None, 302, 200]


def test_a_receiver_that_is_gone_is_asked_no_more_until_it_is_enabled(tenant, project, receiver):
    endpoint = add(tenant, receiver)
    props.some_changes(project, 1)
    receiver.answers.append(Answer(410))
    deliver()
    props.some_changes(project, 2)
    deliver()
    assert len(receiver.heard) == 1

    endpoint.refresh_from_db()
    telling.enable(endpoint=endpoint)
    deliver()

    (_, body) = told(receiver, endpoint)
    assert (body["data"]["from_seq"], body["data"]["to_seq"]) == (2, 3)


def test_after_a_rotation_both_secrets_verify(tenant, receiver):
    endpoint = add(tenant, receiver)
    new = telling.rotate(endpoint=endpoint)
    telling.ping(endpoint=endpoint)

    deliver()

    (heard,) = receiver.heard
    for secret in (endpoint.secret, new):
        assert Webhook(secret).verify(heard.body, heard.headers)["type"] == "ping"


def test_a_ping_reaches_an_endpoint_that_did_not_ask_for_it(tenant, receiver):
    endpoint = add(tenant, receiver, events=["flag.raised"])
    telling.ping(endpoint=endpoint)

    deliver()

    (body,) = told(receiver, endpoint)
    assert (body["type"], body["data"]) == ("ping", {"webhook": str(endpoint.uid)})


def test_a_redelivery_is_heard_again_under_the_same_id(tenant, receiver):
    endpoint = add(tenant, receiver)
    delivery = telling.ping(endpoint=endpoint)
    deliver()

    telling.redeliver(delivery=delivery)
    deliver()

    assert receiver.ids == [f"msg_{delivery.uid.hex}"] * 2
    assert len(told(receiver, endpoint)) == 2


def test_a_removed_endpoint_hears_no_more(tenant, project, receiver):
    endpoint = add(tenant, receiver)
    props.some_changes(project, 1)
    telling.remove_endpoint(endpoint=endpoint)

    deliver()

    assert not receiver.heard


def test_a_slow_endpoint_does_not_hold_up_another(tenant, receiver, other_receiver):
    slow = add(tenant, receiver)
    fast = add(tenant, other_receiver)
    receiver.answers += [Answer(wait_s=1.5)] * 20
    for _ in range(20):
        telling.ping(endpoint=slow)
    for _ in range(20):
        telling.ping(endpoint=fast)

    deliver(seconds=0.9)

    assert len(other_receiver.heard) == 20
    assert receiver.most_at_once <= 2


def test_when_the_time_is_over_what_is_left_is_said(tenant, project, receiver):
    add(tenant, receiver)
    props.some_changes(project, 1)

    assert telling.deliver_due(until=time.monotonic()) is True
    assert not receiver.heard


def test_with_nothing_to_tell_it_ends_at_once(db):
    started = time.monotonic()

    assert deliver() is False
    assert time.monotonic() - started < 1


def test_an_endpoint_whose_name_leads_inside_is_not_reached(tenant, receiver, settings):
    endpoint = add(tenant, receiver)
    telling.ping(endpoint=endpoint)
    settings.WEBHOOK_ALLOW = []

    deliver()

    assert not receiver.heard
    delivery = Delivery.objects.get()
    assert delivery.state == "pending"
    assert "not public" in delivery.log.get().error


def test_a_change_over_the_limit_is_named_only(tenant, project, receiver):
    endpoint = add(tenant, receiver)
    props.some_changes(project, 1, value="x" * 40_000)

    deliver()

    (body,) = told(receiver, endpoint)
    (change,) = body["data"]["changes"]
    assert change["truncated"] is True
    assert len(json.dumps(body)) < 20_000
