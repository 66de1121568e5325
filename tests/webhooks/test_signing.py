"""What we sign, the official library verifies."""

import base64
import uuid

import pytest
from django.utils import timezone
from standardwebhooks import Webhook, WebhookVerificationError

from marketplace.webhooks import signing
from tests.factories import NOON

BODY = '{"type": "ping", "ü": "☂"}'.encode()


def signed(*keys, now=None):
    return signing.headers(uid=uuid.uuid4(), body=BODY, keys=keys, now=now or timezone.now())


def test_a_secret_is_32_random_bytes():
    secret = signing.make_secret()

    assert secret.startswith("whsec_")
    assert len(base64.b64decode(secret.removeprefix("whsec_"))) == 32
    assert signing.make_secret() != secret


def test_the_official_library_verifies_it():
    secret = signing.make_secret()

    assert Webhook(secret).verify(BODY, signed(secret)) == {"type": "ping", "ü": "☂"}


def test_the_signature_is_the_one_the_library_makes():
    secret = signing.make_secret()

    headers = signed(secret, now=NOON)

    made = Webhook(secret).sign(headers["webhook-id"], NOON, BODY.decode())
    assert headers["webhook-signature"] == made
    assert headers["webhook-timestamp"] == str(int(NOON.timestamp()))


def test_with_two_secrets_either_verifies_and_no_third():
    new, old = signing.make_secret(), signing.make_secret()

    headers = signed(new, old)

    Webhook(new).verify(BODY, headers)
    Webhook(old).verify(BODY, headers)
    with pytest.raises(WebhookVerificationError):
        Webhook(signing.make_secret()).verify(BODY, headers)


def test_another_body_or_an_old_timestamp_does_not_verify():
    secret = signing.make_secret()

    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY + b" ", signed(secret))
    with pytest.raises(WebhookVerificationError):
        Webhook(secret).verify(BODY, signed(secret, now=NOON))
