"""Due deliveries are taken, sent, recorded, and tried again."""

import threading
from datetime import timedelta

import pytest
from django.db import connection

from marketplace.outbound import Refused, Unreachable
from marketplace.webhooks import deliveries, endpoints, recording, sending
from marketplace.webhooks.models import Delivery
from tests import factories
from tests.factories import NOON, later
from tests.webhooks import props

LEASE_S = 60


@pytest.fixture
def endpoint(tenant):
    return props.an_endpoint(tenant)


@pytest.fixture
def delivery(endpoint):
    return deliveries.ping(endpoint=endpoint, now=NOON)


def test_a_2xx_delivers(delivery):
    props.send_due(later(1), props.answering(202, b"thanks"))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.attempts) == ("delivered", 1)
    assert delivery.delivered_at == later(1)
    attempt = delivery.log.get()
    assert (attempt.at, attempt.status, attempt.response) == (later(1), 202, "thanks")
    assert not props.send_due(later(9e6), props.answering(202))


@pytest.mark.parametrize("status", [301, 307, 400, 404, 500, 503])
def test_any_other_status_fails_and_is_tried_again(delivery, status):
    props.send_due(NOON, props.answering(status))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at) == ("pending", later(5))
    assert delivery.log.get().status == status


@pytest.mark.parametrize("error", [Refused("the address is not public"), Unreachable("gone")])
def test_a_request_that_does_not_get_through_is_tried_again(delivery, error):
    def post(url, **sent):
        raise error

    props.send_due(NOON, post)

    delivery.refresh_from_db()
    assert (delivery.state, delivery.due_at) == ("pending", later(5))
    attempt = delivery.log.get()
    assert attempt.status is None
    assert str(error) in attempt.error


def test_it_is_tried_ten_times_over_three_days_and_then_fails(delivery):
    now, waits = NOON, []
    while True:
        assert props.send_due(now, props.answering(500)) == 1
        delivery.refresh_from_db()
        if delivery.state != "pending":
            break
        assert not props.send_due(delivery.due_at - timedelta(seconds=1), props.answering(500))
        waits.append((delivery.due_at - now).total_seconds())
        now = delivery.due_at

    assert waits == [5, 300, 1800, 7200, 18000, 36000, 50400, 72000, 86400]
    assert (delivery.state, delivery.attempts, delivery.log.count()) == ("failed", 10, 10)


@pytest.mark.parametrize(
    ("status", "asked", "wait_s"),
    [
        (429, "120", 120),
        (503, "1", 5),
        (502, "Sun, 01 Mar 2026 12:10:00 GMT", 600),
        (504, "Sun, 01 Mar 2026 12:10:00 -0000", 600),
        (503, "999999999999", 86400),
        (503, "Fri, 01 Mar 2126 12:10:00 GMT", 86400),
        (503, "Sun, 01 Mar 2020 12:10:00 GMT", 5),
        (503, "soon", 5),
        (503, "-7", 5),
        (500, "120", 5),
    ],
)
def test_a_retry_after_is_honoured_within_a_day(delivery, status, asked, wait_s):
    props.send_due(NOON, props.answering(status, retry_after=asked))

    delivery.refresh_from_db()
    assert delivery.due_at == later(wait_s)


def test_a_410_disables_the_endpoint_and_the_others_wait(endpoint, tenant):
    props.some_changes(factories.a_project(tenant), 150)
    deliveries.make(now=NOON)
    (taken,) = sending.take(now=NOON, limit=50)
    outcome = sending.send(taken, post=props.answering(410), clock=lambda: NOON)
    recording.record(taken=taken, outcome=outcome, now=NOON)

    endpoint.refresh_from_db()
    assert endpoint.disabled_at == NOON
    states = [one.state for one in endpoint.deliveries.order_by("pk")]
    assert states == ["failed"] + ["pending"] * (len(states) - 1)
    assert not props.send_due(later(1), props.answering(204))

    endpoints.enable(endpoint=endpoint)

    assert props.send_due(later(2), props.answering(204)) == 1


