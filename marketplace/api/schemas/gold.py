"""What goes out about gold."""

from marketplace.api.schemas.shapes import (
    COUNT,
    SHARE,
    TEXT,
    TIME,
    UUID,
    Document,
    nullable,
    record,
)

_SHARE: Document = record({"value": SHARE, "interval": {"type": "array"}})
_SEEN: Document = record(
    {"n": COUNT, "value": nullable(SHARE), "interval": nullable({"type": "array"})}
)
_LEAK: Document = {
    "old": _SEEN,
    "fresh": _SEEN,
    "difference": nullable({"type": "number"}),
    "interval": nullable({"type": "array"}),
    "p_value": nullable(SHARE),
    "suspected": {"type": "boolean"},
}
COMPONENTS: Document = {
    "GoldCandidate": record(
        {
            "external_id": TEXT,
            "task": UUID,
            "gold": {"type": "object"},
            "n_answers": COUNT,
            "confidence": SHARE,
        }
    ),
    "GoldSummary": record(
        {
            "n_live": COUNT,
            "n_retired": COUNT,
            "workers": {
                "type": "array",
                "items": record(
                    {
                        "worker": TEXT,
                        "n_seen": COUNT,
                        "n_left": COUNT,
                        "per_day": {"type": "number", "minimum": 0},
                        "days_left": nullable({"type": "number", "minimum": 0}),
                    }
                ),
            },
            "leaks": record(
                {
                    "project": record(_LEAK),
                    "workers": {"type": "array", "items": record({"worker": TEXT, **_LEAK})},
                }
            ),
        }
    ),
    "Feedback": record(
        {
            "fields": {
                "type": "object",
                "additionalProperties": record(
                    {"accepted": {"type": "array"}, "reason": nullable(TEXT)}
                ),
            },
            "hint": TEXT,
        }
    ),
    "Gold": record(
        {
            "external_id": TEXT,
            "task": UUID,
            "state": {"enum": ["live", "retired"]},
            "n": COUNT,
            "score": nullable(_SHARE),
            "n_good": COUNT,
            "score_good": nullable(_SHARE),
            "retired": nullable(
                record(
                    {"because": {"enum": ["failing", "shown", "by_hand"]}, "note": TEXT, "at": TIME}
                )
            ),
            "created_at": TIME,
        }
    ),
}
