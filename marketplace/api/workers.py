"""What managers see of the workers of a project: figures with intervals, history, pairs."""

from collections.abc import Sequence
from typing import Any

from django.db.models import Exists, OuterRef, QuerySet
from django.http import HttpResponseBase, StreamingHttpResponse
from django.utils import timezone
from rest_framework.request import Request

from marketplace.accounts import people
from marketplace.accounts.models import Tenant, User
from marketplace.api import paging, schemas, worker_table
from marketplace.api.door import MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import CSV, reply
from quality import pairs, reliability
from quality.models import Flag, Standing
from tasks_app.errors import Missing, invalid
from tasks_app.models import Answer, Project

WORKER_ROW = schemas.ref("Worker")
MOST_PAIRED = 200
# What the last study found, as rows tell it.
_STUDIED = ("agreement", "speed", "scores", "fields")
Row = dict[str, Any]


class ProjectWorkersDoor(Door):
    """Who answered."""

    tag = "quality"

    @operation(
        "list_project_workers",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        params=paging.PARAMETERS,
        replies={200: paging.schema(WORKER_ROW)},
        streams=True,
        tabular=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The workers who answered, and what is known of them; as CSV all of them."""
        project = self.project(slug)

        def render(found: list[User]) -> list[Row]:
            return shown_workers(self.tenant, project, found)

        if self.as_csv:
            rows = paging.all_of(_workers(project), render)
            return StreamingHttpResponse(
                worker_table.lines(rows), content_type=f"{CSV}; charset=utf-8"
            )
        return paging.page(
            _workers(project), params=self.params, as_ndjson=self.as_ndjson, render=render
        )


class ProjectWorkerDoor(Door):
    """One worker on one project."""

    tag = "quality"

    @operation(
        "get_project_worker",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        replies={200: WORKER_ROW},
    )
    def get(self, request: Request, slug: str, pseudonym: str) -> HttpResponseBase:
        """A worker's figures, history, confusion, drift and the evidence of flags."""
        project = self.project(slug)
        worker = (
            _workers(project)
            .filter(known_to__tenant=self.tenant, known_to__pseudonym=pseudonym)
            .first()
        )
        if worker is None:
            raise Missing
        flags = list(Flag.objects.filter(project=project, worker=worker).order_by("pk"))
        evidence = people.disguised(
            tenant=self.tenant, documents=[flag.evidence for flag in flags], now=timezone.now()
        )
        standing = Standing.objects.filter(project=project, worker=worker).first()
        return reply(
            shown_workers(self.tenant, project, [worker])[0]
            | {
                "history": reliability.history(project, worker.pk),
                "confusion": reliability.confusion(project, worker.pk),
                "series": standing.figures.get("series", []) if standing else [],
                "studied_at": standing.studied_at if standing else None,
                "evidence": [
                    told | {"flag": flag.uid} for flag, told in zip(flags, evidence, strict=True)
                ],
            }
        )


class WorkerPairsDoor(Door):
    """How far each pair of workers agrees."""

    tag = "quality"

    @operation(
        "get_worker_pairs",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        params={
            "field": {"type": "string", "description": "by default the first that has labels"},
            "limit": {
                "type": "integer",
                "minimum": 1,
                "maximum": MOST_PAIRED,
                "default": 50,
                "description": "so many workers, those with most answers",
            },
        },
        replies={200: schemas.ref("AgreementOfPairs")},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Shared tasks, share of equal answers and Cohen's kappa of each pair."""
        project = self.project(slug)
        field = self.params.get("field")
        if field is not None and field not in {one["key"] for one in project.form}:
            raise invalid("?field", "unknown_field", "the form has no such field")
        found = pairs.of_project(project, field=field, limit=self.params.get("limit", 50))
        known = people.known(tenant=self.tenant, worker_ids=found.worker_ids, now=timezone.now())
        return reply(
            {
                "field": found.field,
                "workers": [known[worker_id] for worker_id in found.worker_ids],
                "n_shared": found.found.n_shared.tolist(),
                "agreement": _rounded(found.share),
                "kappa": _rounded(found.found.kappa),
            }
        )


def shown_workers(tenant: Tenant, project: Project, found: Sequence[User]) -> list[Row]:
    """Workers as the tenant knows them."""
    ids = [user.pk for user in found]
    known = people.known(tenant=tenant, worker_ids=ids, now=timezone.now())
    figures = reliability.figures(project, ids)
    standings = list(Standing.objects.filter(project=project, worker__in=ids))
    told = people.disguised(
        tenant=tenant, documents=[row.figures for row in standings], now=timezone.now()
    )
    studied = dict(zip((row.worker_id for row in standings), told, strict=True))
    rows = []
    for user in found:
        figure = figures[user.pk]
        confirmed = [flag for flag in figure.flags if flag.restricts]
        restricted = {"until": None, "reason": confirmed[-1].reason} if confirmed else None
        name = {"name": user.username} if user.tenant_id == tenant.pk else {}
        own = studied.get(user.pk, {})
        rows.append(
            {"worker": known[user.pk]}
            | name
            | {
                "recorded": user.recorded,
                "n_answers": figure.n_answers,
                "accuracy": figure.accuracy,
                "gold": figure.gold,
                "median_s": figure.median_s,
                "median_s_interval": figure.median_s_interval,
                **{name: own.get(name) for name in _STUDIED},
                "flags": [flag.uid for flag in figure.flags],
                "restricted": restricted,
            }
        )
    return rows


def _workers(project: Project) -> QuerySet[User]:
    answered = Answer.objects.filter(project=project, worker=OuterRef("pk"))
    return User.objects.filter(Exists(answered))


def _rounded(matrix: Any) -> list[list[float | None]]:
    return [
        [None if value != value else round(value, 4) for value in row] for row in matrix.tolist()
    ]