def test_a_ping_reaches_even_a_disabled_endpoint(endpoint):
    endpoint.disabled_at = NOON
    endpoint.save()
    delivery = deliveries.ping(endpoint=endpoint, now=NOON)

    props.send_due(NOON, props.answering(204))

    delivery.refresh_from_db()
    assert delivery.state == "delivered"


def test_body_and_id_stay_the_same_and_the_timestamp_is_new(delivery):
    sent = []

    def post(url, *, body, headers):
        sent.append((body, headers["webhook-id"], int(headers["webhook-timestamp"])))
        return props.answering(500)(url, body=body, headers=headers)

    props.send_due(NOON, post)
    props.send_due(later(5), post)

    noon = int(NOON.timestamp())
    message_id = f"msg_{delivery.uid.hex}"
    assert sent == [
        (delivery.body.encode(), message_id, noon),
        (delivery.body.encode(), message_id, noon + 5),
    ]


def test_killed_between_taking_and_recording_it_is_sent_again_with_the_same_id(delivery):
    (lost,) = sending.take(now=NOON, limit=1)

    assert not sending.take(now=later(LEASE_S - 1), limit=1)
    (again,) = sending.take(now=later(LEASE_S), limit=1)

    assert (again.uid, again.body, again.attempt) == (lost.uid, lost.body, 2)


def test_a_sender_that_overslept_its_lease_changes_nothing_for_the_next(delivery):
    (late,) = sending.take(now=NOON, limit=1)
    (next_one,) = sending.take(now=later(LEASE_S), limit=1)
    failure = sending.send(late, post=props.answering(500), clock=lambda: NOON)
    recording.record(taken=late, outcome=failure, now=later(LEASE_S + 1))
    delivery.refresh_from_db()
    assert delivery.due_at == next_one.leased_until

    success = sending.send(next_one, post=props.answering(204), clock=lambda: NOON)
    recording.record(taken=next_one, outcome=success, now=later(LEASE_S + 2))

    delivery.refresh_from_db()
    assert (delivery.state, delivery.log.count()) == ("delivered", 2)


def test_a_crash_in_the_last_attempt_does_not_lose_it(delivery):
    Delivery.objects.update(attempts=9)
    sending.take(now=NOON, limit=1)

    (taken,) = sending.take(now=later(LEASE_S), limit=1)

    assert taken.attempt == 10


def test_redelivered_it_is_the_same_message_with_all_attempts_before_it(delivery):
    props.send_due(NOON, props.answering(204))
    body = delivery.body

    deliveries.redeliver(delivery=delivery, now=later(60))

    assert (delivery.state, delivery.attempts, delivery.delivered_at) == ("pending", 0, None)
    (taken,) = sending.take(now=later(60), limit=1)
    assert (taken.uid, taken.body, taken.attempt) == (delivery.uid, body, 1)


def test_of_each_endpoint_one_is_taken_at_a_time(tenant):
    busy, idle = props.an_endpoint(tenant), props.an_endpoint(tenant)
    for _ in range(3):
        deliveries.ping(endpoint=busy, now=NOON)
    deliveries.ping(endpoint=idle, now=later(1))

    first = sending.take(now=later(2), limit=50)
    second = sending.take(now=later(2), limit=50, busy=[busy.pk])
    third = sending.take(now=later(2), limit=50)

    assert sorted(one.endpoint_id for one in first) == [busy.pk, idle.pk]
    assert not second
    assert [one.endpoint_id for one in third] == [busy.pk]


def test_a_response_is_kept_as_far_as_the_database_can_hold_it(delivery):
    props.send_due(NOON, props.answering(500, b"\x00\xff" + b"x" * 5000))

    kept = delivery.log.get().response
    assert kept == "\ufffd\ufffd" + "x" * 1022


