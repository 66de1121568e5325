"""The receiver takes what is signed, once, and fails when it said it would."""

import json
import uuid
from datetime import UTC, datetime

import pytest
import urllib3

from examples.demo.receiver import Inbox, Receiver
from marketplace.webhooks import signing

NOON = datetime(2026, 3, 1, 12, tzinfo=UTC)
NOW = NOON.timestamp()


@pytest.fixture
def secret():
    return signing.make_secret()


@pytest.fixture
def inbox(secret):
    return Inbox(secret)


def a_body(*seqs) -> bytes:
    data = {"changes": [{"seq": seq} for seq in seqs]}
    return json.dumps({"type": "consensus.changed", "data": data}).encode()


def signed(body, *keys, number=1, now=NOON):
    return signing.headers(uid=uuid.UUID(int=number), body=body, keys=keys, now=now)


def test_what_the_service_signs_is_taken(inbox, secret):
    body = a_body(1, 2)

    assert inbox.take(signed(body, secret), body, now=NOW) == 204
    assert inbox.seqs == {1, 2}
    assert inbox.events == {"consensus.changed": 1}


def test_one_of_two_signatures_is_enough(inbox, secret):
    body = a_body(1)

    assert inbox.take(signed(body, signing.make_secret(), secret), body, now=NOW) == 204


@pytest.mark.parametrize(
    "spoil",
    [
        lambda headers, body: (headers, body + b" "),
        lambda headers, body: (headers | {"webhook-id": "msg_other"}, body),
        lambda headers, body: (headers | {"webhook-timestamp": str(int(NOW) + 1)}, body),
        lambda headers, body: (headers | {"webhook-timestamp": "soon"}, body),
        lambda headers, body: (headers | {"webhook-signature": "v1,AAAA"}, body),
        lambda headers, body: ({}, body),
    ],
)
def test_what_is_not_signed_is_refused_and_counted(inbox, secret, spoil):
    body = a_body(1)
    headers, sent = spoil(signed(body, secret), body)

    assert inbox.take(headers, sent, now=NOW) == 401
    assert inbox.n_unverified == 1
    assert not inbox.seqs


def test_an_old_signature_is_refused(inbox, secret):
    body = a_body(1)

    assert inbox.take(signed(body, secret), body, now=NOW + 301) == 401


def test_the_first_attempt_of_every_twentieth_fails_and_its_retry_is_taken(inbox, secret):
    def told(number):
        body = a_body(number)
        return inbox.take(signed(body, secret, number=number), body, now=NOW)

    statuses = {number: told(number) for number in range(1, 41)}

    assert [number for number, status in statuses.items() if status == 500] == [20, 40]
    assert 20 not in inbox.seqs
    assert told(20) == 204
    assert told(40) == 204
    assert len(inbox.taken) == 40
    assert (inbox.n_failed, inbox.n_unverified) == (2, 0)


def test_a_repeated_delivery_counts_once(inbox, secret):
    body = a_body(1)
    for _ in range(2):
        inbox.take(signed(body, secret), body, now=NOW)

    assert len(inbox.taken) == 1
    assert inbox.events.total() == 1


def test_it_listens_on_this_machine(secret):
    body = a_body(7)
    with Receiver() as receiver:
        receiver.inbox.secret = secret
        headers = signed(body, secret, now=datetime.now(UTC))
        reply = urllib3.request("POST", receiver.url, body=body, headers=headers)

    assert reply.status == 204
    assert receiver.inbox.seqs == {7}
