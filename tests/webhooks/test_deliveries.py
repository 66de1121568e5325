"""Deliveries are made from the log, each row once, with the move of the cursor."""

import json
import threading

import pytest
from django.db import connection, transaction

from marketplace.accounts.models import TenantWorker
from marketplace.webhooks import backlog, deliveries, endpoints
from marketplace.webhooks.models import Cursor, Delivery
from quality import feed
from quality.models import Push
from tests import factories
from tests.factories import NOON, later
from tests.webhooks import props


@pytest.fixture
def project(tenant):
    return factories.a_project(tenant)


def drain(now=NOON):
    while deliveries.make(now=now):
        pass


def test_a_delivery_tells_the_rows_as_the_feed_does(tenant, project):
    endpoint = props.an_endpoint(tenant)
    props.some_changes(project, 2)

    deliveries.make(now=later(1))

    delivery = endpoint.deliveries.get()
    body = json.loads(delivery.body)
    rows = feed.changes(project, after=0, limit=2)
    assert body == {
        "type": "consensus.changed",
        "timestamp": "2026-03-01T12:00:01Z",
        "data": {
            "project": project.slug,
            "feed": feed.identity(),
            "from_seq": 1,
            "to_seq": 2,
            "changes": rows,
        },
    }
    assert (delivery.type, delivery.state, delivery.attempts) == (body["type"], "pending", 0)


def test_every_row_is_told_once_over_many_deliveries(tenant, project, monkeypatch):
    monkeypatch.setattr(deliveries, "BLOCK", 30)
    endpoint = props.an_endpoint(tenant)
    props.some_changes(project, 40)
    props.some_changes(project, 1, value="x" * 30_000)
    props.some_changes(project, 30, value="y" * 3000)

    drain()

    assert props.seqs(endpoint) == list(range(1, 72))
    assert Cursor.objects.get(endpoint=endpoint).seq == 71


def test_each_endpoint_has_deliveries_of_its_own(tenant, project):
    both = [props.an_endpoint(tenant), props.an_endpoint(tenant)]
    props.some_changes(project, 2)

    drain()

    assert [props.seqs(endpoint) for endpoint in both] == [[1, 2], [1, 2]]


def test_a_rolled_back_change_is_never_told(tenant, project):
    endpoint = props.an_endpoint(tenant)
    with transaction.atomic():
        props.some_changes(project, 1, value="owl")
        transaction.set_rollback(True)
    drain()
    props.some_changes(project, 1, value="wren")

    drain()

    (delivery,) = endpoint.deliveries.all()
    (change,) = json.loads(delivery.body)["data"]["changes"]
    assert (change["seq"], change["value"]) == (1, "wren")


def test_a_making_that_is_cut_off_leaves_no_trace_and_is_done_again(tenant, project, monkeypatch):
    endpoint = props.an_endpoint(tenant)
    props.some_changes(project, 2)

    def fail(*args, **kwargs):
        raise ZeroDivisionError

    with monkeypatch.context() as patch:
        patch.setattr(Cursor.objects.all().__class__, "update", fail)
        with pytest.raises(ZeroDivisionError):
            deliveries.make(now=NOON)
    assert not Delivery.objects.exists()

    drain()

    assert props.seqs(endpoint) == [1, 2]


def test_the_cursor_of_a_disabled_endpoint_waits(tenant, project):
    endpoint = props.an_endpoint(tenant)
    endpoint.disabled_at = NOON
    endpoint.save()
    props.some_changes(project, 2)
    drain()
    assert not endpoint.deliveries.exists()
    assert not backlog.is_due(now=NOON)

    endpoints.enable(endpoint=endpoint)
    drain()

    assert props.seqs(endpoint) == [1, 2]


def test_an_endpoint_hears_only_the_events_it_asked_for(tenant, project):
    changes = props.an_endpoint(tenant, events=["consensus.changed"])
    flags = props.an_endpoint(tenant, events=["flag.raised"])
    props.some_changes(project, 1)
    props.a_flag(project, factories.a_worker(tenant))

    drain()

    assert [one.type for one in changes.deliveries.all()] == ["consensus.changed"]
    assert [one.type for one in flags.deliveries.all()] == ["flag.raised"]


def test_a_flag_is_told_once_by_the_pseudonym(tenant, project):
    endpoint = props.an_endpoint(tenant, events=["flag.raised"])
    worker = factories.a_worker(factories.a_tenant())
    flag = props.a_flag(project, worker)

    drain()
    drain()

    body = json.loads(endpoint.deliveries.get().body)
    flag.refresh_from_db()
    pseudonym = TenantWorker.objects.get(tenant=tenant, worker=worker).pseudonym
    assert flag.announced_at == NOON
    assert body["data"] == {
        "id": str(flag.uid),
        "project": project.slug,
        "worker": pseudonym,
        "kind": "low_accuracy",
        "state": "open",
        "reason": "Often wrong.",
        "rule": {"name": "accuracy_below_floor", "version": "1"},
        "evidence": {"n": 20, "answers": []},
        "raised_at": "2026-03-01T12:00:00Z",
    }
    assert worker.username not in endpoint.deliveries.get().body


