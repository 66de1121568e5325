"""Replies, and the media types a caller may ask for."""

from collections.abc import Iterable, Iterator, Mapping
from typing import Any

import orjson
from django.http import HttpResponse, StreamingHttpResponse
from rest_framework.negotiation import DefaultContentNegotiation
from rest_framework.renderers import BaseRenderer
from rest_framework.request import Request

NDJSON = "application/x-ndjson"
MARKDOWN = "text/markdown"
CSV = "text/csv"
_BLOCK = 500


class JSONRenderer(BaseRenderer):
    """Takes part in the negotiation only: replies are rendered below."""

    media_type = "application/json"
    format = "json"
    charset = None

    def render(
        self,
        data: Any,
        accepted_media_type: str | None = None,
        renderer_context: Mapping[str, Any] | None = None,
    ) -> bytes:
        """The bytes of a reply."""
        return dumps(data)


class NDJSONRenderer(JSONRenderer):
    """Asked for where a list is streamed whole."""

    media_type = NDJSON
    format = "ndjson"


class ProblemRenderer(JSONRenderer):
    """Asked for by callers who accept nothing but problems; replies are JSON then."""

    media_type = "application/problem+json"
    format = "problem"


class MarkdownRenderer(JSONRenderer):
    """Asked for where guidelines are read."""

    media_type = MARKDOWN
    format = "markdown"


class CSVRenderer(JSONRenderer):
    """Asked for where a list is wanted as a table."""

    media_type = CSV
    format = "csv"


class Negotiation(DefaultContentNegotiation):
    """What to send: most callers take anything, and need no weighing of media types."""

    def select_renderer(
        self, request: Request, renderers: Iterable[BaseRenderer], format_suffix: str | None = None
    ) -> tuple[BaseRenderer, str]:
        """The renderer and its media type. Raises NotAcceptable."""
        first, *_ = renderers
        if request.META.get("HTTP_ACCEPT", "*/*") in {"*/*", first.media_type}:
            return first, first.media_type
        found: tuple[BaseRenderer, str] = super().select_renderer(request, renderers, format_suffix)
        return found


def dumps(data: Any) -> bytes:
    """JSON in UTF-8; times in UTC end in Z."""
    return orjson.dumps(data, option=orjson.OPT_UTC_Z)


def reply(data: Any, status: int = 200, headers: Mapping[str, str] | None = None) -> HttpResponse:
    """A JSON reply."""
    return HttpResponse(
        dumps(data), status=status, content_type="application/json", headers=headers
    )


def stream(rows: Iterable[Any], headers: Mapping[str, str] | None = None) -> StreamingHttpResponse:
    """Rows as NDJSON, sent as they come."""
    return stream_lines(_blocks(rows), headers)


def stream_lines(
    blocks: Iterable[bytes], headers: Mapping[str, str] | None = None
) -> StreamingHttpResponse:
    """Blocks of lines that are NDJSON already, sent as they come."""
    return StreamingHttpResponse(blocks, content_type=NDJSON, headers=headers)


def _blocks(rows: Iterable[Any]) -> Iterator[bytes]:
    block: list[bytes] = []
    for row in rows:
        block.append(dumps(row))
        if len(block) == _BLOCK:
            yield b"\n".join(block) + b"\n"
            block.clear()
    if block:
        yield b"\n".join(block) + b"\n"
