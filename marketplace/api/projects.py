"""Projects: draw up, read, change, open and close; their guidelines."""

from typing import Any

from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.api import money, paging, schemas
from marketplace.api.door import CLIENT, MANAGER, WORKER, Door, operation
from marketplace.api.rendering import MARKDOWN, reply
from marketplace.flows import projects as journeys
from quality.grounds import gates
from quality.models import Gate
from tasks_app import claims, progress, projects
from tasks_app.errors import Missing
from tasks_app.models import GuidelineVersion, Project

PROJECT = schemas.ref("Project")
# Clients read who may see a project; whether it asks for more stands beside it.
_ACCESS: dict[str, str] = {Project.Access.QUALIFIED: "open"}
_TERMS: dict[str, dict[str, Any]] = {
    "exam": {"paid": False, "retry_days": None},
    "training": {"retry_days": None},
}


class ProjectsDoor(Door):
    """The tenant's projects."""

    tag = "projects"

    @operation(
        "list_projects",
        roles=[MANAGER, CLIENT],
        scope="projects",
        params=paging.PARAMETERS,
        replies={200: paging.schema(PROJECT)},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The tenant's projects."""
        return paging.page(
            self.projects(), params=self.params, as_ndjson=self.as_ndjson, render=shown
        )

    @operation(
        "create_project",
        roles=[MANAGER],
        scope="projects",
        body=schemas.PROJECT_IN,
        replies={201: PROJECT},
        conflicts=True,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Draw up a project; it starts in draft."""
        wanted = _taken(self.body())
        wanted.setdefault("split", {"by": "none"})
        guidelines = wanted.pop("guidelines", "")
        asked = _asked(wanted)
        project = journeys.draft(tenant=self.tenant, guidelines=guidelines, asked=asked, **wanted)
        return reply(shown([project])[0], 201)


class ProjectDoor(Door):
    """One project."""

    tag = "projects"

    @operation("get_project", roles=[MANAGER, CLIENT], scope="projects", replies={200: PROJECT})
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """A project, its state and its progress."""
        return reply(shown([self.project(slug)])[0])

    @operation(
        "change_project",
        roles=[MANAGER],
        scope="projects",
        body=schemas.PROJECT_CHANGE,
        replies={200: PROJECT},
        conflicts=True,
    )
    def patch(self, request: Request, slug: str) -> HttpResponseBase:
        """Change a project; form, split and item schema only before its first item."""
        project = self.project(slug)
        wanted = _taken(self.body())
        guidelines = wanted.pop("guidelines", None)
        project = journeys.change(
            project=project,
            guidelines=guidelines,
            changes_answers=wanted.pop("guidelines_change_answers", False),
            asked=_asked(wanted),
            **wanted,
        )
        return reply(shown([project])[0])


class _MoveDoor(Door):
    tag = "projects"
    deed: str

    def move(self, slug: str) -> HttpResponseBase:
        project = journeys.move(project=self.project(slug), deed=self.deed)
        return reply(shown([project])[0])


class OpenDoor(_MoveDoor):
    """Open a project."""

    deed = "open"

    @operation(
        "open_project", roles=[MANAGER], scope="projects", replies={200: PROJECT}, conflicts=True
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Hand out work from now on."""
        return self.move(slug)


class PauseDoor(_MoveDoor):
    """Pause a project."""

    deed = "pause"

    @operation(
        "pause_project", roles=[MANAGER], scope="projects", replies={200: PROJECT}, conflicts=True
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Hand out no work for now; live leases are honoured."""
        return self.move(slug)


class CloseDoor(_MoveDoor):
    """Close a project."""

    deed = "close"

    @operation(
        "close_project", roles=[MANAGER], scope="projects", replies={200: PROJECT}, conflicts=True
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Take nothing in any more; live leases are honoured."""
        return self.move(slug)


class GuidelinesDoor(Door):
    """The guidelines of a project."""

    tag = "projects"

    @operation(
        "get_guidelines",
        roles=[WORKER, MANAGER, CLIENT],
        params={"version": {"type": "integer", "minimum": 1, "maximum": 2_147_483_647}},
        replies={200: schemas.TEXT},
        markdown=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The guidelines in force, or those of a version."""
        text = projects.guidelines_of(self.project(slug), self.params.get("version"))
        if text is None:
            raise Missing
        return HttpResponse(text, content_type=f"{MARKDOWN}; charset=utf-8")


class ConfirmGuidelinesDoor(Door):
    """A worker has read the guidelines."""

    tag = "work"

    @operation(
        "confirm_guidelines",
        roles=[WORKER],
        scope="work",
        body=schemas.CONFIRM_IN,
        replies={200: schemas.ref("Confirmed")},
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Confirm that you have read a version; the reasons why you may still not claim."""
        project, version = self.project(slug), self.body()["version"]
        journeys.confirm_guidelines(project=project, worker=self.caller, version=version)
        found = claims.reasons(project=project, worker_id=self.caller.pk, now=timezone.now())
        reasons = [{"code": reason.code, "detail": reason.detail} for reason in found]
        return reply({"version": version, "reasons": reasons})


def shown(found: list[Project]) -> list[dict[str, Any]]:
    """Projects as clients read them, with their progress."""
    ids = [project.pk for project in found]
    texts = {
        (row.project_id, row.version): row.text
        for row in GuidelineVersion.objects.filter(project__in=ids)
    }
    counts, asked = progress.counts(ids), gates.of(found)
    return [
        _shown(
            project,
            texts[project.pk, project.guideline_version],
            counts[project.pk],
            asked[project.pk],
        )
        for project in found
    ]


def _shown(
    project: Project, guidelines: str, counts: progress.Counts, gate: Gate
) -> dict[str, Any]:
    budget = (
        None
        if project.budget_micros is None
        else money.shown(project.budget_micros, project.budget_currency)
    )
    return {
        "slug": project.slug,
        "name": project.name,
        "state": project.state,
        "guidelines": guidelines,
        "guideline_version": project.guideline_version,
        "access": _ACCESS.get(project.access, project.access),
        "item_schema": project.item_schema,
        "form": project.form,
        "split": project.split,
        "redundancy": {
            "min": project.min_answers,
            "max": project.max_answers,
            "target_confidence": project.target_confidence,
        },
        "reliability_floor": project.reliability_floor,
        "gold_rate": project.gold_rate,
        "gold_feedback": project.gold_feedback,
        "show_predictions": project.show_predictions,
        "route": project.route,
        "lease_s": project.lease_s,
        "claim_limit": project.claim_limit,
        "priority": project.priority,
        "reward": money.shown(project.reward_micros, project.reward_currency),
        "budget": budget,
        "retraining": project.retraining,
        **{part: getattr(gate, part) for part in gates.PARTS},
        "progress": _progress(counts),
        "created_at": project.created_at,
    }


def _progress(counts: progress.Counts) -> dict[str, int]:
    return {
        "items": counts.items,
        "tasks": counts.tasks,
        "resolved": counts.resolved,
        "unresolvable": counts.unresolvable,
        "answers": counts.answers,
    }


def _asked(wanted: dict[str, Any]) -> dict[str, Any]:
    """What is asked of workers, taken out of what was sent; terms with what they leave out."""
    asked = {part: wanted.pop(part) for part in gates.PARTS if part in wanted}
    for part, defaults in _TERMS.items():
        if asked.get(part) is not None:
            asked[part] = defaults | asked[part]
    return asked


def _taken(body: dict[str, Any]) -> dict[str, Any]:
    """A checked body in the words of the model."""
    taken = {name: value for name, value in body.items() if name not in _RENAMED}
    for name, rename in _RENAMED.items():
        if name in body:
            taken.update(rename(body[name]))
    return taken


def _redundancy(value: dict[str, Any]) -> dict[str, Any]:
    names = {"min": "min_answers", "max": "max_answers", "target_confidence": "target_confidence"}
    return {names[name]: given for name, given in value.items()}


def _reward(value: dict[str, str]) -> dict[str, Any]:
    return {"reward_micros": money.micros(value), "reward_currency": value["currency"]}


def _budget(value: dict[str, str] | None) -> dict[str, Any]:
    if value is None:
        return {"budget_micros": None}
    return {"budget_micros": money.micros(value), "budget_currency": value["currency"]}


_RENAMED = {"redundancy": _redundancy, "reward": _reward, "budget": _budget}
