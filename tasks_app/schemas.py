"""JSON Schemas, compiled, and their violations told as faults."""

from typing import Any

import jsonschema_rs

from tasks_app.errors import Fault, Invalid
from tasks_app.pointers import escaped

Document = dict[str, Any]


class Schema:
    """A compiled JSON Schema (draft 2020-12). References never leave the document.

    Raises ValueError, with the reason, if the schema itself is not valid.
    """

    def __init__(self, document: Document) -> None:
        self.document = document
        try:
            self._validator = jsonschema_rs.Draft202012Validator(
                document,
                offline=True,
                validate_formats=True,
                pattern_options=jsonschema_rs.RegexOptions(),
            )
        except (jsonschema_rs.ValidationError, jsonschema_rs.ReferencingError) as error:
            raise ValueError(str(error).split("\n", 1)[0][:300]) from None

    def faults(self, value: object, *, pointer: str = "") -> list[Fault]:
        """Everything that is wrong with the value, each with its place."""
        return [
            fault
            for error in self._validator.iter_errors(value)
            for fault in self._told(error, pointer)
        ]

    def check(self, value: object, *, pointer: str = "") -> None:
        """Raises Invalid naming every violation."""
        if self._validator.is_valid(value):
            return
        faults = self.faults(value, pointer=pointer)
        if faults:
            raise Invalid(faults)

    def _told(self, error: jsonschema_rs.ValidationError, pointer: str) -> list[Fault]:
        place = pointer + "".join(f"/{escaped(str(step))}" for step in error.instance_path)
        kind = error.kind.name
        if kind == "additionalProperties":
            return [
                Fault(f"{place}/{escaped(name)}", "unknown_field", f"there is no {name[:80]!r}")
                for name in error.kind.as_dict()["unexpected"]
            ]
        if kind == "required":
            name = error.kind.as_dict()["property"]
            return [Fault(f"{place}/{escaped(name)}", "required", f"{name!r} is required")]
        if kind == "oneOf" and isinstance(error.instance, dict):
            return self._told_by_kind(error, place)
        return [Fault(place, "schema", error.message[:300])]

    def _told_by_kind(self, error: jsonschema_rs.ValidationError, place: str) -> list[Fault]:
        """Of alternatives told apart by a constant, only the one that was meant is told."""
        alternatives: Any = self.document
        for step in error.schema_path:
            alternatives = alternatives[step]
        by_constant = {
            (name, inner["const"]): alternative
            for alternative in alternatives
            for name, inner in alternative.get("properties", {}).items()
            if "const" in inner
        }
        instance: Any = error.instance
        for (name, constant), alternative in by_constant.items():
            if instance.get(name) == constant:
                return Schema(alternative).faults(instance, pointer=place)
        if not by_constant:
            return [Fault(place, "schema", error.message[:300])]
        name = next(name for name, _ in by_constant)
        allowed = ", ".join(str(constant) for _, constant in by_constant)
        return [Fault(f"{place}/{name}", f"unknown_{name}", f"{name!r} is one of {allowed}")]
