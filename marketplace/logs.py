"""Say what happened, one JSON object per line on standard error, and never what was in it."""

import contextlib
import logging
import re
import sys
import time
import traceback
import uuid
from collections.abc import Callable
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import orjson
import structlog
from structlog.typing import EventDict, ExcInfo, Processor, WrappedLogger

from marketplace import metrics

if TYPE_CHECKING:  # settings.py imports this module, so Django's must not be needed here.
    from django.http import HttpRequest
    from django.http.response import HttpResponseBase

REQUEST_ID = re.compile(r"[A-Za-z0-9_-]{1,64}")
_OF_A_RECORD = {"at", "level", "logger", "event", "exception"}
_OF_A_REQUEST = {"request_id", "method", "path", "route", "status", "ms"}
_OF_A_JOB = {"queue", "topic", "code", "kind", "program", "attempt"}
KEYS = frozenset(_OF_A_RECORD | _OF_A_REQUEST | _OF_A_JOB)
# Identifiers, counts and durations are welcome under any name; their values must look like one.
_ID_KEY = re.compile(r"[a-z_]+_ids?")
_NUMBER_KEY = re.compile(r"n_[a-z_]+|[a-z_]+_m?s")
_MAX_CHARS = 500
_MAX_FRAMES = 30

logger = logging.getLogger(__name__)


def configure(*, debug: bool, level: str) -> None:
    """Send every record of structlog and of logging through one allow-list to standard error."""
    shared: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_logger_name,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        structlog.processors.TimeStamper(fmt="iso", utc=True, key="at"),
    ]
    structlog.configure(
        processors=[*shared, structlog.stdlib.ProcessorFormatter.wrap_for_formatter],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )
    handler = _StandardError()
    handler.setFormatter(
        structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared,
            processors=[
                structlog.processors.ExceptionRenderer(_full if debug else _brief),
                keep_allowed,
                structlog.processors.JSONRenderer(),
            ],
        )
    )
    root = logging.getLogger()
    root.handlers = [h for h in root.handlers if not isinstance(h, _StandardError)] + [handler]
    root.setLevel(level.upper())


def keep_allowed(_logger: WrappedLogger, _method: str, event_dict: EventDict) -> EventDict:
    """Drop every key that is not on the list, so that a payload cannot slip into the log."""
    return {key: _shortened(value) for key, value in event_dict.items() if _is_allowed(key, value)}


class RequestLog:
    """Give each request an id, count it, and log one line about it."""

    def __init__(self, get_response: "Callable[[HttpRequest], HttpResponseBase]") -> None:
        self.get_response = get_response

    def __call__(self, request: "HttpRequest") -> "HttpResponseBase":
        request_id = _request_id(request.headers.get("X-Request-ID", ""))
        request.request_id = request_id  # type: ignore[attr-defined]  # Django's way
        started = time.perf_counter()
        with structlog.contextvars.bound_contextvars(request_id=request_id):
            response = self.get_response(request)
            _record(request, request_id, response.status_code, time.perf_counter() - started)
        response.headers["X-Request-ID"] = request_id
        return response


def _record(request: "HttpRequest", request_id: str, status: int, seconds: float) -> None:
    match = request.resolver_match
    route = match.route if match else "unmatched"
    metrics.count_request(method=request.method or "", route=route, status=status, seconds=seconds)
    if logger.isEnabledFor(logging.INFO):
        # Written here, with none but these keys: the way through logging costs as much as a claim.
        line = {
            "event": "request",
            "method": request.method,
            "path": _shortened(request.path.encode("utf-8", "replace").decode()),
            "route": route,
            "status": status,
            "ms": round(seconds * 1000, 1),
            "request_id": request_id,
            "logger": __name__,
            "level": "info",
            "at": datetime.now(UTC),
        }
        # What was done is done: a log that cannot be written must not undo the reply.
        with contextlib.suppress(OSError, ValueError):
            sys.stderr.write(orjson.dumps(line, option=orjson.OPT_UTC_Z).decode() + "\n")


def _request_id(offered: str) -> str:
    return offered if REQUEST_ID.fullmatch(offered) else uuid.uuid4().hex


def _is_allowed(key: str, value: object) -> bool:
    if key in KEYS:
        return isinstance(value, str | int | float | None)
    if _ID_KEY.fullmatch(key):
        return isinstance(value, int | uuid.UUID) or bool(REQUEST_ID.fullmatch(str(value)))
    return bool(_NUMBER_KEY.fullmatch(key)) and isinstance(value, int | float)


def _shortened(value: Any) -> Any:
    if isinstance(value, uuid.UUID):
        return str(value)
    if isinstance(value, str) and len(value) > _MAX_CHARS and "\n" not in value:
        return value[:_MAX_CHARS] + "…"
    return value


def _full(exc_info: ExcInfo) -> str:
    return "".join(traceback.format_exception(*exc_info))


def _brief(exc_info: ExcInfo) -> str:
    """The frames, types and first lines; PostgreSQL puts the row itself on the second."""
    return "\n".join(_brief_error(error) for error in reversed(_chain(exc_info[1])))


def _chain(error: BaseException | None) -> list[BaseException]:
    chain: list[BaseException] = []
    while error is not None and error not in chain:
        chain.append(error)
        error = error.__cause__ or (None if error.__suppress_context__ else error.__context__)
    return chain


def _brief_error(error: BaseException) -> str:
    frames = traceback.extract_tb(error.__traceback__)[-_MAX_FRAMES:]
    message = next(iter(str(error).splitlines()), "")[:200]
    places = [f"  {frame.filename}:{frame.lineno} {frame.name}" for frame in frames]
    return "\n".join([*places, f"{type(error).__module__}.{type(error).__qualname__}: {message}"])


class _StandardError(logging.Handler):
    """Looks standard error up at each line: tests and servers exchange it."""

    def emit(self, record: logging.LogRecord) -> None:
        try:
            sys.stderr.write(self.format(record) + "\n")
        except Exception:
            self.handleError(record)
