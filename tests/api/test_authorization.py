"""Every endpoint, every role, own, foreign and missing rows: the table beside this is the law."""

import re
import uuid
from pathlib import Path

import pytest
from django.db import transaction
from django.urls import URLPattern, get_resolver

from marketplace.accounts.models import Key, TenantWorker
from marketplace.webhooks.models import Delivery, Endpoint
from quality import settling
from quality.models import Flag, Push, Skill
from tasks_app import claims
from tasks_app.models import Task
from tasks_app.staging import Record
from tests.api.caller import Caller
from tests.factories import (
    NOON,
    a_flag,
    a_key,
    a_project,
    a_tenant,
    a_user,
    a_worker,
    bring_answers,
    later,
    some_items,
)

TABLE = Path(__file__).with_name("authorization.txt")
ROLES = ("operator", "manager", "reviewer", "client", "worker", "nobody")
METHODS = {"get", "post", "put", "patch", "delete"}


def rows():
    for line in TABLE.read_text().splitlines():
        if line and not line.startswith("#"):
            endpoint, *cells = (cell.strip() for cell in line.split("|"))
            method, path = endpoint.split()
            yield method, path, dict(zip(ROLES, cells, strict=True))


class World:
    """A tenant with one of everything."""

    def __init__(self, name: str) -> None:
        self.tenant = a_tenant(name)
        self.project = a_project(
            self.tenant,
            slug=f"birds-{name}",
            target_confidence=0.5,
            retraining={"after": 1000, "sink": "webhook", "field": "kind"},
        )
        items = some_items(self.project, 4)
        self.worker = a_worker(self.tenant)
        self.keys = {
            role: a_key(a_user(self.tenant, role)) for role in ("manager", "reviewer", "client")
        }
        self.keys["worker"] = a_key(self.worker)
        self._settle(items[0])
        self.settled = items[0].external_id
        (self.assignment,) = claims.claim(
            project_ids=[self.project.pk], worker_id=self.worker.pk, count=1, now=later(10**9)
        )
        self.ids = {
            "slug": self.project.slug,
            "item": items[3].external_id,
            "gold": some_items(self.project, 1, gold={"kind": "owl"})[0].external_id,
            "worker": self.worker.uid,
            "key": Key.objects.get(tenant=self.tenant, user__role="worker").uid,
            "pseudonym": TenantWorker.objects.filter(tenant=self.tenant, worker__recorded=True)[
                0
            ].pseudonym,
            "assignment": self.assignment.uid,
            "flag": self._flag().uid,
            "skill": self._skill(name).name,
            "list": "experts",
            "snapshot": self._push().snapshot,
            **self._webhook(),
        }

    def _settle(self, item) -> None:
        bring_answers(
            self.project,
            [
                Record(
                    i,
                    {
                        "external_id": item.external_id,
                        "worker": f"w{i}",
                        "answer": {"kind": "owl"},
                    },
                )
                for i in range(1, 5)
            ],
        )
        settling.settle(project=self.project, now=NOON)
        assert Task.objects.get(item=item).state == "resolved"

    def _flag(self) -> Flag:
        return a_flag(self.project, self.worker)

    def _skill(self, name: str) -> Skill:
        return Skill.objects.create(
            tenant=self.tenant, name=f"care-{name}", source="by_hand", created_at=NOON
        )

    def _push(self) -> Push:
        return Push.objects.create(
            project=self.project,
            trigger="manual",
            up_to_seq=0,
            sha256="",
            n_labels=0,
            rule={},
            state="done",
            created_at=NOON,
        )

    def _webhook(self):
        endpoint = Endpoint.objects.create(
            tenant=self.tenant,
            url="https://client.example/hook",
            events=["ping"],
            secret="whsec_c2VjcmV0c2VjcmV0c2VjcmV0c2VjcmV0",
            created_at=NOON,
        )
        delivery = Delivery.objects.create(
            endpoint=endpoint, type="ping", body="{}", due_at=NOON, created_at=NOON
        )
        return {"webhook": endpoint.uid, "delivery": delivery.uid}


MISSING = {
    "slug": "nothing",
    "item": "nothing",
    "gold": "nothing",
    "pseudonym": "w_00",
    "skill": "nothing",
}