def test_a_push_is_delivered_by_the_first_2xx(tenant):
    push = props.a_push(factories.a_project(tenant))
    for _ in range(2):
        props.an_endpoint(tenant, events=["retraining.requested"])
    deliveries.make(now=NOON)
    props.send_due(NOON, props.answering(500, b"busy"))
    push.refresh_from_db()
    assert (push.state, push.attempts) == ("pending", 1)
    assert push.error == "the endpoint answered 500"

    (taken, other) = sending.take(now=later(5), limit=50)
    for one, status in ((taken, 204), (other, 500)):
        outcome = sending.send(one, post=props.answering(status), clock=lambda: NOON)
        recording.record(taken=one, outcome=outcome, now=later(5))

    push.refresh_from_db()
    assert (push.state, push.attempts, push.error) == ("delivered", 2, "")


def test_a_push_fails_when_its_last_delivery_has(tenant):
    push = props.a_push(factories.a_project(tenant))
    for _ in range(2):
        props.an_endpoint(tenant, events=["retraining.requested"])
    deliveries.make(now=NOON)
    first, second = Delivery.objects.order_by("pk")
    Delivery.objects.filter(pk=first.pk).update(attempts=9)
    Delivery.objects.filter(pk=second.pk).update(attempts=8)

    props.send_due(NOON, props.answering(500))
    push.refresh_from_db()
    assert (push.state, push.attempts) == ("pending", 10)
    props.send_due(later(86400), props.answering(500))

    push.refresh_from_db()
    assert (push.state, push.attempts) == ("failed", 10)


def test_a_push_whose_endpoint_is_gone_waits_for_another(tenant):
    push = props.a_push(factories.a_project(tenant))
    gone = props.an_endpoint(tenant, events=["retraining.requested"])
    deliveries.make(now=NOON)

    props.send_due(NOON, props.answering(410))
    deliveries.make(now=NOON)

    push.refresh_from_db()
    assert (push.state, push.announced_at, push.error) == ("pending", None, deliveries.NOBODY)

    other = props.an_endpoint(tenant, events=["retraining.requested"])
    deliveries.make(now=later(1))
    endpoints.remove(endpoint=other)
    endpoints.enable(endpoint=gone)
    deliveries.make(now=later(2))
    props.send_due(later(2), props.answering(204))

    push.refresh_from_db()
    assert push.state == "delivered"


@pytest.mark.django_db(transaction=True)
def test_takers_that_race_take_each_delivery_once():
    tenant = factories.a_tenant()
    for _ in range(8):
        endpoint = props.an_endpoint(tenant)
        for _ in range(5):
            deliveries.ping(endpoint=endpoint, now=NOON)
    start = threading.Barrier(4)
    taken = []

    def take():
        start.wait()
        while found := sending.take(now=NOON, limit=3):
            taken.extend(one.delivery_id for one in found)
        connection.close()

    takers = [threading.Thread(target=take) for _ in range(4)]
    for taker in takers:
        taker.start()
    for taker in takers:
        taker.join()

    taken += [one.delivery_id for _ in range(5) for one in sending.take(now=NOON, limit=50)]
    assert sorted(taken) == sorted(Delivery.objects.values_list("pk", flat=True))


@pytest.mark.django_db(transaction=True)
def test_of_two_last_failures_at_once_one_sees_the_other():
    tenant = factories.a_tenant()
    push = props.a_push(factories.a_project(tenant))
    for _ in range(2):
        props.an_endpoint(tenant, events=["retraining.requested"])
    deliveries.make(now=NOON)
    Delivery.objects.update(attempts=9)
    start = threading.Barrier(2)

    def fail(taken):
        outcome = sending.send(taken, post=props.answering(500), clock=lambda: NOON)
        start.wait()
        recording.record(taken=taken, outcome=outcome, now=NOON)
        connection.close()

    senders = [
        threading.Thread(target=fail, args=(taken,)) for taken in sending.take(now=NOON, limit=2)
    ]
    for sender in senders:
        sender.start()
    for sender in senders:
        sender.join()

    push.refresh_from_db()
    assert push.state == "failed"
