"""Sign what is sent, as Standard Webhooks 1.0 says."""

import base64
import hashlib
import hmac
import secrets
import uuid
from collections.abc import Sequence
from datetime import datetime

PREFIX = "whsec_"
SECRET_BYTES = 32


def make_secret() -> str:
    """A new secret, as it is shown to the one who verifies."""
    return PREFIX + base64.b64encode(secrets.token_bytes(SECRET_BYTES)).decode()


def headers(*, uid: uuid.UUID, body: bytes, keys: Sequence[str], now: datetime) -> dict[str, str]:
    """The three headers; each of the secrets signs, so that either may be trusted."""
    message_id, timestamp = f"msg_{uid.hex}", str(int(now.timestamp()))
    signed = b".".join((message_id.encode(), timestamp.encode(), body))
    return {
        "webhook-id": message_id,
        "webhook-timestamp": timestamp,
        "webhook-signature": " ".join(_signature(key, signed) for key in keys),
    }


def _signature(key: str, signed: bytes) -> str:
    secret = base64.b64decode(key.removeprefix(PREFIX))
    return "v1," + base64.b64encode(hmac.digest(secret, signed, hashlib.sha256)).decode()