def test_a_flag_for_copying_names_the_partner_by_the_pseudonym(tenant, project):
    endpoint = props.an_endpoint(tenant, events=["flag.raised"])
    one, other = (factories.a_worker(tenant) for _ in range(2))
    evidence = {"pairs": [{"partner_id": other.pk, "n_shared": 20}]}
    factories.a_flag(project, one, kind="copying", evidence=evidence)

    drain()

    told = json.loads(endpoint.deliveries.get().body)["data"]["evidence"]
    pseudonym = TenantWorker.objects.get(tenant=tenant, worker=other).pseudonym
    assert told == {"pairs": [{"partner": pseudonym, "n_shared": 20}]}


def test_a_flag_that_nobody_listens_to_is_not_kept_for_later(tenant, project):
    flag = props.a_flag(project, factories.a_worker(tenant))
    drain()
    endpoint = props.an_endpoint(tenant, events=["flag.raised"])

    drain()

    flag.refresh_from_db()
    assert flag.announced_at is not None
    assert not endpoint.deliveries.exists()


def test_a_push_is_told_once(tenant, project):
    endpoint = props.an_endpoint(tenant, events=["retraining.requested"])
    push = props.a_push(project)
    props.a_push(factories.a_project(tenant), sink="builtin")

    drain()
    drain()

    delivery = endpoint.deliveries.get()
    push.refresh_from_db()
    assert (delivery.push, push.announced_at, push.state) == (push, NOON, "pending")
    assert json.loads(delivery.body)["data"] == {
        "project": project.slug,
        "push": str(push.uid),
        "snapshot": str(push.snapshot),
        "n_labels": 500,
        "trigger": "count",
    }


def test_a_push_waits_for_somebody_to_hear_it_and_says_so(tenant, project):
    push = props.a_push(project)
    disabled = props.an_endpoint(tenant, events=["retraining.requested"])
    disabled.disabled_at = NOON
    disabled.save()

    drain()

    push.refresh_from_db()
    assert (push.state, push.announced_at) == (Push.State.PENDING, None)
    assert "no enabled webhook" in push.error
    assert not backlog.is_due(now=NOON)

    endpoints.enable(endpoint=disabled)
    assert backlog.is_due(now=NOON)
    drain()

    push.refresh_from_db()
    assert (push.announced_at, push.error) == (NOON, "")
    assert disabled.deliveries.get().push == push


def test_what_waits_and_for_how_long_is_known(tenant, project):
    props.an_endpoint(tenant)
    assert not backlog.is_due(now=NOON)
    assert backlog.oldest(now=NOON) == 0.0
    props.some_changes(project, 2)
    assert backlog.is_due(now=later(3))
    assert backlog.oldest(now=later(3)) == 3.0
    drain(now=later(4))
    assert backlog.is_due(now=later(5))
    assert backlog.oldest(now=later(5)) == 1.0

    props.send_due(later(5), props.answering(204))

    assert not backlog.is_due(now=later(9))
    assert backlog.oldest(now=later(9)) == 0.0


@pytest.mark.django_db(transaction=True)
def test_makers_that_race_tell_every_row_once():
    tenant = factories.a_tenant()
    project = factories.a_project(tenant)
    projects = [project, factories.a_project(tenant)]
    both = [props.an_endpoint(tenant), props.an_endpoint(tenant)]
    start = threading.Barrier(5)
    is_over = threading.Event()

    def make():
        start.wait()
        while not is_over.is_set():
            deliveries.make(now=NOON)
        connection.close()

    makers = [threading.Thread(target=make) for _ in range(4)]
    for maker in makers:
        maker.start()
    start.wait()
    for _ in range(15):
        for one in projects:
            props.some_changes(one, 3)
    is_over.set()
    for maker in makers:
        maker.join()
    drain()

    for endpoint in both:
        told = [
            (data["project"], change["seq"])
            for data in (json.loads(one.body)["data"] for one in endpoint.deliveries.all())
            for change in data["changes"]
        ]
        assert sorted(told) == sorted((one.slug, seq) for one in projects for seq in range(1, 46))


@pytest.mark.django_db(transaction=True)
def test_an_endpoint_may_be_removed_while_deliveries_are_made_and_sent():
    tenant = factories.a_tenant()
    project = factories.a_project(tenant)
    is_over = threading.Event()
    failures = []

    def work():
        try:
            while not is_over.is_set():
                deliveries.make(now=NOON)
                props.send_due(NOON, props.answering(204))
        except Exception as error:
            failures.append(error)
        connection.close()

    workers = [threading.Thread(target=work) for _ in range(3)]
    for worker in workers:
        worker.start()
    for _ in range(30):
        endpoint = props.an_endpoint(tenant)
        props.some_changes(project, 2)
        endpoints.remove(endpoint=endpoint)
    is_over.set()
    for worker in workers:
        worker.join()

    assert not failures
    assert not Delivery.objects.exists()
