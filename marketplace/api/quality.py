"""What managers watch: agreement, workers, flags, tasks."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.accounts import people
from marketplace.accounts.models import Tenant
from marketplace.api import paging, schemas
from marketplace.api.door import CLIENT, MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import deciding
from quality import agreement
from quality.models import Flag
from tasks_app import progress
from tasks_app.errors import Missing
from tasks_app.models import Task

FLAG, TASK = schemas.ref("Flag"), schemas.ref("Task")


class AgreementDoor(Door):
    """How far workers agree."""

    tag = "quality"

    @operation(
        "get_agreement",
        roles=[MANAGER, REVIEWER, CLIENT],
        scope="quality",
        replies={200: schemas.ref("Agreement")},
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """Chance-corrected agreement of every field, with its interval."""
        return reply({"fields": agreement.agreement(self.project(slug))})


class FlagsDoor(Door):
    """Suspicions about workers."""

    tag = "quality"

    @operation(
        "list_flags",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        params=paging.PARAMETERS | {"state": {"type": "string", "enum": list(Flag.State.values)}},
        replies={200: paging.schema(FLAG)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The flags of a project, with their frozen evidence."""
        rows = Flag.objects.filter(project=self.project(slug))
        if "state" in self.params:
            rows = rows.filter(state=self.params["state"])
        return paging.page(
            rows.select_related("project", "decided_by"),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: shown_flags(self.tenant, found),
        )


class _DecisionDoor(Door):
    tag = "quality"

    def flag(self, id: UUID) -> Flag:
        flag = (
            Flag.objects.filter(project__tenant_id=self.tenant.pk, uid=id)
            .select_related("project", "decided_by")
            .first()
        )
        if flag is None:
            raise Missing
        return flag


class ConfirmDoor(_DecisionDoor):
    """A suspicion is right."""

    @operation(
        "confirm_flag",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        body=schemas.NOTE_IN,
        replies={200: FLAG},
        conflicts=True,
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Restrict the worker on the project and set the answers aside; not so for speed."""
        note = self.body().get("note", "")
        flag = deciding.confirm(flag=self.flag(id), by=self.caller, note=note)
        return reply(shown_flags(self.tenant, [flag])[0])


class DismissDoor(_DecisionDoor):
    """A suspicion is wrong."""

    @operation(
        "dismiss_flag",
        roles=[MANAGER, REVIEWER],
        scope="quality",
        body=schemas.NOTE_IN,
        replies={200: FLAG},
        conflicts=True,
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Let it be; it is raised again only after half as many answers more."""
        note = self.body().get("note", "")
        flag = deciding.dismiss(flag=self.flag(id), by=self.caller, note=note)
        return reply(shown_flags(self.tenant, [flag])[0])


class TasksDoor(Door):
    """The tasks of a project."""

    tag = "quality"

    @operation(
        "list_tasks",
        roles=[MANAGER, REVIEWER],
        scope="items",
        params=paging.PARAMETERS,
        replies={200: paging.schema(TASK)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The tasks of a project and how far each is."""
        rows = Task.objects.filter(project=self.project(slug)).select_related("item")
        return paging.page(
            rows,
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: progress.of_tasks(found, now=timezone.now()),
        )


def shown_flags(tenant: Tenant, found: list[Flag]) -> list[dict[str, Any]]:
    """Flags as managers and reviewers read them."""
    known = people.known(
        tenant=tenant, worker_ids=[flag.worker_id for flag in found], now=timezone.now()
    )
    evidence = people.disguised(
        tenant=tenant, documents=[flag.evidence for flag in found], now=timezone.now()
    )
    return [
        {
            "id": flag.uid,
            "project": flag.project.slug,
            "worker": known[flag.worker_id],
            "kind": flag.kind,
            "state": flag.state,
            "reason": flag.reason,
            "rule": {"name": flag.rule_name, "version": flag.rule_version},
            "evidence": told,
            "raised_at": flag.raised_at,
            "decided_at": flag.decided_at,
            "decided_by": flag.decided_by.username if flag.decided_by else None,
            "note": flag.note,
        }
        for flag, told in zip(found, evidence, strict=True)
    ]
