"""Retraining: pushes are asked for and read; a trainer pulls the snapshots they name."""

from typing import Any
from uuid import UUID

from django.http import HttpResponseBase, StreamingHttpResponse
from rest_framework.request import Request

from marketplace.api import paging, schemas
from marketplace.api.door import CLIENT, MANAGER, Door, operation
from marketplace.api.rendering import NDJSON, reply
from marketplace.flows import training
from quality import retraining, snapshots
from quality.models import Push
from tasks_app.errors import Missing

PUSH: dict[str, Any] = schemas.record(
    {
        "id": schemas.UUID,
        "snapshot": schemas.UUID,
        "trigger": {"enum": list(Push.Trigger.values)},
        "n_labels": schemas.COUNT,
        "state": {"enum": list(Push.State.values)},
        "attempts": schemas.COUNT,
        "error": schemas.TEXT,
        "model_version": schemas.nullable(schemas.TEXT),
    }
)
LABEL: dict[str, Any] = schemas.record(
    {
        "external_id": schemas.TEXT,
        "part": schemas.nullable(schemas.COUNT),
        "payload": {"type": "object"},
        "field": schemas.TEXT,
        "value": schemas.ANY,
        "distribution": schemas.nullable({"type": "object"}),
        "confidence": schemas.nullable(schemas.SHARE),
        "n_answers": schemas.COUNT,
        "seq": schemas.COUNT,
    }
)


class RetrainingDoor(Door):
    """The pushes of a project."""

    tag = "retraining"

    @operation(
        "list_pushes",
        roles=[MANAGER, CLIENT],
        scope="consensus",
        params=paging.PARAMETERS,
        replies={200: paging.schema(PUSH)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The pushes of a project, in the order they were made."""
        return paging.page(
            retraining.pushes(project=self.project(slug)),
            params=self.params,
            as_ndjson=self.as_ndjson,
            render=shown,
        )

    @operation(
        "ask_for_retraining",
        roles=[MANAGER, CLIENT],
        scope="consensus",
        replies={202: PUSH},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Push now what was resolved so far; the push under way, if there is one."""
        push = training.ask(project=self.project(slug))
        return reply(retraining.row(push), 202)


class SnapshotDoor(Door):
    """A frozen training set."""

    tag = "retraining"

    @operation(
        "get_snapshot",
        roles=[MANAGER, CLIENT],
        scope="consensus",
        replies={200: LABEL},
        streams=True,
    )
    def get(self, request: Request, id: UUID) -> HttpResponseBase:
        """The labels of a snapshot; header Concord-Sha256 is the digest of the body."""
        found = Push.objects.filter(snapshot=id, project__in=self.projects())
        push = found.select_related("project").first()
        if push is None:
            raise Missing
        return StreamingHttpResponse(
            snapshots.chunks(push),
            content_type=NDJSON,
            headers={"Concord-Sha256": push.sha256},
        )


def shown(found: list[Push]) -> list[dict[str, Any]]:
    """Pushes as clients read them."""
    return [retraining.row(push) for push in found]
