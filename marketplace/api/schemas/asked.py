"""What comes in."""

from marketplace.accounts.keys import SCOPES
from marketplace.api import money
from marketplace.api.schemas.shapes import NAME, SHARE, SLUG, TIME, Document, options, record
from marketplace.api.schemas.workers import GATE_IN
from tasks_app import forms, splitting
from tasks_app.items import EXTERNAL_ID

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
    "gold_feedback": {"type": "boolean"},
    "show_predictions": {"type": "boolean"},
    "route": {"enum": ["uncertain_first", "none"]},
    "lease_s": {"type": "integer", "minimum": 1, "maximum": 2_592_000},
    "claim_limit": {"type": "integer", "minimum": 1, "maximum": 1000},
    "priority": {"type": "integer", "minimum": -1_000_000, "maximum": 1_000_000},
    "reward": money.SCHEMA,
    "budget": {"anyOf": [money.SCHEMA, {"type": "null"}]},
    "retraining": {"anyOf": [RETRAINING_IN, {"type": "null"}]},
    **GATE_IN,
}
PROJECT_IN: Document = {
    "type": "object",
    "required": ["slug", "name", "form"],
    "properties": {"slug": SLUG, **PROJECT_CHANGES},
    "additionalProperties": False,
}
PROJECT_CHANGE: Document = options(
    # Whether workers are to confirm the guidelines, new ones or those in force, before they go on.
    PROJECT_CHANGES | {"guidelines_change_answers": {"type": "boolean"}}
)
CLAIM_IN: Document = options({"count": {"type": "integer", "minimum": 1, "maximum": 1000}})
SUBMIT_IN: Document = record(
    {"answer": {"type": "object"}, "elapsed_s": {"type": "number", "minimum": 0, "maximum": 1e7}},
    optional=("elapsed_s",),
)
REASON_IN: Document = options({"reason": {"type": "string", "maxLength": 2000}})
PROMOTE_IN: Document = record(
    {
        "external_ids": {
            "type": "array",
            "items": EXTERNAL_ID,
            "minItems": 1,
            "maxItems": 1000,
            "uniqueItems": True,
        }
    }
)
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
