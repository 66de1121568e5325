"""Webhooks: where a tenant is told of events, and what it was told."""

from typing import Any
from uuid import UUID

from django.db.models import Prefetch, QuerySet
from django.http import HttpResponse, HttpResponseBase
from rest_framework.request import Request

from marketplace.api import paging, schemas
from marketplace.api.door import CLIENT, MANAGER, Door, operation
from marketplace.api.rendering import reply
from marketplace.api.schemas import COUNT, TEXT, TIME, nullable, record
from marketplace.flows import telling
from marketplace.outbound import MOST_URL_CHARS
from marketplace.webhooks import endpoints
from marketplace.webhooks.models import Attempt, Delivery, Endpoint
from tasks_app.errors import Missing

# Of a delivery that was sent again and again, the last attempts are shown.
MOST_ATTEMPTS = 20

_ENDPOINT: dict[str, Any] = {
    "id": schemas.UUID,
    "url": TEXT,
    "events": {"type": "array", "items": {"enum": list(endpoints.EVENTS)}},
    "projects": {"type": ["array", "null"], "items": TEXT},
    "created_at": TIME,
    "disabled_at": nullable(TIME),
    "old_secret_until": nullable(TIME),
}
WEBHOOK = record(_ENDPOINT)
NEW_WEBHOOK = record(_ENDPOINT | {"secret": TEXT})
DELIVERY = record(
    {
        "id": schemas.UUID,
        "type": TEXT,
        "state": {"enum": Delivery.State.values},
        "attempts": COUNT,
        "created_at": TIME,
        "due_at": nullable(TIME),
        "delivered_at": nullable(TIME),
        "body": TEXT,
        "log": {
            "type": "array",
            "items": record(
                {
                    "at": TIME,
                    "status": nullable(COUNT),
                    "error": TEXT,
                    "response": TEXT,
                    "took_ms": COUNT,
                }
            ),
        },
    }
)
WEBHOOK_IN = record(
    {
        "url": {"type": "string", "minLength": 1, "maxLength": MOST_URL_CHARS},
        "events": {
            "type": "array",
            "items": {"enum": list(endpoints.EVENTS)},
            "minItems": 1,
            "uniqueItems": True,
        },
        "projects": {
            "type": ["array", "null"],
            "items": {"type": "string", "maxLength": 63},
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": True,
        },
    },
    optional=("projects",),
)


class _WebhookDoor(Door):
    tag = "webhooks"

    def endpoints(self) -> QuerySet[Endpoint]:
        """The tenant's own."""
        return Endpoint.objects.filter(tenant_id=self.tenant.pk)

    def endpoint(self, uid: UUID) -> Endpoint:
        """One of the tenant's own. Raises Missing."""
        endpoint = self.endpoints().filter(uid=uid).first()
        if endpoint is None:
            raise Missing
        return endpoint


