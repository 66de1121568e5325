"""The shapes of what comes in and goes out, as JSON Schemas."""

from typing import Any

from marketplace.accounts.keys import SCOPES
from marketplace.api import money
from tasks_app import forms, splitting
from tasks_app.items import EXTERNAL_ID

Document = dict[str, Any]

TEXT: Document = {"type": "string"}
TIME: Document = {"type": "string", "format": "date-time"}
UUID: Document = {"type": "string", "format": "uuid"}
COUNT: Document = {"type": "integer", "minimum": 0}
SHARE: Document = {"type": "number", "minimum": 0, "maximum": 1}
ANY: Document = {}
SLUG: Document = {"type": "string", "pattern": "^[a-z0-9](?:[-a-z0-9_]{0,61}[a-z0-9])?$"}
# No control characters, and not blank.
NAME: Document = {
    "type": "string",
    "minLength": 1,
    "maxLength": 150,
    "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
}


def ref(name: str) -> Document:
    """A named schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Document) -> Document:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def record(properties: Document, optional: tuple[str, ...] = ()) -> Document:
    """An object that has all of these, but perhaps the optional ones, and nothing else."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


def options(properties: Document) -> Document:
    """An object that may have any of these, and nothing else."""
    return {"type": "object", "properties": properties, "additionalProperties": False}


# How the fit was made that a row comes from: what there is depends on the field's type.
_PARAMETERS: Document = options(
    {
        "tau": SHARE,
        "tau_version": COUNT,
        "stop_basis": {"enum": ["target", "leave_one_out", "gold"]},
        "correlations": {"type": "array", "items": {"type": "number", "minimum": 0}},
        "association": {"type": "number"},
        "aggregator": TEXT,
        "parts": {"type": "array", "items": TEXT},
    }
)
REDUNDANCY_IN: Document = options(
    {
        "min": {"type": "integer", "minimum": 1, "maximum": 1000},
        "max": {"type": "integer", "minimum": 1, "maximum": 1000},
        "target_confidence": {"type": "number", "exclusiveMinimum": 0, "maximum": 1},
    }
)
_POINTER: Document = {"type": "string", "pattern": "^(/([^~/]|~0|~1)+)+$", "maxLength": 500}
RETRAINING_IN: Document = {
    "type": "object",
    "required": ["after", "sink"],
    "properties": {
        "after": {"type": "integer", "minimum": 1, "maximum": 1_000_000_000},
        "sink": {"enum": ["builtin", "webhook"]},
        "field": {"type": "string", "maxLength": 63},
        "text": _POINTER,
        "numeric": {
            "anyOf": [
                _POINTER,
                {"type": "array", "items": _POINTER, "minItems": 1, "maxItems": 200},
            ]
        },
    },
    "additionalProperties": False,
}
# What PATCH may change; a new project names itself besides.
PROJECT_CHANGES: Document = {
    "name": NAME | {"maxLength": 200},
    "guidelines": {"type": "string", "maxLength": 100_000},
    "access": {"enum": ["invited", "open"]},
    "item_schema": {"type": ["object", "null"]},
    "form": {
        "type": "array",
        "minItems": 1,
        "maxItems": 50,
        "items": {"oneOf": list(forms.SCHEMAS.values())},
    },
    "split": {"oneOf": list(splitting.SCHEMAS.values())},
    "redundancy": REDUNDANCY_IN,
    "reliability_floor": SHARE,
    "gold_rate": SHARE,
    "show_predictions": {"type": "boolean"},
    "route": {"enum": ["uncertain_first", "none"]},
    "lease_s": {"type": "integer", "minimum": 1, "maximum": 2_592_000},
    "claim_limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
    "reward": money.SCHEMA,
    "budget": {"anyOf": [money.SCHEMA, {"type": "null"}]},
    "retraining": {"anyOf": [RETRAINING_IN, {"type": "null"}]},
}
PROJECT_IN: Document = {
    "type": "object",
    "required": ["slug", "name", "form"],
    "properties": {"slug": SLUG, **PROJECT_CHANGES},
    "additionalProperties": False,
}
PROJECT_CHANGE: Document = options(PROJECT_CHANGES)
CLAIM_IN: Document = options({"count": {"type": "integer", "minimum": 1, "maximum": 1000}})
SUBMIT_IN: Document = record(
    {"answer": {"type": "object"}, "elapsed_s": {"type": "number", "minimum": 0, "maximum": 1e7}},
    optional=("elapsed_s",),
)
REASON_IN: Document = options({"reason": {"type": "string", "maxLength": 2000}})
NOTE_IN: Document = options({"note": {"type": "string", "maxLength": 2000}})
TENANT_IN: Document = record(
    {"slug": SLUG, "name": {"type": "string", "maxLength": 200}, "manager": NAME},
    optional=("name",),
)
WORKER_IN: Document = record(
    {"username": NAME, "email": {"type": "string", "format": "email", "maxLength": 254}},
    optional=("email",),
)
_SCOPE: Document = {
    "enum": [f"{scope}{mode}" for scope in SCOPES for mode in ("", ":read", ":write")]
}
_KEY_OPTIONS: Document = {
    "scopes": {"type": "array", "items": _SCOPE, "minItems": 1, "uniqueItems": True},
    "expires_at": TIME,
}
WORKER_KEY_IN: Document = options(_KEY_OPTIONS)
KEY_IN: Document = {
    "type": "object",
    "required": ["role"],
    "properties": {"role": {"enum": ["reviewer", "manager", "client", "operator"]}, **_KEY_OPTIONS},
    "additionalProperties": False,
}

