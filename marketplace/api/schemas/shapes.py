"""The words that schemas are put together of."""

from typing import Any

Document = dict[str, Any]

TEXT: Document = {"type": "string"}
TIME: Document = {"type": "string", "format": "date-time"}
UUID: Document = {"type": "string", "format": "uuid"}
COUNT: Document = {"type": "integer", "minimum": 0}
SHARE: Document = {"type": "number", "minimum": 0, "maximum": 1}
ANY: Document = {}
SLUG: Document = {"type": "string", "pattern": "^[a-z0-9](?:[-a-z0-9_]{0,61}[a-z0-9])?$"}
# No control characters, and not blank.
NAME: Document = {
    "type": "string",
    "minLength": 1,
    "maxLength": 150,
    "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]*[^\\s\\x00-\\x1f\\x7f-\\x9f][^\\x00-\\x1f\\x7f-\\x9f]*$",
}


def ref(name: str) -> Document:
    """A named schema of the document."""
    return {"$ref": f"#/components/schemas/{name}"}


def nullable(schema: Document) -> Document:
    """The schema, or null."""
    if isinstance(schema.get("type"), str) and "enum" not in schema:
        return schema | {"type": [schema["type"], "null"]}
    return {"anyOf": [schema, {"type": "null"}]}


def record(properties: Document, optional: tuple[str, ...] = ()) -> Document:
    """An object that has all of these, but perhaps the optional ones, and nothing else."""
    return {
        "type": "object",
        "required": [name for name in properties if name not in optional],
        "properties": properties,
        "additionalProperties": False,
    }


def options(properties: Document) -> Document:
    """An object that may have any of these, and nothing else."""
    return {"type": "object", "properties": properties, "additionalProperties": False}
