"""A worker's doors: see open work, claim it, answer it."""

from datetime import datetime
from typing import Any
from uuid import UUID

from django.http import HttpResponseBase
from django.utils import timezone
from rest_framework.request import Request

from marketplace.api import money, paging, schemas
from marketplace.api.assignments import shown
from marketplace.api.door import WORKER, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import work as journeys
from tasks_app import claims, leases, worklist
from tasks_app.errors import Missing
from tasks_app.leases import Lease
from tasks_app.models import Admission, Assignment, Project

ASSIGNMENT, CLAIMED = schemas.ref("Assignment"), schemas.ref("Claimed")


class WorkDoor(Door):
    """The open projects a worker may see."""

    tag = "work"

    @operation(
        "list_work",
        roles=[WORKER],
        scope="work",
        params=paging.PARAMETERS,
        replies={200: paging.schema(schemas.ref("Work"))},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Open projects: what they pay, what is left, and why you may not take them."""
        return paging.page(
            self.projects().filter(state=Project.State.OPEN),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=self._shown,
        )

    def _shown(self, projects: list[Project]) -> list[dict[str, Any]]:
        now = timezone.now()
        journeys.decide(projects=projects, worker_id=self.caller.pk)
        offers = worklist.offers(projects=projects, worker_id=self.caller.pk)
        reasons = claims.reasons_by_project(projects=projects, worker_id=self.caller.pk, now=now)
        return [
            {
                "slug": project.slug,
                "name": project.name,
                "reward": money.shown(project.reward_micros, project.reward_currency),
                "median_s": offers[project.pk].median_s,
                "expected_hourly": _hourly(project, offers[project.pk]),
                "tasks_left": offers[project.pk].tasks_left,
                "reasons": [
                    {"code": reason.code, "detail": reason.detail} for reason in reasons[project.pk]
                ],
            }
            for project in projects
        ]


class ClaimDoor(Door):
    """Claim from one project."""

    tag = "work"

    @operation(
        "claim",
        roles=[WORKER],
        scope="work",
        body=schemas.CLAIM_IN,
        replies={201: CLAIMED, 200: CLAIMED},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Lease up to `count` tasks; 200 with reasons when there is none for you."""
        count = int(self.body().get("count", 1))
        claimed = journeys.claim(
            slug=slug,
            worker_id=self.caller.pk,
            tenant_id=self.key.tenant_id,
            count=count,
            find=lambda: self.project(slug),
        )
        return _claimed(claimed)


class ClaimAnywhereDoor(Door):
    """Claim from all projects."""

    tag = "work"

    @operation(
        "claim_anywhere",
        roles=[WORKER],
        scope="work",
        body=schemas.CLAIM_IN,
        replies={201: CLAIMED, 200: CLAIMED},
    )
    def post(self, request: Request) -> HttpResponseBase:
        """Lease tasks from all my projects: by priority, expected hourly pay, then slug."""
        count = int(self.body().get("count", 1))
        projects = worklist.best_first(self.projects().filter(state=Project.State.OPEN))
        claimed = journeys.claim_anywhere(projects=projects, worker_id=self.caller.pk, count=count)
        return _claimed(claimed)


class _AssignmentDoor(Door):
    tag = "work"

    def lease(self, uid: UUID) -> Lease:
        lease = leases.find(uid=uid, worker_id=self.caller.pk, tenant_id=self.key.tenant_id)
        if lease is None:
            raise Missing
        return lease


class SubmitDoor(_AssignmentDoor):
    """Answer a task."""

    @operation(
        "submit",
        roles=[WORKER],
        scope="work",
        body=schemas.SUBMIT_IN,
        replies={201: ASSIGNMENT, 200: ASSIGNMENT},
        conflicts=True,
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Answer a task you hold; the same answer again is 200."""
        body = self.body()
        submitted = journeys.submit(
            uid=id,
            worker_id=self.caller.pk,
            tenant_id=self.key.tenant_id,
            values=body["answer"],
            elapsed_s=body.get("elapsed_s"),
        )
        return _told(submitted.lease, 201 if submitted.is_new else 200, submitted.feedback)


class ReleaseDoor(_AssignmentDoor):
    """Give a task back."""

    @operation("release", roles=[WORKER], scope="work", replies={200: ASSIGNMENT}, conflicts=True)
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Give a task back; it may be offered to you again."""
        lease = self.lease(id)
        journeys.release(lease=lease)
        return _told(lease)


class SkipDoor(_AssignmentDoor):
    """Give a task back for ever."""

    @operation(
        "skip",
        roles=[WORKER],
        scope="work",
        body=schemas.REASON_IN,
        replies={200: ASSIGNMENT},
        conflicts=True,
    )
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Give a task back and never be offered it again."""
        because = self.body().get("reason", "")
        lease = self.lease(id)
        journeys.skip(lease=lease, because=because)
        return _told(lease)


class ExtendDoor(_AssignmentDoor):
    """Hold a task for longer."""

    @operation("extend", roles=[WORKER], scope="work", replies={200: ASSIGNMENT}, conflicts=True)
    def post(self, request: Request, id: UUID) -> HttpResponseBase:
        """Hold a task for another lease; three times at most."""
        lease = self.lease(id)
        journeys.extend(lease=lease)
        return _told(lease)


class MeDoor(Door):
    """The caller's account."""

    tag = "work"

    @operation("get_me", roles=[WORKER], scope="work", replies={200: schemas.ref("Me")})
    def get(self, request: Request) -> HttpResponseBase:
        """Who I am, and what this key is good for."""
        key = self.key
        return reply(
            {
                "id": self.caller.uid,
                "username": self.caller.username,
                "role": self.caller.role,
                "tenant": key.tenant.slug if key.tenant else None,
                "scopes": key.scopes,
                "created_at": self.caller.created_at,
            }
        )


class MyAssignmentsDoor(Door):
    """A worker's history."""

    tag = "work"

    @operation(
        "list_my_assignments",
        roles=[WORKER],
        scope="work",
        params=paging.PARAMETERS
        | {"state": {"type": "string", "enum": list(Assignment.State.values)}},
        replies={200: paging.schema(ASSIGNMENT)},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """My assignments; those in state `leased` are the very objects a claim returned."""
        now = timezone.now()
        rows = self.assignments()
        state = self.params.get("state")
        if state == Assignment.State.LEASED:
            rows = rows.filter(state=state, leased_until__gt=now)
        elif state:
            rows = rows.filter(state=state)
        return paging.page(
            rows,
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: shown(_leases(found), now=now),
            # The order of the keys would tell gold apart.
            by=paging.ByTime("leased_at"),
        )


class MyRestrictionsDoor(Door):
    """The limits put on a worker."""

    tag = "work"

    @operation(
        "list_my_restrictions",
        roles=[WORKER],
        scope="work",
        params=paging.PARAMETERS,
        replies={200: paging.schema(schemas.ref("Restriction"))},
        streams=True,
    )
    def get(self, request: Request) -> HttpResponseBase:
        """Projects I may not take, and why."""
        rows = Admission.objects.filter(
            worker=self.caller, may_claim=False, project__in=self.projects()
        ).select_related("project")
        now = timezone.now()
        return paging.page(
            rows,
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda found: [_restriction(row, now) for row in found],
        )


def _leases(found: list[Assignment]) -> list[Lease]:
    by_id = {lease.id: lease for lease in leases.of([row.pk for row in found])}
    return [by_id[row.pk] for row in found]


def _claimed(claimed: journeys.Claimed) -> HttpResponseBase:
    if claimed.leases:
        return reply({"assignments": shown(claimed.leases, now=timezone.now())}, 201)
    told = [{"code": reason.code, "detail": reason.detail} for reason in claimed.reasons]
    return reply({"assignments": [], "reasons": told}, 200)


def _told(
    lease: Lease, status: int = 200, feedback: dict[str, Any] | None = None
) -> HttpResponseBase:
    (told,) = shown([lease], now=timezone.now())
    return reply(told | ({} if feedback is None else {"feedback": feedback}), status)


def _restriction(row: Admission, now: datetime) -> dict[str, Any]:
    reason = claims.admits(project=row.project, worker_id=row.worker_id, now=now)
    return {
        "project": row.project.slug,
        "code": reason.code if reason else row.reason_code,
        "reason": reason.detail if reason else "this refusal is over",
        "until": row.until,
    }


def _hourly(project: Project, offer: worklist.Offer) -> dict[str, str] | None:
    if offer.hourly_micros is None:
        return None
    return money.shown(offer.hourly_micros, project.reward_currency)
