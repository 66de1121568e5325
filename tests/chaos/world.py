"""A sound little world, made through the real flows, and what its clients would have noted."""

import json
from dataclasses import dataclass
from datetime import timedelta

from django.utils import timezone

from chaos import history
from chaos.clients.rows import shown
from chaos.history import Story
from marketplace.flows import work
from marketplace.webhooks import deliveries
from marketplace.webhooks.models import Delivery
from quality import feed, settling
from quality.models import Settling
from tasks_app.models import Project
from tasks_app.staging import Record
from tests.factories import a_project, a_worker, bring_answers, some_items
from tests.webhooks.props import an_endpoint, answering, send_due

SAID = ("owl", "owl", "wren", "owl")
N_ANSWERED = 3


@dataclass
class World:
    """A project that is quiet, and the notes of those who worked on it."""

    project: Project
    notes: list[dict]

    @property
    def story(self) -> Story:
        return history.told_by(self.notes)


def a_world(tenant) -> World:
    """Some tasks answered, one of them elsewhere too, one leased; everything was told."""
    project = a_project(tenant)
    an_endpoint(tenant, projects=[project.slug])
    notes = [{"kind": "receiver"}]
    items = some_items(project, N_ANSWERED + 1)
    notes.append({"kind": "items", "ids": [item.external_id for item in items]})
    workers = [a_worker(tenant) for _ in range(10)]
    for worker, label in zip(workers, SAID, strict=False):
        notes += [submitted(lease, worker, label) for lease in claimed(project, worker, N_ANSWERED)]
        settle(project)
    notes.append(recorded(project, items[0]))
    claimed(project, workers[-1], 1)
    quiet(project)
    told(project)
    rows = [shown(row) for row in feed.changes(project, after=0, limit=1000)]
    notes.append({"kind": "seen", "rows": rows})
    notes += [{"kind": "told", "rows": rows} for rows in delivered(project)]
    return World(project, notes)


def claimed(project, worker, count):
    """Leases of the worker."""
    return work.claim(
        slug=project.slug,
        worker_id=worker.pk,
        tenant_id=project.tenant_id,
        count=count,
        find=lambda: project,
    ).leases


def submitted(lease, worker, label):
    """The note of an answer that was acknowledged."""
    answered = work.submit(
        uid=lease.uid,
        worker_id=worker.pk,
        tenant_id=None,
        values={"kind": label},
        elapsed_s=None,
    )
    assert answered.is_new
    return {
        "kind": "ack",
        "assignment": str(lease.uid),
        "task": str(lease.task_uid),
        "worker": worker.username,
        "answer": {"kind": label},
        "status": 201,
    }


def recorded(project, item):
    """The note of an answer collected elsewhere."""
    row = {"external_id": item.external_id, "worker": "paper", "answer": {"kind": "owl"}}
    bring_answers(project, [Record(1, row)])
    return {"kind": "recorded", "rows": [row]}


def settle(project, *, after_s=0):
    """One round."""
    assert settling.settle(project=project, now=timezone.now() + timedelta(seconds=after_s))


def quiet(project):
    """Settle until the refit that ends in quiet is done."""
    settle(project)
    while Settling.objects.get(project=project).refit_at is not None:
        settle(project, after_s=6)


def told(project):
    """Deliver what is in the feed."""
    while deliveries.make(now=timezone.now()):
        send_due(timezone.now() + timedelta(seconds=1), answering(204))


def delivered(project):
    """The rows of each delivery."""
    for body in Delivery.objects.order_by("pk").values_list("body", flat=True):
        yield [shown(row) for row in json.loads(body)["data"]["changes"]]
