"""A receiver that webhooks may reach."""

import ipaddress

import pytest

from tests.webhooks.receiver import Receiver


@pytest.fixture
def loopback_allowed(settings):
    settings.WEBHOOK_ALLOW = [ipaddress.ip_network("127.0.0.0/8")]
    settings.WEBHOOK_TIMEOUT_S = 1


@pytest.fixture
def receiver(loopback_allowed):
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def other_receiver(loopback_allowed):
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def secure_receiver(loopback_allowed):
    with Receiver(secure=True) as receiver:
        yield receiver
