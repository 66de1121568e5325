"""Who is told: the addresses of a tenant, their secrets, and where in a feed each begins."""

from collections.abc import Iterable, Sequence
from datetime import datetime, timedelta

from django.db import connection, transaction
from django.db.models import Exists, OuterRef, Q, QuerySet

from marketplace import outbound
from marketplace.accounts.models import Tenant
from marketplace.webhooks import signing
from marketplace.webhooks.models import Attempt, Cursor, Delivery, Endpoint
from quality.models import Push, Settling
from tasks_app.errors import Fault, Invalid, Missing, invalid
from tasks_app.models import Project

CHANGED = "consensus.changed"
RETRAINING = "retraining.requested"
FLAGGED = "flag.raised"
PING = "ping"
EVENTS = (CHANGED, RETRAINING, FLAGGED, PING)
# How long the secret before a rotation signs too.
ROTATION = timedelta(hours=24)


@transaction.atomic
def make(
    *,
    tenant: Tenant,
    url: str,
    events: Sequence[str],
    projects: Sequence[str] | None,
    now: datetime,
) -> Endpoint:
    """An endpoint that hears what comes from now on. Raises Invalid; nothing is stored then."""
    try:
        outbound.check_url(url)
    except outbound.Refused as refused:
        raise invalid("/url", "forbidden_address", str(refused)) from None
    heard = Project.objects.filter(tenant_id=tenant.pk)
    if projects is not None:
        heard = heard.filter(slug__in=projects)
        _refuse_unknown(projects, set(heard.values_list("slug", flat=True)))
    endpoint = Endpoint.objects.create(
        tenant=tenant,
        url=url,
        events=list(dict.fromkeys(events)),
        projects=None if projects is None else list(dict.fromkeys(projects)),
        secret=signing.make_secret(),
        created_at=now,
    )
    if CHANGED in events:
        _begin_at_heads(endpoint, heard)
    return endpoint


@transaction.atomic
def rotate(*, endpoint: Endpoint, now: datetime) -> str:
    """A new secret; the one before signs too for a day. Raises Missing."""
    row = Endpoint.objects.select_for_update(no_key=True).filter(pk=endpoint.pk).first()
    if row is None:
        raise Missing
    row.old_secret, row.old_secret_until = row.secret, now + ROTATION
    row.secret = signing.make_secret()
    row.save(update_fields=["secret", "old_secret", "old_secret_until"])
    return row.secret


def enable(*, endpoint: Endpoint) -> None:
    """Tell it again, from where it was disabled."""
    Endpoint.objects.filter(pk=endpoint.pk).update(disabled_at=None)
    endpoint.disabled_at = None


@transaction.atomic
def remove(*, endpoint: Endpoint) -> None:
    """Forget it with its deliveries; pushes that waited for it look for another."""
    # The lock keeps away whoever makes deliveries or records attempts meanwhile.
    Endpoint.objects.select_for_update().filter(pk=endpoint.pk).first()
    waiting = endpoint.deliveries.filter(state=Delivery.State.PENDING, push__isnull=False)
    push_ids = [row.push_id for row in waiting.only("push_id") if row.push_id is not None]
    Attempt.objects.filter(delivery__endpoint=endpoint).delete()
    Endpoint.objects.filter(pk=endpoint.pk).delete()
    unannounce(push_ids)


def unannounce(push_ids: Iterable[int]) -> None:
    """Pending pushes that no delivery is under way for are to be announced anew."""
    under_way = Delivery.objects.filter(push=OuterRef("pk"), state=Delivery.State.PENDING)
    Push.objects.filter(~Exists(under_way), pk__in=push_ids, state=Push.State.PENDING).update(
        announced_at=None
    )


def listening(*, project: Project, event: str) -> QuerySet[Endpoint]:
    """The endpoints that are to hear of this event on the project, disabled ones too."""
    return Endpoint.objects.filter(
        Q(projects=None) | Q(projects__contains=[project.slug]),
        tenant_id=project.tenant_id,
        events__contains=[event],
    ).order_by("pk")


def hold(endpoint_id: int) -> bool:
    """Keep the endpoint from being removed until the transaction ends; False if it is gone."""
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1 FROM webhooks_endpoint WHERE id = %s FOR KEY SHARE", [endpoint_id])
        return cursor.fetchone() is not None


def _refuse_unknown(wanted: Sequence[str], known: set[str]) -> None:
    faults = [
        Fault(f"/projects/{index}", "unknown_project", "there is no such project")
        for index, slug in enumerate(wanted)
        if slug not in known
    ]
    if faults:
        raise Invalid(faults)


def _begin_at_heads(endpoint: Endpoint, projects: QuerySet[Project]) -> None:
    # A project made later has no cursor yet, and is heard from its first row.
    heads = dict(Settling.objects.filter(project__in=projects).values_list("project_id", "head"))
    Cursor.objects.bulk_create(
        Cursor(endpoint=endpoint, project_id=project_id, seq=heads.get(project_id, 0))
        for project_id in projects.order_by("pk").values_list("pk", flat=True)
    )
