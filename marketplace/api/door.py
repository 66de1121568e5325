"""What every door does alike: let the caller in, check what was sent, find the rows they may see.

A handler declares itself by `operation`; the same declaration is enforced here and published
by marketplace.api.openapi, so that the two cannot differ.
"""

import hashlib
import re
from collections.abc import Callable, Iterable
from contextlib import AbstractContextManager
from dataclasses import dataclass, field
from functools import cached_property, wraps
from typing import Any, ClassVar, TypeVar, cast

import orjson
from django.conf import settings
from django.db.models import BigIntegerField, ExpressionWrapper, F, Q, QuerySet
from django.http import HttpResponse, HttpResponseBase
from rest_framework.exceptions import NotAuthenticated, ParseError, PermissionDenied
from rest_framework.permissions import SAFE_METHODS
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request
from rest_framework.views import APIView

from marketplace import disk
from marketplace.accounts import people
from marketplace.accounts.keys import covers
from marketplace.accounts.models import Key, Tenant, User
from marketplace.api import parameters, slow, throttle
from marketplace.api.errors import DiskFull
from marketplace.api.parsing import TooLarge
from marketplace.api.rendering import (
    CSVRenderer,
    JSONRenderer,
    MarkdownRenderer,
    NDJSONRenderer,
    ProblemRenderer,
)
from marketplace.flows.once import Asked, Told, once
from tasks_app.errors import Missing
from tasks_app.models import Assignment, Project
from tasks_app.schemas import Schema

WORKER, REVIEWER = User.Role.WORKER, User.Role.REVIEWER
MANAGER, CLIENT, OPERATOR = User.Role.MANAGER, User.Role.CLIENT, User.Role.OPERATOR

Document = dict[str, Any]
Handler = TypeVar("Handler", bound=Callable[..., HttpResponseBase])
# Printable ASCII without spaces, as opaque keys are.
_IDEMPOTENCY_KEY = re.compile(r"[!-~]{1,255}")


@dataclass(frozen=True, slots=True)
class Operation:
    """One method of one door, as it is enforced and published."""

    name: str
    roles: frozenset[str]
    scope: str | None
    replies: dict[int, Document | None]
    params: dict[str, Document] = field(default_factory=dict)
    body: Schema | None = None
    # What an upload holds, record by record; it comes as JSON array, NDJSON or CSV.
    upload: Document | None = None
    conflicts: bool = False
    streams: bool = False
    markdown: bool = False
    tabular: bool = False
    # Where the reply shows a secret once: the member that names what was made.
    shown_once: str | None = None


def operation(
    name: str,
    *,
    roles: Iterable[str],
    scope: str | None = None,
    replies: dict[int, Document | None],
    params: dict[str, Document] | None = None,
    body: Document | None = None,
    upload: Document | None = None,
    conflicts: bool = False,
    streams: bool = False,
    markdown: bool = False,
    tabular: bool = False,
    shown_once: str | None = None,
) -> Callable[[Handler], Handler]:
    """Declare a handler. A read needs `scope:read` only; `conflicts` says that 409 may come.

    A POST is done once under an Idempotency-Key. That of an upload says itself what is to be
    done once: what follows when all is read.
    """
    declared = Operation(
        name=name,
        roles=frozenset(str(role) for role in roles),
        scope=scope,
        replies=replies,
        params=params or {},
        body=Schema(body) if body is not None else None,
        upload=upload,
        conflicts=conflicts,
        streams=streams,
        markdown=markdown,
        tabular=tabular,
        shown_once=shown_once,
    )

    def mark(handler: Handler) -> Handler:
        made = handler
        if handler.__name__ == "post" and upload is None:

            @wraps(handler)
            def post(door: Door, *args: Any, **kwargs: Any) -> HttpResponseBase:
                return door.once(lambda: handler(door, *args, **kwargs))

            made = cast(Handler, post)
        # Read by Door.declared.
        vars(made)["operation"] = declared
        return made

    return mark