def body_for(method: str, path: str, role: str, world: World):
    item = world.ids["item"]
    prediction = {"external_id": item, "model_version": "m", "field": "kind", "value": "owl"}
    recorded = {"external_id": item, "worker": "zoe", "answer": {"kind": "owl"}}
    pseudonym = world.ids["pseudonym"]
    bodies = {
        "/workers/{pseudonym}/": {"attributes": {"country": "CH"}},
        "/lists/{list}/add/": {"workers": [pseudonym]},
        "/lists/{list}/remove/": {"workers": [pseudonym]},
        "/skills/": {"name": "new", "source": "by_hand"},
        "/skills/{skill}/values/": {"values": [{"worker": pseudonym, "value": 0.5}]},
        "/projects/{slug}/guidelines/confirm/": {"version": 1},
        "/projects/{slug}/reviews/": {
            "reviews": [
                {
                    "external_id": world.settled,
                    "worker": pseudonym,
                    "accepted": True,
                }
            ]
        },
        "/tenants/": {"slug": "acme", "manager": "ann"},
        "/workers/": {"username": "new"},
        "/keys/": {"role": "operator" if role == "operator" else "client"},
        "/projects/": {
            "slug": "new",
            "name": "New",
            "form": [{"key": "k", "type": "choice", "labels": ["a", "b"]}],
        },
        "/projects/{slug}/items/": [{"external_id": "new", "payload": {}}],
        "/projects/{slug}/answers/": [recorded],
        "/projects/{slug}/predictions/": [prediction],
        "/projects/{slug}/gold/promote/": {"external_ids": [item]},
        "/assignments/{assignment}/submit/": {"answer": {"kind": "owl"}},
        "/webhooks/": {"url": "https://client.example/hook", "events": ["ping"]},
    }
    return bodies.get(path, {}) if method in {"POST", "PATCH"} else None


@pytest.mark.django_db
@pytest.mark.parametrize(
    ("method", "path", "cells"),
    list(rows()),
    ids=lambda value: value if isinstance(value, str) else "",
)
def test_each_role_gets_what_the_table_says(method, path, cells, monkeypatch):
    monkeypatch.setattr("marketplace.webhooks.endpoints.check_url", lambda url: None, raising=False)
    own, foreign = World("own"), World("foreign")
    own.keys["operator"] = a_key(a_user(None, "operator"))
    missing = {name: MISSING.get(name, uuid.uuid4()) for name in own.ids}
    found = {}
    for role, cell in cells.items():
        statuses = cell.split("/")
        places = [own.ids, foreign.ids, missing][: len(statuses)]
        found[role] = "/".join(str(_status(own, role, method, path, ids)) for ids in places)

    assert found == cells


def _status(own: World, role: str, method: str, path: str, ids) -> int:
    """The answer to one call, whose deeds are undone."""
    undone = transaction.atomic()
    # Like the block around the test itself, it does not count as one of the deed's own.
    undone._from_testcase = True
    with undone:
        reply = Caller(own.keys.get(role)).send(
            method, path.format(**ids), body_for(method, path, role, own)
        )
        transaction.set_rollback(True)
    return reply.status


def endpoints(patterns=None, prefix=""):
    for pattern in patterns or get_resolver().url_patterns:
        route = prefix + str(pattern.pattern)
        if isinstance(pattern, URLPattern):
            view = getattr(pattern.callback, "view_class", None) or getattr(
                pattern.callback, "cls", None
            )
            for method in METHODS & set(vars(view) if view else {"get"}) | (
                {m for m in METHODS if view and hasattr(view, m)} if view else set()
            ):
                yield method.upper(), route
        else:
            yield from endpoints(pattern.url_patterns, route)


def test_no_endpoint_is_missing_from_the_table():
    shape = re.compile(r"[<{][^>}]*[>}]")
    served = {
        (method, "/" + shape.sub("{}", route).removeprefix("api/v1/"))
        for method, route in endpoints()
        if route.startswith("api/v1/")
    }
    told = {(method, shape.sub("{}", path)) for method, path, _ in rows()}

    assert told == served
