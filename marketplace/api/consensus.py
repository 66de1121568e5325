"""Consensus as it stands, and the feed of its changes."""

import threading
import time
from typing import Any

from django.conf import settings
from django.http import HttpResponseBase
from rest_framework.request import Request

from marketplace.api import paging, schemas
from marketplace.api.door import CLIENT, MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply, stream
from quality import feed
from quality.models import Revision
from tasks_app.models import Project

CONSENSUS = schemas.ref("Consensus")
POLL_S = 0.1
# The other threads of the process go on answering while these wait.
_waiting = threading.BoundedSemaphore(max(1, settings.WEB_THREADS // 4))
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
        return paging.page(
            feed.latest(project, **self._filters()).select_related("item", "task"),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=lambda rows: feed.rows(project, rows),
            key="seq",
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
            return stream(feed.up_to_head(project, after=after))
        head = feed.head(project)
        rows = feed.changes(project, after=after, limit=self.params["limit"])
        following = rows[-1]["seq"] if rows else after
        return reply(
            {
                "feed": feed.identity(),
                "results": rows,
                "next": following,
                "head": max(head, following) if rows else head,
            }
        )


def _wait(project: Project, after: int, wait_s: float) -> None:
    """Until the feed goes beyond `after`, for so long; not at all where too many wait."""
    if not _waiting.acquire(blocking=False):
        return
    try:
        until = time.monotonic() + wait_s
        # Beyond the head nothing is to be expected: that seq is of another feed.
        while feed.head(project) == after and time.monotonic() < until:
            time.sleep(POLL_S)
    finally:
        _waiting.release()
