"""The one parser of request bodies, and what JSON has no type for."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from django.conf import settings
from django.http import HttpRequest
from django.utils import timezone
from django.utils.dateparse import parse_datetime
from rest_framework.exceptions import APIException, ParseError
from rest_framework.parsers import BaseParser

from marketplace.api import strict_json
from tasks_app.errors import invalid


class TooLarge(APIException):
    """The body is larger than this endpoint takes."""

    status_code = 413
    default_code = "too_large"
    default_detail = "The body is larger than this endpoint takes."


class StrictJSONParser(BaseParser):
    """JSON in UTF-8, of a bounded size."""

    media_type = "application/json"

    def parse(
        self,
        stream: Any,
        media_type: str | None = None,
        parser_context: Mapping[str, Any] | None = None,
    ) -> Any:
        """The value. Raises TooLarge, ParseError or tasks_app.errors.Invalid."""
        request: HttpRequest = (parser_context or {})["request"]
        check_charset(request)
        if int(request.META.get("CONTENT_LENGTH") or 0) > settings.BODY_MAX_BYTES:
            raise TooLarge
        raw = stream.read(settings.BODY_MAX_BYTES + 1)
        if len(raw) > settings.BODY_MAX_BYTES:
            raise TooLarge
        try:
            return strict_json.loads(raw)
        except strict_json.Malformed as error:
            raise ParseError(str(error), code="malformed_json") from None


def check_charset(request: HttpRequest) -> None:
    """Raises ParseError unless the body is said to be UTF-8, or nothing is said."""
    charset = (request.content_params or {}).get("charset", "utf-8")
    if charset.strip('"').lower() not in {"utf-8", "utf8", "us-ascii"}:
        raise ParseError(f"The charset {charset[:40]!r} is not taken; send UTF-8.", code="charset")


def future(body: Mapping[str, Any], name: str) -> datetime | None:
    """The time of this name, None where there is none. Raises Invalid for one that is past."""
    if name not in body:
        return None
    try:
        time = parse_datetime(body[name])
    except ValueError:
        time = None
    if time is None or time.tzinfo is None:
        raise invalid(f"/{name}", "schema", "a time with its zone is wanted")
    if time <= timezone.now():
        raise invalid(f"/{name}", "in_the_past", "that would be over already")
    return time
