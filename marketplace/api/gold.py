"""Gold: how it does, and what a manager does about it."""

from typing import Any

from django.db.models import QuerySet
from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.accounts import people
from marketplace.api import paging, schemas
from marketplace.api.door import MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import gold as journeys
from quality.gold import forecast, health, leaks, promotion, results
from tasks_app.errors import Missing
from tasks_app.models import Project, Task

GOLD, CANDIDATE = schemas.ref("Gold"), schemas.ref("GoldCandidate")
MOST_WORKERS = 1000


class GoldDoor(Door):
    """The gold of a project."""

    tag = "quality"

    @operation(
        "list_gold",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        params=paging.PARAMETERS,
        replies={200: paging.schema(GOLD)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The gold of a project: how often it is answered right, also by good workers."""
        project = self.project(slug)
        return paging.page(
            _gold(project),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: shown(project, found),
        )


class GoldSummaryDoor(Door):
    """The gold of a project as a whole."""

    tag = "quality"

    @operation(
        "get_gold_summary",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        replies={200: schemas.ref("GoldSummary")},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """For how long gold lasts each worker, and whether its answers seem to be known."""
        project, now = self.project(slug), timezone.now()
        n_live, n_retired = forecast.counts(project)
        supplies = forecast.of_workers(project=project, n_live=n_live, now=now)[:MOST_WORKERS]
        suspects = leaks.of_workers(project)
        worker_ids = [one.worker_id for one in supplies] + [worker_id for worker_id, _ in suspects]
        known = people.known(tenant=self.tenant, worker_ids=worker_ids, now=now)
        return reply(
            {
                "n_live": n_live,
                "n_retired": n_retired,
                "workers": [_supply(known[one.worker_id], one) for one in supplies],
                "leaks": {
                    "project": leaks.of_project(project),
                    "workers": [
                        {"worker": known[worker_id]} | figures for worker_id, figures in suspects
                    ],
                },
            }
        )


class CandidatesDoor(Door):
    """What may become gold."""

    tag = "quality"

    @operation(
        "list_gold_candidates",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        params=paging.PARAMETERS,
        replies={200: paging.schema(CANDIDATE)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Consensus so sure that it may serve as gold."""
        project = self.project(slug)
        return paging.page(
            promotion.candidates(project),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: [_candidate(one) for one in promotion.offered(project, found)],
        )


class PromoteDoor(Door):
    """Make gold of consensus."""

    tag = "quality"

    @operation(
        "promote_to_gold",
        roles=[MANAGER],
        scope="quality",
        body=schemas.PROMOTE_IN,
        replies={200: schemas.record({"results": {"type": "array", "items": GOLD}})},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Make gold of candidates, all of these or none; what was told of them stays told."""
        external_ids = self.body()["external_ids"]
        project = self.project(slug)
        task_ids = journeys.promote(project=project, external_ids=external_ids)
        found = list(_gold(project).filter(pk__in=task_ids).order_by("pk"))
        return reply({"results": shown(project, found)})


class _DecisionDoor(Door):
    tag = "quality"

    def decided(self, project: Project, task: Task) -> HttpResponseBase:
        """The gold as it is now."""
        return reply(shown(project, [_gold(project).get(pk=task.pk)])[0])


class RetireDoor(_DecisionDoor):
    """Take gold out of use."""

    @operation(
        "retire_gold",
        roles=[MANAGER],
        scope="quality",
        body=schemas.REASON_IN,
        replies={200: GOLD},
        conflicts=True,
    )
    def post(self, request: Request, slug: str, external_id: str) -> HttpResponseBase:
        """Serve it to nobody any more; answers to it count no more."""
        project = self.project(slug)
        task = _found(project, external_id)
        journeys.retire(project=project, task=task, note=self.body().get("reason", ""))
        return self.decided(project, task)


class RestoreDoor(_DecisionDoor):
    """Put gold back."""

    @operation(
        "restore_gold", roles=[MANAGER], scope="quality", replies={200: GOLD}, conflicts=True
    )
    def post(self, request: Request, slug: str, external_id: str) -> HttpResponseBase:
        """Serve it again; answers to it count again."""
        project = self.project(slug)
        task = _found(project, external_id)
        journeys.restore(project=project, task=task)
        return self.decided(project, task)


def shown(project: Project, found: list[Task]) -> list[dict[str, Any]]:
    """Gold as managers and reviewers read it."""
    figures = health.of_tasks(project, [task.pk for task in found])
    return [_shown(task, figures.get(task.pk, health.Health())) for task in found]


def _shown(task: Task, figures: health.Health) -> dict[str, Any]:
    is_retired = task.state == Task.State.RETIRED
    return {
        "external_id": task.item.external_id,
        "task": task.uid,
        "state": "retired" if is_retired else "live",
        "n": figures.n,
        "score": _share(figures.n, figures.total),
        "n_good": figures.n_good,
        "score_good": _share(figures.n_good, figures.total_good),
        "retired": {
            "because": task.retirement.because,
            "note": task.retirement.note,
            "at": task.retirement.at,
        }
        if is_retired
        else None,
        "created_at": task.item.created_at,
    }


def _candidate(one: promotion.Candidate) -> dict[str, Any]:
    return {
        "external_id": one.task.item.external_id,
        "task": one.task.uid,
        "gold": one.gold,
        "n_answers": one.task.n_answers,
        "confidence": one.confidence,
    }


def _supply(worker: str, supply: forecast.Supply) -> dict[str, Any]:
    days_left = supply.days_left
    return {
        "worker": worker,
        "n_seen": supply.n_seen,
        "n_left": supply.n_left,
        "per_day": round(supply.per_day, 2),
        "days_left": None if days_left is None else round(days_left, 1),
    }


def _share(n: int, n_right: float) -> dict[str, Any] | None:
    if not n:
        return None
    told = results.share(n, n_right)
    return {"value": told["value"], "interval": told["interval"]}


def _gold(project: Project) -> QuerySet[Task]:
    gold = Task.objects.filter(project=project, is_gold=True)
    return gold.exclude(state=Task.State.WITHDRAWN).select_related("item", "retirement")


def _found(project: Project, external_id: str) -> Task:
    found = _gold(project).filter(item__project=project, item__external_id=external_id).first()
    if found is None:
        raise Missing
    return found
