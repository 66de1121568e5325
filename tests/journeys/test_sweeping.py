"""The sweeper does what a queue that hears the bell does not come to."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.flows import settling, sweeping
from quality import due
from tests.factories import NOON, a_project, later

pytestmark = pytest.mark.django_db


def test_a_refit_waits_from_when_it_is_due(tenant):
    due.mark_refit(project=a_project(tenant), now=NOON)

    assert settling.oldest_due(later(-1)) == 0
    assert settling.oldest_due(later(7)) == 7


@pytest.mark.django_db(transaction=True)
def test_a_refit_is_done_here_when_the_queue_hangs(tenant, monkeypatch):
    drained = []
    monkeypatch.setattr(sweeping, "ring_now", lambda topic: True)
    monkeypatch.setattr(sweeping, "_drain_here", drained.append)
    due.mark_refit(project=a_project(tenant), now=timezone.now() - timedelta(seconds=10))

    sweeping.sweep()

    assert drained == ["settle"]
