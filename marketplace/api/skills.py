"""Skills: named numbers about workers, which projects can ask for."""

import contextlib
from typing import Any
from uuid import UUID

from django.db.models import Exists, OuterRef, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.accounts import people
from marketplace.accounts.models import Tenant, TenantWorker, User
from marketplace.api import paging, parsing, schemas
from marketplace.api.door import MANAGER, OPERATOR, REVIEWER, WORKER, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import knowing
from quality import mirror
from quality.models import Skill, SkillValue
from tasks_app.errors import Fault, Invalid, Missing, invalid
from tasks_app.models import Answer, Project

SKILL, VALUE = schemas.ref("Skill"), schemas.ref("SkillValue")
NEEDS_PROJECT = {Skill.Source.TRAINING, Skill.Source.EXAM}
HAS_WINDOW = {
    Skill.Source.GOLD,
    Skill.Source.CONSENSUS,
    Skill.Source.REVIEW,
    Skill.Source.SPEED,
}


class _SkillsDoor(Door):
    tag = "skills"

    @property
    def owner(self) -> Tenant | None:
        """Whose skills the caller makes; an operator makes the deployment's."""
        return None if self.caller.role == OPERATOR else self.tenant

    def skills(self) -> QuerySet[Skill]:
        """The skills that the caller's projects may ask for."""
        if self.owner is None:
            return Skill.objects.filter(tenant=None)
        return Skill.objects.filter(Q(tenant=self.owner) | Q(tenant=None))

    def skill(self, name: str, *, own: bool = False) -> Skill:
        """A skill of this name, of the caller's own where there are two. Raises Missing."""
        found = self.skills().filter(name=name).select_related("project")
        if own:
            found = found.filter(tenant=self.owner)
        skill = found.order_by("tenant_id").first()
        if skill is None:
            raise Missing
        return skill