_REPORT: Document = {
    "batch": nullable(TEXT),
    "accepted": COUNT,
    "duplicates": COUNT,
    "rejected": COUNT,
    "tasks": COUNT,
    "errors": {"type": "array"},
    "errors_total": COUNT,
}
COMPONENTS: Document = {
    "Project": record(
        {
            "slug": TEXT,
            "name": TEXT,
            "state": {"enum": ["draft", "open", "paused", "closed"]},
            "guidelines": TEXT,
            "guideline_version": COUNT,
            "access": TEXT,
            "item_schema": nullable({"type": "object"}),
            "form": {"type": "array"},
            "split": {"type": "object"},
            "redundancy": record({"min": COUNT, "max": COUNT, "target_confidence": SHARE}),
            "reliability_floor": SHARE,
            "gold_rate": SHARE,
            "show_predictions": {"type": "boolean"},
            "route": TEXT,
            "lease_s": COUNT,
            "claim_limit": COUNT,
            "priority": {"type": "integer"},
            "reward": money.SCHEMA,
            "budget": nullable(money.SCHEMA),
            "retraining": nullable({"type": "object"}),
            "progress": record(
                {
                    "items": COUNT,
                    "tasks": COUNT,
                    "resolved": COUNT,
                    "unresolvable": COUNT,
                    "answers": COUNT,
                }
            ),
            "created_at": TIME,
        }
    ),
    "Assignment": record(
        {
            "id": UUID,
            "task": UUID,
            "project": TEXT,
            "part": nullable(
                record(
                    {"index": COUNT, "of": COUNT, "start": COUNT, "end": COUNT},
                    optional=("start", "end"),
                )
            ),
            "payload": {"type": "object"},
            "form": {"type": "array"},
            "guidelines_url": TEXT,
            "guideline_version": COUNT,
            "leased_until": TIME,
            "remaining_s": {"type": "number"},
            "reward": money.SCHEMA,
            "prediction": nullable({"type": "object"}),
            "state": {"enum": ["leased", "answered", "released", "skipped", "expired"]},
            "answer": {"type": "object"},
            "answered_at": TIME,
            "late": {"type": "boolean"},
        },
        optional=("answer", "answered_at", "late"),
    ),
    "Reason": record({"code": TEXT, "detail": TEXT}),
    "Claimed": record(
        {
            "assignments": {"type": "array", "items": ref("Assignment")},
            "reasons": {"type": "array", "items": ref("Reason")},
        },
        optional=("reasons",),
    ),
    "Work": record(
        {
            "slug": TEXT,
            "name": TEXT,
            "reward": money.SCHEMA,
            "median_s": nullable({"type": "number"}),
            "expected_hourly": nullable(money.SCHEMA),
            "tasks_left": COUNT,
            "reasons": {"type": "array", "items": ref("Reason")},
        }
    ),
    "Me": record(
        {
            "id": UUID,
            "username": TEXT,
            "role": TEXT,
            "tenant": nullable(TEXT),
            "scopes": {"type": "array", "items": TEXT},
            "created_at": TIME,
        }
    ),
    "Restriction": record({"project": TEXT, "code": TEXT, "reason": TEXT, "until": nullable(TIME)}),
    "Report": record(_REPORT),
    "Item": record(
        {
            "external_id": TEXT,
            "batch": TEXT,
            "payload": {"type": "object"},
            "priority": {"type": "integer"},
            "gold": nullable({"type": "object"}),
            "hint": TEXT,
            "created_at": TIME,
            "withdrawn_at": nullable(TIME),
            "withdrawn_because": nullable(TEXT),
        }
    ),
    "Task": record(
        {
            "id": UUID,
            "external_id": TEXT,
            "part": nullable(COUNT),
            "state": {
                "enum": ["open", "leased", "settling", "resolved", "unresolvable", "withdrawn"]
            },
            "n_answers": COUNT,
            "open_slots": nullable(COUNT),
            "live_leases": COUNT,
            "priority": {"type": "integer"},
        }
    ),
    "Consensus": record(
        {
            "seq": COUNT,
            "project": TEXT,
            "external_id": TEXT,
            "task": nullable(UUID),
            "part": nullable(COUNT),
            "field": TEXT,
            "revision": COUNT,
            "state": {"enum": ["provisional", "resolved", "unresolvable", "withdrawn"]},
            "value": ANY,
            "distribution": nullable({"type": "object"}),
            "interval": nullable({"type": "array"}),
            "confidence": nullable(SHARE),
            "stop_posterior": nullable(SHARE),
            "share": nullable(SHARE),
            "n_answers": COUNT,
            "n_set_aside": COUNT,
            "aggregator": record({"name": TEXT, "version": TEXT, "parameters": _PARAMETERS}),
            "guideline_version": nullable(COUNT),
            "human_annotated": {"type": "boolean"},
            "cause": {"enum": ["answer", "refit", "flag", "gold", "withdrawal", "appeal"]},
            "resolved_at": nullable(TIME),
        }
    ),
    "Changes": record(
        {
            "feed": UUID,
            "results": {"type": "array", "items": ref("Consensus")},
            "next": COUNT,
            "head": COUNT,
        }
    ),
    "Agreement": record(
        {
            "fields": {
                "type": "array",
                "items": record(
                    {
                        "field": TEXT,
                        "measure": TEXT,
                        "level": TEXT,
                        "value": nullable({"type": "number"}),
                        "interval": nullable({"type": "array"}),
                        "method": TEXT,
                        "n_tasks": COUNT,
                        "n_answers": COUNT,
                        "undefined_because": nullable(TEXT),
                    }
                ),
            }
        }
    ),
    "Worker": {
        "type": "object",
        "required": [
            "worker",
            "recorded",
            "n_answers",
            "accuracy",
            "gold",
            "median_s",
            "flags",
            "restricted",
        ],
        "properties": {
            "worker": TEXT,
            "name": TEXT,
            "recorded": {"type": "boolean"},
            "n_answers": COUNT,
            "accuracy": nullable({"type": "object"}),
            "gold": nullable({"type": "object"}),
            "median_s": nullable({"type": "number"}),
            "flags": {"type": "array", "items": UUID},
            "restricted": nullable(record({"until": nullable(TIME), "reason": TEXT})),
            "history": {"type": "array"},
            "confusion": {"type": "object"},
            "evidence": {"type": "array"},
        },
        "additionalProperties": False,
    },
    "Flag": record(
        {
            "id": UUID,
            "project": TEXT,
            "worker": TEXT,
            "kind": TEXT,
            "state": {"enum": ["open", "confirmed", "dismissed"]},
            "reason": TEXT,
            "rule": record({"name": TEXT, "version": TEXT}),
            "evidence": {"type": "object"},
            "raised_at": TIME,
            "decided_at": nullable(TIME),
            "decided_by": nullable(TEXT),
            "note": TEXT,
        }
    ),
    "Tenant": record(
        {"slug": TEXT, "manager": record({"id": UUID, "username": TEXT}), "key": TEXT}
    ),
    "Invited": record({"id": UUID, "username": TEXT, "pseudonym": TEXT}),
    "NewKey": record(
        {
            "id": UUID,
            "key": TEXT,
            "scopes": {"type": "array", "items": TEXT},
            "expires_at": nullable(TIME),
        }
    ),
    "Key": record(
        {
            "id": UUID,
            "username": TEXT,
            "role": TEXT,
            "scopes": {"type": "array", "items": TEXT},
            "created_at": TIME,
            "expires_at": nullable(TIME),
            "last_used_at": nullable(TIME),
        }
    ),
}

__all__ = ["COMPONENTS", "EXTERNAL_ID"]
