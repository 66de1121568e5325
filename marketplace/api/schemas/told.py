"""What goes out, by the names it has in the document."""

from marketplace.api import money
from marketplace.api.schemas import gold
from marketplace.api.schemas.shapes import (
    ANY,
    COUNT,
    SHARE,
    TEXT,
    TIME,
    UUID,
    Document,
    nullable,
    options,
    record,
    ref,
)

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
_ENDS: Document = {"type": "array", "items": {"type": "number"}, "minItems": 2, "maxItems": 2}
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
    **gold.COMPONENTS,
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
            "gold_feedback": {"type": "boolean"},
            "show_predictions": {"type": "boolean"},
            "route": TEXT,
            "lease_s": COUNT,
            "claim_limit": COUNT,
            "priority": {"type": "integer"},
            "reward": money.SCHEMA,
            "budget": nullable(money.SCHEMA),
            "retraining": nullable({"type": "object"}),
            "requirements": nullable({"type": "object"}),
            "exam": nullable({"type": "object"}),
            "training": nullable({"type": "object"}),
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
            "feedback": ref("Feedback"),
        },
        optional=("answer", "answered_at", "late", "feedback"),
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
                "enum": [
                    *("open", "leased", "settling", "resolved", "unresolvable"),
                    *("withdrawn", "retired"),
                ]
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
            "median_s_interval",
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
            "median_s_interval": nullable(_ENDS),
            "agreement": nullable({"type": "object"}),
            "speed": nullable({"type": "object"}),
            "scores": nullable({"type": "object"}),
            "fields": nullable({"type": "object"}),
            "series": {"type": "array"},
            "studied_at": nullable(TIME),
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
