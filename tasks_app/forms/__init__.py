"""Forms: the typed questions of a project, and the answers that fit them."""

from tasks_app.forms.checking import chance, check
from tasks_app.forms.gold import accepted, certain, check_gold, known, reason
from tasks_app.forms.payloads import check_fit, check_payload, misfits, reads_payload
from tasks_app.forms.schemas import CATEGORICAL, SCHEMAS, Field, choices
from tasks_app.forms.values import Values, from_text, normalised, value, whole

__all__ = [
    "CATEGORICAL",
    "SCHEMAS",
    "Field",
    "Values",
    "accepted",
    "certain",
    "chance",
    "check",
    "check_fit",
    "check_gold",
    "check_payload",
    "choices",
    "from_text",
    "known",
    "misfits",
    "normalised",
    "reads_payload",
    "reason",
    "value",
    "whole",
]
