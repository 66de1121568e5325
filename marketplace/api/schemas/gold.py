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
COMPONENTS: Document = {
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
