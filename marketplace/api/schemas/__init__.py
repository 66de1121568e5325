"""The shapes of what comes in and goes out, as JSON Schemas."""

from marketplace.api.schemas import told, workers
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
from marketplace.api.schemas.workers import (
    ATTRIBUTES_IN,
    CONFIRM_IN,
    LISTED_IN,
    REVIEWS_IN,
    SKILL_IN,
    SKILL_VALUES_IN,
)
from tasks_app.items import EXTERNAL_ID

COMPONENTS = told.COMPONENTS | workers.COMPONENTS

__all__ = [
    "ANY",
    "ATTRIBUTES_IN",
    "CLAIM_IN",
    "COMPONENTS",
    "CONFIRM_IN",
    "COUNT",
    "EXTERNAL_ID",
    "KEY_IN",
    "LISTED_IN",
    "NOTE_IN",
    "PROJECT_CHANGE",
    "PROJECT_IN",
    "PROMOTE_IN",
    "REASON_IN",
    "REVIEWS_IN",
    "SHARE",
    "SKILL_IN",
    "SKILL_VALUES_IN",
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
