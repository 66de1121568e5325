"""The stage: a database of its own and a Redis database of its own for each process."""

import os

import pytest
import redis
from django.conf import settings

from marketplace import redis_link
from marketplace.accounts.models import Tenant
from tests import factories


def pytest_configure(config):
    number = os.environ.get("PYTEST_XDIST_WORKER", "gw0").removeprefix("gw")
    if settings.REDIS_URL:
        base = settings.REDIS_URL.split("?")[0]
        settings.REDIS_URL = (
            f"{base}?db={number}" if base.startswith("unix:") else f"{base.rstrip('/')}/{number}"
        )
        for queue in settings.RQ_QUEUES.values():
            queue["URL"] = settings.REDIS_URL


@pytest.fixture(autouse=True)
def _empty_queues():
    redis_link.connection.cache_clear()
    if settings.REDIS_URL:
        with redis.Redis.from_url(settings.REDIS_URL) as connection:
            connection.flushdb()


@pytest.fixture
def tenant(db) -> Tenant:
    return factories.a_tenant()
