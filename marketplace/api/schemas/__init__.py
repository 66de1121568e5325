"""The shapes of what comes in and goes out, as JSON Schemas."""

from marketplace.api.schemas.asked import (
    CLAIM_IN,
    KEY_IN,
    NOTE_IN,
    PROJECT_CHANGE,
    PROJECT_IN,
    PROMOTE_IN,
    REASON_IN,
    SUBMIT_IN,
    TENANT_IN,
    WORKER_IN,
    WORKER_KEY_IN,
)
from marketplace.api.schemas.shapes import (
    ANY,
    COUNT,
    SHARE,
    TEXT,
    TIME,
    UUID,
    nullable,
    record,
    ref,
)
from marketplace.api.schemas.told import COMPONENTS
from tasks_app.items import EXTERNAL_ID

__all__ = [
    "ANY",
    "CLAIM_IN",
    "COMPONENTS",
    "COUNT",
    "EXTERNAL_ID",
    "KEY_IN",
    "NOTE_IN",
    "PROJECT_CHANGE",
    "PROJECT_IN",
    "PROMOTE_IN",
    "REASON_IN",
    "SHARE",
    "SUBMIT_IN",
    "TENANT_IN",
    "TEXT",
    "TIME",
    "UUID",
    "WORKER_IN",
    "WORKER_KEY_IN",
    "nullable",
    "record",
    "ref",
]
