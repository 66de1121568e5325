"""Consensus, suspicions and pushes are told to webhooks; a tenant says where they are."""

import time
from collections.abc import Sequence
from datetime import date, datetime

from django.db import transaction
from django.utils import timezone

from marketplace.accounts.models import Tenant
from marketplace.flows.doorbell import ring
from marketplace.webhooks import backlog, deliveries, endpoints, months
from marketplace.webhooks.models import Delivery, Endpoint
from marketplace.webhooks.months import drop_before
from marketplace.webhooks.sending import Crew

# While attempts are under way new rows are looked for this often.
LOOK_EVERY_S = 0.1


def deliver_due(*, until: float) -> bool:
    """Make and send deliveries until nothing is due or the time (monotonic) is over.

    True if something is left. What is under way when the time is over is waited for.
    """
    with Crew() as crew:
        looked_at = 0.0
        while time.monotonic() < until:
            n_made = 0
            if crew.is_idle or time.monotonic() - looked_at >= LOOK_EVERY_S:
                looked_at = time.monotonic()
                n_made = deliveries.make(now=timezone.now())
            crew.start_due()
            if not n_made and crew.is_idle:
                return False
            crew.record_done(timeout=LOOK_EVERY_S)
        while not crew.is_idle:
            crew.record_done(timeout=None)
    return is_due(timezone.now())


def is_due(now: datetime) -> bool:
    """True if a delivery is to be made or sent."""
    return backlog.is_due(now=now)


def is_heard(*, tenant_id: int) -> bool:
    """True if somebody listens to what happens at this tenant."""
    return Endpoint.objects.filter(tenant=tenant_id, disabled_at=None).exists()


def oldest_undelivered(now: datetime) -> float:
    """For how many seconds the oldest row of a feed waits to be told; 0.0 when none does."""
    return backlog.oldest(now=now)


def prepare(*, now: datetime) -> None:
    """See that what is to be told has a place to be written."""
    months.make(now=now)


def forget(*, months: int, now: datetime) -> list[str]:
    """Drop the log of deliveries but for this month and so many before; the parts that went."""
    first = now.year * 12 + now.month - 1 - months
    return drop_before(date(first // 12, first % 12 + 1, 1))


@transaction.atomic
def add_endpoint(
    *, tenant: Tenant, url: str, events: Sequence[str], projects: Sequence[str] | None
) -> Endpoint:
    """Tell this address from now on; the secret is shown with it, and never again."""
    endpoint = endpoints.make(
        tenant=tenant, url=url, events=events, projects=projects, now=timezone.now()
    )
    # A push may have waited for somebody to hear it.
    ring("webhooks")
    return endpoint


@transaction.atomic
def remove_endpoint(*, endpoint: Endpoint) -> None:
    """Tell this address no more, and forget what it was told."""
    endpoints.remove(endpoint=endpoint)
    ring("webhooks")


@transaction.atomic
def rotate(*, endpoint: Endpoint) -> str:
    """A new secret, shown once; the one before signs too for a day."""
    return endpoints.rotate(endpoint=endpoint, now=timezone.now())


@transaction.atomic
def enable(*, endpoint: Endpoint) -> Endpoint:
    """Tell a disabled address again, from where it was disabled."""
    endpoints.enable(endpoint=endpoint)
    ring("webhooks")
    return endpoint


@transaction.atomic
def ping(*, endpoint: Endpoint) -> Delivery:
    """Try whether deliveries arrive."""
    delivery = deliveries.ping(endpoint=endpoint, now=timezone.now())
    ring("webhooks")
    return delivery


@transaction.atomic
def redeliver(*, delivery: Delivery) -> Delivery:
    """Send a delivery again, under the same id."""
    delivery = deliveries.redeliver(delivery=delivery, now=timezone.now())
    ring("webhooks")
    return delivery
