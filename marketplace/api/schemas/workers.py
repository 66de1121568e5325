"""What is kept of workers, as it comes in and goes out."""

from marketplace.api.schemas.shapes import (
    ANY,
    COUNT,
    NAME,
    SHARE,
    SLUG,
    TEXT,
    TIME,
    Document,
    nullable,
    record,
    ref,
)
from quality.models import Skill

_NUMBER: Document = {"type": "number"}
_DAYS: Document = {"type": "integer", "minimum": 1, "maximum": 3650}
_PSEUDONYM: Document = {"type": "string", "maxLength": 36}
SKILL_IN: Document = {
    "type": "object",
    "required": ["name", "source"],
    "properties": {
        "name": SLUG,
        "source": {"enum": list(Skill.Source.values)},
        "project": nullable({"type": "string", "maxLength": 63}),
        "window": nullable({"type": "integer", "minimum": 1, "maximum": 200}),
        "ttl_days": nullable(_DAYS),
    },
    "additionalProperties": False,
}
SKILL_VALUES_IN: Document = record(
    {
        "values": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": record(
                {
                    "worker": _PSEUDONYM,
                    "value": {"type": "number", "minimum": -1e9, "maximum": 1e9},
                }
            ),
        },
        "expires_at": TIME,
    },
    optional=("expires_at",),
)
ATTRIBUTES_IN: Document = record(
    {
        "attributes": {
            "type": "object",
            "maxProperties": 100,
            "propertyNames": {"minLength": 1, "maxLength": 63},
            "additionalProperties": {
                "anyOf": [
                    {"type": "string", "maxLength": 1000},
                    {"type": "number", "minimum": -1e15, "maximum": 1e15},
                    {"type": ["boolean", "null"]},
                ]
            },
        }
    }
)
LISTED_IN: Document = record(
    {"workers": {"type": "array", "minItems": 1, "maxItems": 100_000, "items": _PSEUDONYM}}
)
REVIEWS_IN: Document = record(
    {
        "reviews": {
            "type": "array",
            "minItems": 1,
            "maxItems": 1000,
            "items": record(
                {
                    "external_id": {"type": "string", "maxLength": 200},
                    "part": nullable({"type": "integer", "minimum": 0, "maximum": 2_147_483_647}),
                    "worker": _PSEUDONYM,
                    "accepted": {"type": "boolean"},
                    "note": {"type": "string", "maxLength": 2000},
                },
                optional=("part", "note"),
            ),
        }
    }
)
CONFIRM_IN: Document = record(
    {"version": {"type": "integer", "minimum": 1, "maximum": 2_147_483_647}}
)
# What a project asks of workers; PATCH takes each by itself, null asks nothing.
_TERMS: Document = {
    "n": {"type": "integer", "minimum": 1, "maximum": 1000},
    "pass_mark": SHARE,
    "retry_days": nullable({"type": "integer", "minimum": 0, "maximum": 3650}),
}
GATE_IN: Document = {
    "requirements": {"type": ["object", "null"]},
    "exam": nullable(
        {
            "type": "object",
            "required": ["n", "pass_mark"],
            "properties": _TERMS | {"paid": {"type": "boolean"}},
            "additionalProperties": False,
        }
    ),
    "training": nullable(
        {
            "type": "object",
            "required": ["n", "pass_mark"],
            "properties": _TERMS,
            "additionalProperties": False,
        }
    ),
}
_VALUE: Document = {
    "skill": TEXT,
    "source": {"enum": list(Skill.Source.values)},
    "project": nullable(TEXT),
    "value": _NUMBER,
    "interval": {"type": "array", "items": _NUMBER},
    "n": COUNT,
    "changed_at": nullable(TIME),
    "expires_at": nullable(TIME),
}
COMPONENTS: Document = {
    "Skill": record(
        {
            "name": NAME,
            "source": {"enum": list(Skill.Source.values)},
            "scope": {"enum": ["project", "tenant", "deployment"]},
            "project": nullable(TEXT),
            "window": nullable(COUNT),
            "ttl_days": nullable(COUNT),
            "created_at": TIME,
        }
    ),
    "SkillValue": record({"worker": TEXT, **_VALUE}),
    "OwnSkillValue": record(_VALUE),
    "Kept": record({"n": COUNT}),
    "Confirmed": record({"version": COUNT, "reasons": {"type": "array", "items": ref("Reason")}}),
    "KnownWorker": record(
        {
            "worker": TEXT,
            "name": TEXT,
            "invited": {"type": "boolean"},
            "recorded": {"type": "boolean"},
            "attributes": {"type": "object", "additionalProperties": ANY},
            "lists": {"type": "array", "items": TEXT},
            "skills": {"type": "array", "items": ref("OwnSkillValue")},
        },
        optional=("name",),
    ),
    "Mirror": record(
        {
            "skills": {"type": "array", "items": ref("OwnSkillValue")},
            "projects": {"type": "array", "items": {"type": "object"}},
        }
    ),
    "AgreementOfPairs": record(
        {
            "field": nullable(TEXT),
            "workers": {"type": "array", "items": TEXT},
            "n_shared": {"type": "array"},
            "agreement": {"type": "array"},
            "kappa": {"type": "array"},
        }
    ),
}
