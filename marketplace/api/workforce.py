"""What a tenant keeps about its workers: attributes, lists, and reviews of their answers."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.accounts.models import TenantWorker
from marketplace.api import paging, schemas
from marketplace.api.door import MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply
from marketplace.api.skills import workers_named
from marketplace.flows import knowing
from quality import mirror
from tasks_app.errors import Missing

WORKER_KEPT = schemas.ref("KnownWorker")


class _WorkforceDoor(Door):
    tag = "people"

    def workers(self) -> QuerySet[TenantWorker]:
        """The workers that the tenant knows."""
        return TenantWorker.objects.filter(tenant=self.tenant).select_related("worker")

    def shown(self, found: list[TenantWorker]) -> list[dict[str, Any]]:
        """Workers with what is kept of them."""
        skills = mirror.skills(
            worker_ids=[row.worker_id for row in found],
            tenant_id=self.tenant.pk,
            now=timezone.now(),
        )
        return [
            {"worker": row.pseudonym}
            | ({"name": row.worker.username} if row.worker.tenant_id == self.tenant.pk else {})
            | {
                "invited": row.invited,
                "recorded": row.worker.recorded,
                "attributes": row.attributes,
                "lists": sorted(row.lists),
                "skills": skills.get(row.worker_id, []),
            }
            for row in found
        ]


class KnownWorkerDoor(_WorkforceDoor):
    """One worker, as the tenant knows them."""

    @operation(
        "get_worker",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        replies={200: WORKER_KEPT},
    )
    def get(self, request: Request, pseudonym: str) -> HttpResponseBase:
        """A worker's attributes, lists and skills."""
        return reply(self.shown([self._one(pseudonym)])[0])

    @operation(
        "change_worker",
        roles=[MANAGER],
        scope="workers",
        body=schemas.ATTRIBUTES_IN,
        replies={200: WORKER_KEPT},
    )
    def patch(self, request: Request, pseudonym: str) -> HttpResponseBase:
        """Change some attributes; null takes one away. Requirements are judged anew at once."""
        row = self._one(pseudonym)
        attributes = self.body()["attributes"]
        knowing.keep_attributes(tenant=self.tenant, worker_id=row.worker_id, attributes=attributes)
        return reply(self.shown([self._one(pseudonym)])[0])

    def _one(self, pseudonym: str) -> TenantWorker:
        row = self.workers().filter(pseudonym=pseudonym).first()
        if row is None:
            raise Missing
        return row


class ListDoor(_WorkforceDoor):
    """A list of workers, to allow or to deny by."""

    @operation(
        "get_list",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        params=paging.PARAMETERS,
        replies={200: paging.schema(WORKER_KEPT)},
        streams=True,
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """The workers on a list; none where there is no such list."""
        return paging.page(
            self.workers().filter(lists__contains=[name]),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=self.shown,
        )


class ListAddDoor(_WorkforceDoor):
    """Put workers on a list."""

    @operation(
        "add_to_list",
        roles=[MANAGER],
        scope="workers",
        body=schemas.LISTED_IN,
        replies={200: schemas.ref("Kept")},
    )
    def post(self, request: Request, name: str) -> HttpResponseBase:
        """Put workers on a list, which begins with its first; repeated, nothing changes."""
        ids = workers_named(self.tenant, self.body()["workers"], "/workers")
        knowing.put_on_list(tenant=self.tenant, name=name, worker_ids=list(ids.values()))
        return reply({"n": len(ids)})


class ListRemoveDoor(_WorkforceDoor):
    """Take workers off a list."""

    @operation(
        "remove_from_list",
        roles=[MANAGER],
        scope="workers",
        body=schemas.LISTED_IN,
        replies={200: schemas.ref("Kept")},
    )
    def post(self, request: Request, name: str) -> HttpResponseBase:
        """Take workers off a list; repeated, nothing changes."""
        ids = workers_named(self.tenant, self.body()["workers"], "/workers")
        knowing.take_off_list(tenant=self.tenant, name=name, worker_ids=list(ids.values()))
        return reply({"n": len(ids)})


class ReviewsDoor(Door):
    """Reviewers' words on answers."""

    tag = "quality"

    @operation(
        "review_answers",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        body=schemas.REVIEWS_IN,
        replies={200: schemas.ref("Kept")},
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Accept or reject answers: all or, if one is unknown, none. The last word counts."""
        project = self.project(slug)
        body = self.body()["reviews"]
        ids = workers_named(self.tenant, [row["worker"] for row in body], "/reviews")
        rows = [
            {
                "external_id": row["external_id"],
                "part": row.get("part"),
                "worker_id": ids[row["worker"]],
                "accepted": row["accepted"],
                "note": row.get("note", ""),
            }
            for row in body
        ]
        knowing.review(project=project, by=self.caller, rows=rows)
        return reply({"n": len(rows)})
