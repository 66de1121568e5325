"""The one file that knows how a refusal looks over HTTP: RFC 9457 problems."""

import errno
import math
from collections.abc import Mapping, Sequence
from http import HTTPStatus
from typing import Any

from django.db import InterfaceError, OperationalError
from django.http import Http404, HttpRequest, HttpResponse
from rest_framework.exceptions import APIException

from marketplace.accounts.keys import ScopeNotForRole
from marketplace.accounts.people import TenantSlugTaken, UsernameTaken
from marketplace.api.rendering import dumps
from marketplace.flows.once import AlreadyCreated
from tasks_app.errors import Fault, Invalid, Missing, Refusal

PROBLEM = "application/problem+json"
RETRY_AFTER_S = 2

SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["type", "title", "status", "detail", "code", "request_id", "errors"],
    "properties": {
        "type": {"type": "string"},
        "title": {"type": "string"},
        "status": {"type": "integer"},
        "detail": {"type": "string"},
        "code": {"type": "string"},
        "request_id": {"type": "string"},
        "errors": {
            "type": "array",
            "items": {
                "type": "object",
                "required": ["pointer", "code", "detail"],
                "properties": {
                    "row": {"type": "integer"},
                    "pointer": {"type": "string"},
                    "code": {"type": "string"},
                    "detail": {"type": "string"},
                },
            },
        },
        "errors_total": {"type": "integer"},
        "id": {"type": "string"},
    },
}

# A large upload waits on the disk of temporary files.
_NO_ROOM = frozenset({errno.ENOSPC, errno.EDQUOT})
_CONFLICTS: dict[type[Exception], tuple[str, str]] = {
    UsernameTaken: ("username_taken", "The tenant has an account of this name."),
    TenantSlugTaken: ("slug_taken", "There is a tenant of this slug."),
}


class DiskFull(APIException):
    """There is no room on the disk; nothing was stored, and reads go on. Try again later."""

    status_code = 503
    default_code = "disk_full"
    wait = 10

    def __init__(self) -> None:
        super().__init__(type(self).__doc__)


class BadParameter(Exception):
    """A query parameter that is unknown, repeated or not of its type."""

    def __init__(self, name: str, code: str, detail: str) -> None:
        super().__init__(detail)
        self.fault = Fault(f"?{name}", code, detail)


def handler(error: Exception, context: dict[str, Any]) -> HttpResponse | None:
    """The reply to an error of a door; None for a bug, which stays a 500."""
    request: HttpRequest = context["request"]
    if isinstance(error, OSError) and error.errno in _NO_ROOM:
        error = DiskFull()
    if isinstance(error, Invalid):
        return problem(
            request, 422, _code(error), _summary(error), faults=error.faults, total=error.total
        )
    if isinstance(error, BadParameter):
        return problem(request, 400, error.fault.code, str(error), faults=[error.fault])
    if isinstance(error, Refusal):
        return problem(request, 409, error.code, str(error))
    if isinstance(error, ScopeNotForRole):
        return problem(
            request, 422, "invalid", str(error), faults=[Fault("/scopes", "scope", str(error))]
        )
    if type(error) in _CONFLICTS:
        return problem(request, 409, *_CONFLICTS[type(error)])
    return _framework(request, error)


def _framework(request: HttpRequest, error: Exception) -> HttpResponse | None:
    if isinstance(error, Http404 | Missing):
        return problem(request, 404, "not_found", "There is no such thing, or none you may see.")
    if isinstance(error, AlreadyCreated):
        return problem(request, 409, "already_created", str(error), more={"id": error.made})
    if isinstance(error, APIException):
        detail = error.detail
        code = getattr(detail, "code", error.default_code)
        headers = {}
        # Set by the framework on a 401.
        asked_for = getattr(error, "auth_header", None)
        if asked_for:
            headers["WWW-Authenticate"] = str(asked_for)
        # Said by those that go by.
        wait = getattr(error, "wait", None)
        if wait is not None:
            headers["Retry-After"] = str(math.ceil(wait))
        return problem(request, error.status_code, str(code), str(detail), headers=headers)
    if isinstance(error, OperationalError | InterfaceError):
        return problem(
            request,
            503,
            "database_unavailable",
            "The database is not to be had right now; nothing was stored. Try again.",
            headers={"Retry-After": str(RETRY_AFTER_S)},
        )
    return None


def problem(
    request: HttpRequest,
    status: int,
    code: str,
    detail: str,
    *,
    faults: Sequence[Fault] = (),
    total: int | None = None,
    headers: Mapping[str, str] | None = None,
    more: Mapping[str, str] | None = None,
) -> HttpResponse:
    """A problem, as every refusal looks; `more` are members of its own."""
    body: dict[str, Any] = {
        "type": f"urn:concord:problem:{code}",
        "title": HTTPStatus(status).phrase,
        "status": status,
        "detail": detail,
        "code": code,
        "request_id": getattr(request, "request_id", ""),
        "errors": [told(fault) for fault in faults],
        **(more or {}),
    }
    if total is not None:
        body["errors_total"] = total
    return HttpResponse(dumps(body), status=status, content_type=PROBLEM, headers=headers)


def told(fault: Fault) -> dict[str, Any]:
    """One fault, as clients read it."""
    row = {} if fault.row is None else {"row": fault.row}
    return row | {"pointer": fault.pointer, "code": fault.code, "detail": fault.detail}


def not_found(request: HttpRequest, exception: Exception) -> HttpResponse:
    """No such path."""
    return problem(request, 404, "not_found", "There is no such path.")


def bad_request(request: HttpRequest, exception: Exception) -> HttpResponse:
    """Refused before any door: a host or a header that makes no sense."""
    return problem(request, 400, "bad_request", "The request makes no sense.")


def server_error(request: HttpRequest) -> HttpResponse:
    """A bug of ours."""
    return problem(request, 500, "server_error", "This is a bug of ours; the log has its trace.")


def _code(error: Invalid) -> str:
    """The code of the faults where they have one only, else `invalid`."""
    codes = {fault.code for fault in error.faults}
    return codes.pop() if len(codes) == 1 else "invalid"


def _summary(error: Invalid) -> str:
    first = error.faults[0] if error.faults else None
    if first is None:
        return "What was sent is not valid."
    where = f"row {first.row}, " if first.row is not None else ""
    more = f" (and {error.total - 1} more)" if error.total > 1 else ""
    return f"{where}{first.pointer or '/'}: {first.detail}{more}"
