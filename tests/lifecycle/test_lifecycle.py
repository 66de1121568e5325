"""Whatever is done to work, in whatever order: what was promised holds after every step."""

import os
from functools import partial

import pytest
from django.utils import timezone
from hypothesis import HealthCheck, Phase, settings
from hypothesis.stateful import run_state_machine_as_test

from tests.lifecycle.clock import Clock
from tests.lifecycle.machine import Lifecycle

USUAL = settings(
    max_examples=200,
    stateful_step_count=30,
    deadline=None,
    database=None,
    derandomize=True,
    print_blob=True,
    suppress_health_check=list(HealthCheck),
    phases=[Phase.generate, Phase.shrink],
)
PROFILES = {
    "usual": USUAL,
    # For `make mutants`, which wants to know whether, not why.
    "brief": settings(USUAL, phases=[Phase.generate], report_multiple_bugs=False),
    # For `make nightly`: other histories every time.
    "nightly": settings(USUAL, max_examples=10_000, derandomize=False),
}


@pytest.mark.django_db(transaction=True)
def test_promises_hold_after_every_step_of_every_history(monkeypatch):
    clock = Clock()
    monkeypatch.setattr(timezone, "now", clock.now)

    run_state_machine_as_test(
        partial(Lifecycle, clock), settings=PROFILES[os.environ.get("LIFECYCLE_PROFILE", "usual")]
    )