class WebhooksDoor(_WebhookDoor):
    """The tenant's webhooks."""

    @operation(
        "list_webhooks",
        roles=[MANAGER, CLIENT],
        scope="webhooks",
        params=paging.PARAMETERS,
        replies={200: paging.schema(WEBHOOK)},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The tenant's webhooks, without their secrets."""
        return paging.page(
            self.endpoints(), params=self.params, as_ndjson=self.as_ndjson, render=shown
        )

    @operation(
        "create_webhook",
        roles=[MANAGER, CLIENT],
        scope="webhooks",
        body=WEBHOOK_IN,
        replies={201: NEW_WEBHOOK},
        shown_once="id",
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Tell this address from now on; the reply alone shows the secret."""
        wanted = self.body()
        endpoint = telling.add_endpoint(
            tenant=self.tenant,
            url=wanted["url"],
            events=wanted["events"],
            projects=wanted.get("projects"),
        )
        return reply(shown([endpoint])[0] | {"secret": endpoint.secret}, 201)


class WebhookDoor(_WebhookDoor):
    """One webhook."""

    @operation("get_webhook", roles=[MANAGER, CLIENT], scope="webhooks", replies={200: WEBHOOK})
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """A webhook, without its secret."""
        return reply(shown([self.endpoint(id)])[0])

    @operation("delete_webhook", roles=[MANAGER, CLIENT], scope="webhooks", replies={204: None})
    def delete(self, request: Request, id: UUID) -> HttpResponseBase:
        """Tell this address no more, and forget what it was told."""
        telling.remove_endpoint(endpoint=self.endpoint(id))
        return HttpResponse(status=204)


class PingDoor(_WebhookDoor):
    """Try a webhook."""

    @operation("ping_webhook", roles=[MANAGER, CLIENT], scope="webhooks", replies={202: DELIVERY})
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Send a ping, whatever the webhook listens to, even if it is disabled."""
        delivery = telling.ping(endpoint=self.endpoint(id))
        return reply(shown_deliveries([delivery])[0], 202)


class RotateDoor(_WebhookDoor):
    """Change a webhook's secret."""

    @operation(
        "rotate_webhook",
        roles=[MANAGER, CLIENT],
        scope="webhooks",
        replies={200: NEW_WEBHOOK},
        shown_once="id",
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Make a new secret, which the reply alone shows; the old one signs too for a day."""
        endpoint = self.endpoint(id)
        secret = telling.rotate(endpoint=endpoint)
        endpoint.refresh_from_db()
        return reply(shown([endpoint])[0] | {"secret": secret})


class EnableDoor(_WebhookDoor):
    """Enable a webhook."""

    @operation("enable_webhook", roles=[MANAGER, CLIENT], scope="webhooks", replies={200: WEBHOOK})
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Tell it again after a 410 disabled it, from where it was."""
        return reply(shown([telling.enable(endpoint=self.endpoint(id))])[0])


class DeliveriesDoor(_WebhookDoor):
    """What a webhook was told."""

    @operation(
        "list_deliveries",
        roles=[MANAGER, CLIENT],
        scope="webhooks",
        params=paging.PARAMETERS,
        replies={200: paging.schema(DELIVERY)},
        streams=True,
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """The deliveries of a webhook, oldest first, each with its last attempts."""
        return paging.page(
            _with_log(Delivery.objects.filter(endpoint=self.endpoint(id))),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=shown_deliveries,
        )


class RedeliverDoor(_WebhookDoor):
    """Send a delivery again."""

    @operation("redeliver", roles=[MANAGER, CLIENT], scope="webhooks", replies={202: DELIVERY})
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Send the same body under the same id once more."""
        own = Delivery.objects.filter(endpoint__in=self.endpoints(), uid=id)
        delivery = _with_log(own).first()
        if delivery is None:
            raise Missing
        return reply(shown_deliveries([telling.redeliver(delivery=delivery)])[0], 202)


def shown(found: list[Endpoint]) -> list[dict[str, Any]]:
    """Webhooks as clients read them: without a secret."""
    return [
        {
            "id": endpoint.uid,
            "url": endpoint.url,
            "events": endpoint.events,
            "projects": endpoint.projects,
            "created_at": endpoint.created_at,
            "disabled_at": endpoint.disabled_at,
            "old_secret_until": endpoint.old_secret_until,
        }
        for endpoint in found
    ]


def shown_deliveries(found: list[Delivery]) -> list[dict[str, Any]]:
    """Deliveries as clients read them; their log is to be fetched with them."""
    return [
        {
            "id": delivery.uid,
            "type": delivery.type,
            "state": delivery.state,
            "attempts": delivery.attempts,
            "created_at": delivery.created_at,
            "due_at": delivery.due_at if delivery.state == Delivery.State.PENDING else None,
            "delivered_at": delivery.delivered_at,
            "body": delivery.body,
            "log": [_attempt(attempt) for attempt in delivery.log.all()][-MOST_ATTEMPTS:],
        }
        for delivery in found
    ]


def _attempt(attempt: Attempt) -> dict[str, Any]:
    return {
        "at": attempt.at,
        "status": attempt.status,
        "error": attempt.error,
        "response": attempt.response,
        "took_ms": attempt.took_ms,
    }


def _with_log(rows: QuerySet[Delivery]) -> QuerySet[Delivery]:
    return rows.prefetch_related(Prefetch("log", Attempt.objects.order_by("pk")))
