"""The cast at the doors: Rosa manages, Carl's machine uploads, Wim and Wanda work."""

import pytest

from tests.api.caller import Caller
from tests.factories import a_key, a_tenant, a_user, a_worker


@pytest.fixture
def nobody() -> Caller:
    return Caller()


@pytest.fixture
def olga(db) -> Caller:
    """The operator."""
    return Caller(a_key(a_user(None, "operator")))


@pytest.fixture
def rosa(tenant) -> Caller:
    """The tenant's manager."""
    return Caller(a_key(a_user(tenant, "manager")))


@pytest.fixture
def carl(tenant) -> Caller:
    """The tenant's client system."""
    return Caller(a_key(a_user(tenant, "client")))


@pytest.fixture
def rita(tenant) -> Caller:
    """The tenant's reviewer."""
    return Caller(a_key(a_user(tenant, "reviewer")))


@pytest.fixture
def wim(tenant) -> Caller:
    """A worker the tenant invited."""
    return Caller(a_key(a_worker(tenant)))


@pytest.fixture
def wanda(tenant) -> Caller:
    """Another one."""
    return Caller(a_key(a_worker(tenant)))


@pytest.fixture
def mallory(db) -> Caller:
    """The manager of another tenant."""
    return Caller(a_key(a_user(a_tenant(), "manager")))


@pytest.fixture
def birds(rosa) -> str:
    """The slug of an open project."""
    made = rosa.post(
        "/projects/",
        {
            "slug": "birds",
            "name": "Bird or not",
            "guidelines": "Look well.",
            "form": [
                {
                    "key": "kind",
                    "type": "choice",
                    "prompt": "What is it?",
                    "labels": ["wren", "owl", "other"],
                }
            ],
            "reward": {"amount": "0.0150", "currency": "USD"},
        },
    )
    assert made.status == 201, made.body
    assert rosa.post("/projects/birds/open/").status == 200
    return "birds"
