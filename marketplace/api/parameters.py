"""What stands behind the question mark of an address, checked against its declaration."""

import re
from typing import Any

from rest_framework.request import Request

from marketplace.api.errors import BadParameter
from tasks_app.schemas import Schema

Document = dict[str, Any]

_WHOLE = re.compile(r"-?[0-9]{1,19}")
_NUMBER = re.compile(r"-?[0-9]{1,30}(\.[0-9]{1,400})?([eE][-+]?[0-9]{1,3})?")


def read(request: Request, declared: dict[str, Document]) -> dict[str, Any]:
    """The parameters by name, those left out by their defaults. Raises BadParameter."""
    query = request.query_params
    for name in query:
        if name not in declared:
            allowed = ", ".join(declared) or "none"
            raise BadParameter(
                name[:80], "unknown_parameter", f"unknown parameter; allowed: {allowed}"
            )
    found: dict[str, Any] = {}
    for name, schema in declared.items():
        given = query.getlist(name)
        if len(given) > 1:
            raise BadParameter(name, "repeated_parameter", "stands more than once")
        if given:
            found[name] = _parameter(name, schema, given[0])
        elif "default" in schema:
            found[name] = schema["default"]
    return found


def _parameter(name: str, schema: Document, text: str) -> Any:
    value: Any = text
    kind = schema["type"]
    if kind == "integer" and _WHOLE.fullmatch(text):
        value = int(text)
    elif kind == "number" and _NUMBER.fullmatch(text):
        value = float(text)
    elif kind == "boolean" and text in {"true", "false"}:
        value = text == "true"
    faults = Schema(schema).faults(value)
    if not faults and "\x00" not in text:
        return value
    told = faults[0].detail if faults else "holds a NUL character"
    raise BadParameter(name, "bad_parameter", told)
