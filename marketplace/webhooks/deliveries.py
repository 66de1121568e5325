"""Make deliveries from the log: each with the move of what remembers that it was made."""

from datetime import datetime
from typing import Any

from django.db import connection, transaction

from marketplace.accounts import people
from marketplace.accounts.models import Tenant, TenantWorker
from marketplace.webhooks import endpoints, packing
from marketplace.webhooks.models import Cursor, Delivery, Endpoint
from quality import feed
from quality.models import Flag, Push
from tasks_app.errors import Missing
from tasks_app.models import Project

# Rows of a feed that one transaction turns into deliveries.
BLOCK = 500
MOST_ANNOUNCED = 100
NOBODY = "no enabled webhook listens to retraining.requested"

# Feeds that have more rows than an enabled endpoint was told of.
BEHIND = """
SELECT endpoint.id AS endpoint_id, project.id AS project_id, coalesce(cursor.seq, 0) AS seq
  FROM webhooks_endpoint AS endpoint
  JOIN tasks_app_project AS project
    ON project.tenant_id = endpoint.tenant_id
   AND (endpoint.projects IS NULL OR project.slug = ANY (endpoint.projects))
  JOIN quality_settling AS settling ON settling.project_id = project.id
  LEFT JOIN webhooks_cursor AS cursor
    ON cursor.endpoint_id = endpoint.id AND cursor.project_id = project.id
 WHERE endpoint.disabled_at IS NULL
   AND 'consensus.changed' = ANY (endpoint.events)
   AND settling.head > coalesce(cursor.seq, 0)
"""
# Pushes to a webhook that are not announced, and whether an enabled endpoint would hear it.
UNANNOUNCED = """
SELECT push.id, EXISTS (
         SELECT FROM webhooks_endpoint AS endpoint
          WHERE endpoint.tenant_id = project.tenant_id
            AND (endpoint.projects IS NULL OR project.slug = ANY (endpoint.projects))
            AND 'retraining.requested' = ANY (endpoint.events)
            AND endpoint.disabled_at IS NULL
       ) AS is_heard
  FROM quality_push AS push
  JOIN tasks_app_project AS project ON project.id = push.project_id
 WHERE push.state = 'pending' AND push.announced_at IS NULL AND push.rule ->> 'sink' = 'webhook'
"""


def make(*, now: datetime) -> int:
    """Make what is to be made now, a block of each feed at most; the number of deliveries."""
    n_made = sum(
        tell_changes(endpoint_id=endpoint_id, project_id=project_id, now=now)
        for endpoint_id, project_id, _ in _fetched(f"{BEHIND} ORDER BY 1, 2")
    )
    unannounced = Flag.objects.filter(announced_at=None).order_by("pk")
    for flag_id in unannounced.values_list("pk", flat=True)[:MOST_ANNOUNCED]:
        n_made += tell_flag(flag_id=flag_id, now=now)
    for push_id, is_heard in _fetched(f"{UNANNOUNCED} ORDER BY 1"):
        if is_heard:
            n_made += tell_push(push_id=push_id, now=now)
        else:
            Push.objects.filter(pk=push_id).exclude(error=NOBODY).update(error=NOBODY)
    return n_made


@transaction.atomic
def tell_changes(*, endpoint_id: int, project_id: int, now: datetime) -> int:
    """Deliveries of the feed's next rows, and the cursor behind them; 0 if another is at it."""
    if not endpoints.hold(endpoint_id):
        return 0
    cursor = _locked_cursor(endpoint_id, project_id)
    if cursor is None:
        return 0
    project = Project.objects.get(pk=project_id)
    rows = feed.changes(project, after=cursor.seq, limit=BLOCK)
    if not rows:
        return 0
    bodies = packing.runs(
        kind=endpoints.CHANGED,
        project=project.slug,
        feed=feed.identity(),
        rows=rows,
        now=now,
    )
    made = Delivery.objects.bulk_create(
        Delivery(
            endpoint_id=endpoint_id, type=endpoints.CHANGED, body=body, due_at=now, created_at=now
        )
        for body in bodies
    )
    Cursor.objects.filter(pk=cursor.pk).update(seq=rows[-1]["seq"])
    return len(made)