class SkillsDoor(_SkillsDoor):
    """The skills there are."""

    @operation(
        "list_skills",
        roles=[MANAGER, REVIEWER, OPERATOR],
        scope="workers",
        params=paging.PARAMETERS,
        replies={200: paging.schema(SKILL)},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """The tenant's skills and the deployment's."""
        return paging.page(
            self.skills().select_related("project"),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: [_shown(skill) for skill in found],
        )

    @operation(
        "create_skill",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        body=schemas.SKILL_IN,
        replies={201: SKILL},
        conflicts=True,
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Define a skill; its values are computed, or set by hand."""
        body = self.body()
        project = self._project(body)
        source = body["source"]
        if source in NEEDS_PROJECT and project is None:
            raise invalid("/project", "required", f"a skill from {source} is of one project")
        if body.get("window") is not None and source not in HAS_WINDOW:
            raise invalid("/window", "no_window", f"a skill from {source} has no window")
        skill = knowing.make_skill(
            tenant=self.owner,
            project=project,
            name=body["name"],
            source=source,
            window=body.get("window"),
            ttl_days=body.get("ttl_days"),
        )
        return reply(_shown(skill), 201)

    def _project(self, body: dict[str, Any]) -> Project | None:
        if body.get("project") is None:
            return None
        if self.owner is None:
            raise invalid("/project", "not_yours", "a skill of the deployment is of all projects")
        project = self.projects().filter(slug=body["project"]).first()
        if project is None:
            raise invalid("/project", "unknown_project", "the tenant has no such project")
        return project


class SkillDoor(_SkillsDoor):
    """One skill."""

    @operation(
        "delete_skill",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        replies={204: None},
        conflicts=True,
    )
    def delete(self, request: Request, name: str) -> HttpResponseBase:
        """Forget a skill and its values; 409 while a project asks for it."""
        knowing.remove_skill(skill=self.skill(name, own=True))
        return HttpResponse(status=204)


class SkillValuesDoor(_SkillsDoor):
    """The values of a skill."""

    @operation(
        "list_skill_values",
        roles=[MANAGER, REVIEWER],
        scope="workers",
        params=paging.PARAMETERS,
        replies={200: paging.schema(VALUE)},
        streams=True,
    )
    def get(self, request: Request, name: str) -> HttpResponseBase:
        """The values of workers that the tenant knows."""
        known = TenantWorker.objects.filter(tenant=self.tenant).values("worker")
        rows = SkillValue.objects.filter(skill=self.skill(name), worker__in=known)
        return paging.page(
            rows.select_related("skill__project"),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=self._values,
        )

    @operation(
        "set_skill_values",
        roles=[MANAGER, OPERATOR],
        scope="workers",
        body=schemas.SKILL_VALUES_IN,
        replies={200: schemas.ref("Kept")},
        conflicts=True,
    )
    def post(self, request: Request, name: str) -> HttpResponseBase:
        """Set workers' values of a skill `by_hand`: all of them or, if one is bad, none.

        An operator names workers by their ids, a tenant by its pseudonyms.
        """
        body = self.body()
        skill = self.skill(name, own=True)
        names = [row["worker"] for row in body["values"]]
        if self.owner is None:
            ids = _workers_of_ids(names)
        else:
            ids = workers_named(self.owner, names, "/values")
        values = {ids[row["worker"]]: float(row["value"]) for row in body["values"]}
        ends = parsing.future(body, "expires_at")
        knowing.set_skill(skill=skill, values=values, expires_at=ends)
        return reply({"n": len(values)})

    def _values(self, found: list[SkillValue]) -> list[dict[str, Any]]:
        names = people.known(
            tenant=self.tenant, worker_ids=[row.worker_id for row in found], now=timezone.now()
        )
        return [{"worker": names[row.worker_id]} | mirror.of_value(row) for row in found]


class MySkillsDoor(Door):
    """What is known of a worker, as they may read it."""

    tag = "work"

    @operation(
        "list_my_skills",
        roles=[WORKER],
        scope="work",
        replies={200: schemas.ref("Mirror")},
    )
    def get(self, request: Request) -> HttpResponseBase:
        """My skills, and my figures on each project; those from gold move in steps of 20."""
        answered = Answer.objects.filter(project=OuterRef("pk"), worker=self.caller)
        projects = self.projects().filter(Exists(answered))
        return reply(
            mirror.of_worker(
                worker_id=self.caller.pk,
                projects=list(projects.order_by("slug")),
                tenant_id=self.key.tenant_id,
                now=timezone.now(),
            )
        )


def workers_named(tenant: Tenant, pseudonyms: list[str], pointer: str) -> dict[str, int]:
    """The tenant's workers of these pseudonyms. Raises Invalid naming each that is unknown."""
    known = dict(
        TenantWorker.objects.filter(tenant=tenant, pseudonym__in=pseudonyms).values_list(
            "pseudonym", "worker_id"
        )
    )
    return _all_known(known, pseudonyms, pointer)


def _workers_of_ids(names: list[str]) -> dict[str, int]:
    workers = User.objects.filter(role=User.Role.WORKER)
    known = {
        str(uid): pk for uid, pk in workers.filter(uid__in=_uuids(names)).values_list("uid", "pk")
    }
    return _all_known(known, names, "/values")


def _uuids(names: list[str]) -> list[UUID]:
    found = []
    for name in names:
        with contextlib.suppress(ValueError):
            found.append(UUID(name))
    return found


def _all_known(known: dict[str, int], names: list[str], pointer: str) -> dict[str, int]:
    faults = [
        Fault(f"{pointer}/{i}", "unknown_worker", f"there is no worker {name!r} here")
        for i, name in enumerate(names)
        if name not in known
    ]
    if faults:
        raise Invalid(faults)
    return known


def _shown(skill: Skill) -> dict[str, Any]:
    return {
        "name": skill.name,
        "source": skill.source,
        "scope": _scope(skill),
        "project": skill.project.slug if skill.project else None,
        "window": skill.window,
        "ttl_days": skill.ttl_days,
        "created_at": skill.created_at,
    }


def _scope(skill: Skill) -> str:
    if skill.project_id is not None:
        return "project"
    return "deployment" if skill.tenant_id is None else "tenant"
