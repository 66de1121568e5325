"""The served OpenAPI document, made from the declarations that the doors enforce."""

import re
from typing import Any

from drf_spectacular.openapi import AutoSchema

from marketplace.api import errors, schemas
from marketplace.api.door import Door, Operation
from marketplace.api.rendering import CSV, MARKDOWN, NDJSON

Document = dict[str, Any]

COMPONENTS: Document = {
    "schemas": {"Problem": errors.SCHEMA, **schemas.COMPONENTS},
    "securitySchemes": {"key": {"type": "http", "scheme": "bearer", "bearerFormat": "cc_…"}},
}
_PROBLEM = {"$ref": "#/components/schemas/Problem"}
_TITLES = {
    400: "Malformed, or an unknown parameter",
    401: "No key, or none that is valid",
    403: "The role or the key's scopes do not allow it",
    404: "There is no such thing, or none the caller may see",
    405: "No such method",
    406: "No such media type to send",
    409: "The state forbids it",
    413: "Too large",
    415: "No such media type to take",
    422: "Well formed but not valid",
    503: "The database is not to be had; try again",
}
_PARAMETER = re.compile(r"\{(\w+)\}")
_UUID = {"type": "string", "format": "uuid"}
_PATH: dict[str, Document] = {
    "id": _UUID,
    "slug": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$"},
    "external_id": schemas.EXTERNAL_ID,
    "name": {"type": "string", "pattern": "^[-a-zA-Z0-9_]+$", "maxLength": 63},
    "pseudonym": {"type": "string", "pattern": "^w_[0-9a-f]+$"},
}


_IDEMPOTENCY_KEY: Document = {
    "name": "Idempotency-Key",
    "in": "header",
    "required": False,
    "description": (
        "Sent again within seven days with the same path and body, the request is not done again: "
        "the reply is the one that was given first."
    ),
    "schema": {"type": "string", "pattern": "^[!-~]{1,255}$"},
}


class DoorSchema(AutoSchema):
    """Describes a Door by its own declarations."""

    def get_operation(
        self, path: str, path_regex: str, path_prefix: str, method: str, registry: Any
    ) -> Document | None:
        """The OpenAPI operation of one method; None for views that are no doors."""
        view = self.view
        if not isinstance(view, Door):
            return None
        declared = view.declared(method)
        if declared is None:
            return None
        handler = getattr(view, method.lower())
        told: Document = {
            "operationId": declared.name,
            "summary": (handler.__doc__ or "").strip().split("\n", 1)[0],
            "tags": [view.tag],
            "parameters": [
                *_path_parameters(path),
                *_query_parameters(declared),
                *([_IDEMPOTENCY_KEY] if method.upper() == "POST" else []),
            ],
            "security": [{"key": []}] if declared.roles else [{}],
        }
        if declared.scope:
            reads = method.upper() == "GET"
            told["description"] = (
                f"Roles: {', '.join(sorted(declared.roles))}. "
                f"Scope: `{declared.scope}{':read' if reads else ''}`."
            )
        if declared.body is not None:
            told["requestBody"] = {
                "required": bool(declared.body.document.get("required")),
                "content": {"application/json": {"schema": declared.body.document}},
            }
        if declared.upload is not None:
            told["requestBody"] = _upload(declared.upload)
        told["responses"] = _responses(path, declared, is_post=method.upper() == "POST")
        return told


def finish(result: Document, generator: Any, request: Any, public: bool) -> Document:
    """Add what all operations share."""
    result["components"] = COMPONENTS
    result["servers"] = [{"url": "/"}]
    return result


def _path_parameters(path: str) -> list[Document]:
    return [
        {"name": name, "in": "path", "required": True, "schema": _PATH[name]}
        for name in _PARAMETER.findall(path)
    ]


def _query_parameters(declared: Operation) -> list[Document]:
    return [
        {"name": name, "in": "query", "required": False, "schema": _without_nul(schema)}
        for name, schema in declared.params.items()
    ]


def _without_nul(schema: Document) -> Document:
    """No parameter holds a NUL character: PostgreSQL could not compare it with anything."""
    is_free_text = schema["type"] == "string" and not {"enum", "pattern"} & set(schema)
    return schema | {"pattern": "^[^\\x00]*$"} if is_free_text else schema


def _upload(record: Document) -> Document:
    return {
        "required": True,
        "content": {
            # A record that does not fit is told in the reply; with `partial` the rest comes in.
            "application/json": {
                "schema": {"type": "array", "items": {"anyOf": [record, {"title": "refused"}]}}
            },
            # Texts of records: JSON Schema has nothing to say of them.
            NDJSON: {"schema": {}},
            "text/csv": {"schema": {}},
        },
    }


def _responses(path: str, declared: Operation, *, is_post: bool) -> Document:
    statuses = {400, 406, 503}
    if declared.roles:
        statuses |= {401, 403}
    if "{" in path or declared.conflicts:
        statuses |= {404}
    if declared.conflicts or is_post:
        statuses |= {409}
    if is_post:
        statuses |= {413, 422}
    if declared.body is not None or declared.upload is not None:
        statuses |= {413, 415, 422}
    if {"cursor", "field"} & declared.params.keys():
        statuses |= {422}
    told: Document = {
        str(status): {
            "description": _TITLES[status],
            "content": {"application/problem+json": {"schema": _PROBLEM}},
        }
        for status in statuses
    }
    for status, schema in declared.replies.items():
        told[str(status)] = _reply(declared, schema)
    return dict(sorted(told.items()))


def _reply(declared: Operation, schema: Document | None) -> Document:
    if declared.markdown:
        return {"description": "Done", "content": {MARKDOWN: {"schema": {"type": "string"}}}}
    if schema is None:
        return {"description": "Done, nothing to tell"}
    content: Document = {"application/json": {"schema": schema}}
    if declared.streams:
        streamed: Document = {NDJSON: {"schema": {"type": "string"}}}
        content = content | streamed if "limit" in declared.params else streamed
    if declared.tabular:
        content = content | {CSV: {"schema": {"type": "string"}}}
    return {"description": "Done", "content": content}
