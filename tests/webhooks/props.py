"""What the tests of webhooks have in common."""

import json
from itertools import count

from django.db import transaction

from marketplace.outbound import Reply
from marketplace.webhooks import endpoints, recording, sending
from marketplace.webhooks.models import Delivery
from quality.models import Flag, Push, Revision, Settling
from tests import factories
from tests.factories import NOON

_serial = count(1)


def an_endpoint(tenant, *, url="https://hooks.example/", events=("consensus.changed",), **more):
    """An endpoint that was there before anything happened."""
    wanted = {"projects": None, "now": NOON} | more
    return endpoints.make(tenant=tenant, url=url, events=list(events), **wanted)


@transaction.atomic
def some_changes(project, n, *, now=NOON, value="wren"):
    """n more rows in the feed."""
    settling = Settling.objects.select_for_update().get(project=project)
    item = project.items.first() or factories.some_items(project, 1)[0]
    for seq in range(settling.head + 1, settling.head + n + 1):
        Revision.objects.create(
            project=project,
            seq=seq,
            item=item,
            task=item.tasks.get(),
            field="kind",
            revision=seq,
            is_latest=False,
            state="resolved",
            cause="answer",
            value=value,
            confidence=0.97,
            n_answers=3,
            aggregator="majority",
            aggregator_version="1",
            resolved_at=now,
            written_at=now,
        )
    settling.head += n
    settling.save()


def a_flag(project, worker, **overrides):
    """A suspicion about the worker."""
    wanted = {
        "kind": "low_accuracy",
        "reason": "Often wrong.",
        "rule_name": "accuracy_below_floor",
        "rule_version": "1",
        "evidence": {"n": 20, "answers": []},
        "n_answers": 20,
        "raised_at": NOON,
    }
    return Flag.objects.create(project=project, worker=worker, **wanted | overrides)


def a_push(project, *, sink="webhook", **overrides):
    """A push that waits to be told."""
    wanted = {
        "trigger": "count",
        "up_to_seq": next(_serial),
        "sha256": "0" * 64,
        "n_labels": 500,
        "rule": {"sink": sink, "after": 500},
        "created_at": NOON,
    }
    return Push.objects.create(project=project, **wanted | overrides)


def answering(status, body=b"", retry_after=None):
    """A network on which everybody answers so."""

    def post(url, *, body, headers):
        return Reply(status, answer, retry_after)

    answer = body
    return post


def send_due(now, post):
    """One attempt at everything that is due; the outcomes were recorded."""
    taken = sending.take(now=now, limit=50)
    for one in taken:
        outcome = sending.send(one, post=post, clock=lambda: now)
        recording.record(taken=one, outcome=outcome, now=now)
    return len(taken)


def seqs(endpoint):
    """The seqs told to the endpoint, in the order its deliveries were made."""
    bodies = [
        json.loads(body)["data"]
        for body in Delivery.objects.filter(endpoint=endpoint)
        .order_by("pk")
        .values_list("body", flat=True)
    ]
    return [change["seq"] for data in bodies for change in data["changes"]]