class Door(APIView):
    """One resource or one deed; its methods are declared by `operation`."""

    # One word for the docs: which part of the service this belongs to.
    tag: ClassVar[str]
    # Doors to watch the service by answer 404, not 405, to nobody: there is no metadata.
    metadata_class = None

    params: dict[str, Any]
    request: Request

    def get_renderers(self) -> list[BaseRenderer]:
        """What this method can send; the rest is 406."""
        declared = self.declared()
        renderers: list[BaseRenderer] = [JSONRenderer()]
        if declared and declared.markdown:
            renderers = [MarkdownRenderer()]
        if declared and declared.streams:
            renderers = (
                [*renderers, NDJSONRenderer()] if "limit" in declared.params else [NDJSONRenderer()]
            )
        if declared and declared.tabular:
            renderers.append(CSVRenderer())
        return [*renderers, ProblemRenderer()]

    def declared(self, method: str | None = None) -> Operation | None:
        """The declaration of the method at hand; None if there is no such method."""
        handler = getattr(self, (method or self.request.method or "").lower(), None)
        found: Operation | None = getattr(handler, "operation", None)
        return found

    def initial(self, request: Request, *args: Any, **kwargs: Any) -> None:
        """Who calls, whether they may, and whether they ask sensibly."""
        super().initial(request, *args, **kwargs)
        declared = self.declared()
        if declared is None:
            return
        if declared.roles:
            self._let_in(request, declared)
        if request.method not in SAFE_METHODS and disk.is_full():
            raise DiskFull
        self.params = parameters.read(request, declared.params)

    def _let_in(self, request: Request, declared: Operation) -> None:
        if not isinstance(request.auth, Key):
            raise NotAuthenticated("Send `Authorization: Bearer <key>`.")
        throttle.admit(request.auth.pk)
        if self.caller.role not in declared.roles:
            raise PermissionDenied(f"A {self.caller.role} may not do this.", code="forbidden")
        needed = declared.scope
        if needed and request.method in {"GET", "HEAD"}:
            needed += ":read"
        # Operators have no scopes: no tenant's rows are theirs.
        if needed and self.caller.role != OPERATOR and not covers(request.auth.scopes, needed):
            raise PermissionDenied(f"The key lacks the scope {needed!r}.", code="missing_scope")

    @property
    def caller(self) -> User:
        """Who calls."""
        user: Any = self.request.user
        return user  # type: ignore[no-any-return]  # KeyAuthentication gives a User

    @property
    def tenant(self) -> Tenant:
        """The caller's tenant; not for operators, and not for workers' keys without one."""
        tenant = self.key.tenant
        if tenant is None:
            raise Missing
        return tenant

    @property
    def key(self) -> Key:
        """The key they call with."""
        key: Any = self.request.auth
        return key  # type: ignore[no-any-return]  # KeyAuthentication gives a Key

    @property
    def as_ndjson(self) -> bool:
        """True if the caller asked for a list streamed whole."""
        return bool(self.request.accepted_renderer.format == "ndjson")

    @property
    def as_csv(self) -> bool:
        """True if the caller asked for a list as a table."""
        return bool(self.request.accepted_renderer.format == "csv")

    def body(self) -> Any:
        """What was sent, checked against the declaration. Raises Invalid."""
        declared = self.declared()
        with self.room_for_body():
            data = self.request.data
        if declared and declared.body is not None:
            declared.body.check(data)
        return data

    def once(self, deed: Callable[[], HttpResponseBase]) -> HttpResponseBase:
        """The reply of the deed, or the one given before under the same Idempotency-Key."""
        text = self.request.headers.get("Idempotency-Key")
        if text is None:
            return deed()
        if not _IDEMPOTENCY_KEY.fullmatch(text):
            raise ParseError(
                "Idempotency-Key: 1 to 255 printable ASCII characters without spaces.",
                code="bad_idempotency_key",
            )
        asked = Asked(self.caller.pk, text, self._fingerprint())
        told = once(asked, lambda: self._told(deed()))
        headers = {"Idempotent-Replayed": "true"} if told.is_repeated else None
        return HttpResponse(
            told.body, status=told.status, content_type="application/json", headers=headers
        )

    def room_for_body(self) -> AbstractContextManager[None]:
        """A place for the body, if it is a large one. Raises slow.Busy."""
        return slow.upload(int(self.request.META.get("CONTENT_LENGTH") or 0))

    @cached_property
    def body_read(self) -> "hashlib._Hash":
        """SHA-256 of the body as far as it was read."""
        return hashlib.sha256()

    def _fingerprint(self) -> bytes:
        declared, request = self.declared(), self.request._request
        if declared and declared.upload is None:
            if int(request.META.get("CONTENT_LENGTH") or 0) > settings.BODY_MAX_BYTES:
                raise TooLarge
            with self.room_for_body():
                self.body_read.update(request.body)
        where = f"{self.key.tenant_id} {request.get_full_path()}\n{request.content_type}\n".encode()
        return hashlib.sha256(where + self.body_read.digest()).digest()

    def _told(self, response: HttpResponseBase) -> Told:
        declared, reply = self.declared(), cast(HttpResponse, response)
        made = ""
        if declared and declared.shown_once:
            made = str(orjson.loads(reply.content)[declared.shown_once])
        return Told(reply.status_code, reply.content, made)

    def projects(self) -> QuerySet[Project]:
        """The projects the caller may see."""
        if self.caller.role != WORKER:
            return Project.objects.filter(tenant_id=self.tenant.pk)
        seen = Project.objects.filter(
            Q(access__in=[Project.Access.OPEN, Project.Access.QUALIFIED])
            | Q(tenant_id__in=people.inviting_tenants(self.caller.pk).values("tenant"))
        )
        tenant_id = self.key.tenant_id
        return seen if tenant_id is None else seen.filter(tenant_id=tenant_id)

    def project(self, slug: str) -> Project:
        """A project the caller may see. Raises Missing."""
        project = self.projects().filter(slug=slug).first()
        if project is None:
            raise Missing
        return project

    def assignments(self) -> QuerySet[Assignment]:
        """The worker's own assignments that this key sees."""
        # As the index has them that lists them in an order which hides gold.
        turned = ExpressionWrapper(-F("worker_id"), output_field=BigIntegerField())
        own = Assignment.objects.alias(turned=turned).filter(turned=-self.caller.pk)
        tenant_id = self.key.tenant_id
        return own if tenant_id is None else own.filter(project__tenant_id=tenant_id)
