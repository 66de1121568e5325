"""Consensus as it stands, and the feed of its changes."""

import time
from typing import Any

import orjson
from django.http import HttpResponseBase
from rest_framework.request import Request

from marketplace.api import paging, schemas, slow
from marketplace.api.door import CLIENT, MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply
from quality import feed
from quality.models import Change, Revision
from tasks_app.models import Project

CONSENSUS = schemas.ref("Consensus")
POLL_S = 0.1
_SEQ: dict[str, Any] = {"type": "integer", "minimum": 0, "maximum": 2**63 - 1}


class ConsensusDoor(Door):
    """What is believed now."""

    tag = "consensus"

    @operation(
        "list_consensus",
        roles=[MANAGER, REVIEWER, CLIENT],
        scope="consensus",
        params=paging.PARAMETERS
        | {
            "state": {"type": "string", "enum": list(Revision.State.values)},
            "batch": {"type": "string", "maxLength": 200},
            "field": {"type": "string", "maxLength": 63},
            "min_confidence": schemas.SHARE,
            "part": {"type": "string", "enum": ["item", "task", "all"], "default": "all"},
        },
        replies={200: paging.schema(CONSENSUS)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The latest row of each field; header Concord-Seq is the feed's head they include."""
        project = self.project(slug)
        headers = {"Concord-Seq": str(feed.head(project))}
        rows = feed.latest(project, **self._filters())
        if self.as_ndjson:
            return paging.written(rows, after=paging.place(self.params), headers=headers)
        return paging.page(
            rows,
            params=self.params,
            as_ndjson=False,
            render=_shown,
            by=paging.ByKey("seq"),
            headers=headers,
        )

    def _filters(self) -> dict[str, Any]:
        wanted = ("state", "batch", "field", "min_confidence", "part")
        return {name: self.params[name] for name in wanted if name in self.params}


class ChangesDoor(Door):
    """The change feed."""

    tag = "consensus"

    @operation(
        "list_changes",
        roles=[MANAGER, REVIEWER, CLIENT],
        scope="consensus",
        params={
            "after": _SEQ | {"default": 0},
            "limit": {"type": "integer", "minimum": 1, "maximum": 1000, "default": 500},
            "wait": {"type": "number", "minimum": 0, "maximum": 30, "default": 0},
        },
        replies={200: schemas.ref("Changes")},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The rows after a seq, without a gap; `wait` returns as soon as there is one."""
        project, after = self.project(slug), self.params["after"]
        if self.params["wait"]:
            _wait(project, after, self.params["wait"])
        if self.as_ndjson:
            return paging.written(feed.after(project, after), up_to=feed.head(project))
        head = feed.head(project)
        rows = list(feed.after(project, after).order_by("seq")[: self.params["limit"]])
        following = rows[-1].seq if rows else after
        return reply(
            {
                "feed": feed.identity(),
                "results": _shown(rows),
                "next": following,
                "head": max(head, following) if rows else head,
            }
        )


def _shown(rows: list[Change]) -> list[orjson.Fragment]:
    return [orjson.Fragment(row.told) for row in rows]


def _wait(project: Project, after: int, wait_s: float) -> None:
    """Until the feed goes beyond `after`, for so long; not at all where too many wait."""
    with slow.poll() as has_place:
        until = time.monotonic() + wait_s if has_place else 0.0
        # Beyond the head nothing is to be expected: that seq is of another feed.
        while time.monotonic() < until and feed.head(project) == after and not slow.is_wanted():
            time.sleep(POLL_S)