@transaction.atomic
def tell_flag(*, flag_id: int, now: datetime) -> int:
    """Deliveries of a suspicion; also to a disabled endpoint, which hears it when enabled."""
    unannounced = Flag.objects.filter(pk=flag_id, announced_at=None)
    flag = unannounced.select_for_update(no_key=True, skip_locked=True).first()
    if flag is None:
        return 0
    project = Project.objects.get(pk=flag.project_id)
    listening = endpoints.listening(project=project, event=endpoints.FLAGGED)
    made = [
        _deliver(endpoint_id, endpoints.FLAGGED, _flag_data(flag, project, now), now)
        for endpoint_id in listening.values_list("pk", flat=True)
        if endpoints.hold(endpoint_id)
    ]
    unannounced.update(announced_at=now)
    return len(made)


@transaction.atomic
def tell_push(*, push_id: int, now: datetime) -> int:
    """Deliveries that ask for a retraining; it stays unannounced if nobody is there to hear."""
    unannounced = Push.objects.filter(pk=push_id, announced_at=None, state=Push.State.PENDING)
    push = unannounced.select_for_update(no_key=True, skip_locked=True).first()
    if push is None:
        return 0
    project = Project.objects.get(pk=push.project_id)
    listening = endpoints.listening(project=project, event=endpoints.RETRAINING)
    data = {
        "project": project.slug,
        "push": str(push.uid),
        "snapshot": str(push.snapshot),
        "n_labels": push.n_labels,
        "trigger": push.trigger,
    }
    made = [
        _deliver(endpoint_id, endpoints.RETRAINING, data, now, push)
        for endpoint_id in listening.filter(disabled_at=None).values_list("pk", flat=True)
        if endpoints.hold(endpoint_id)
    ]
    if made:
        unannounced.update(announced_at=now, error="")
    return len(made)


@transaction.atomic
def ping(*, endpoint: Endpoint, now: datetime) -> Delivery:
    """A delivery that only shows that deliveries arrive, enabled or not. Raises Missing."""
    if not endpoints.hold(endpoint.pk):
        raise Missing
    return _deliver(endpoint.pk, endpoints.PING, {"webhook": str(endpoint.uid)}, now)


def redeliver(*, delivery: Delivery, now: datetime) -> Delivery:
    """Send the same body under the same id again, with all attempts anew. Raises Missing."""
    again = {"state": Delivery.State.PENDING, "attempts": 0, "due_at": now, "delivered_at": None}
    if not Delivery.objects.filter(pk=delivery.pk).update(**again):
        raise Missing
    for name, value in again.items():
        setattr(delivery, name, value)
    return delivery


def _locked_cursor(endpoint_id: int, project_id: int) -> Cursor | None:
    Cursor.objects.bulk_create(
        [Cursor(endpoint_id=endpoint_id, project_id=project_id, seq=0)], ignore_conflicts=True
    )
    cursors = Cursor.objects.filter(endpoint_id=endpoint_id, project_id=project_id)
    return cursors.select_for_update(no_key=True, skip_locked=True).first()


def _flag_data(flag: Flag, project: Project, now: datetime) -> dict[str, Any]:
    tenant = Tenant.objects.get(pk=project.tenant_id)
    people.acquaint(tenant=tenant, worker_ids=[flag.worker_id], invited=False, now=now)
    known = TenantWorker.objects.get(tenant=tenant, worker_id=flag.worker_id)
    (evidence,) = people.disguised(tenant=tenant, documents=[flag.evidence], now=now)
    return {
        "id": str(flag.uid),
        "project": project.slug,
        "worker": known.pseudonym,
        "kind": flag.kind,
        "state": flag.state,
        "reason": flag.reason,
        "rule": {"name": flag.rule_name, "version": flag.rule_version},
        "evidence": evidence,
        "raised_at": flag.raised_at,
    }


def _deliver(
    endpoint_id: int, kind: str, data: dict[str, Any], now: datetime, push: Push | None = None
) -> Delivery:
    return Delivery.objects.create(
        endpoint_id=endpoint_id,
        push=push,
        type=kind,
        body=packing.body(kind=kind, data=data, now=now),
        due_at=now,
        created_at=now,
    )


def _fetched(sql: str) -> list[tuple[Any, ...]]:
    with connection.cursor() as cursor:
        cursor.execute(sql)
        rows: list[tuple[Any, ...]] = cursor.fetchall()
        return rows
