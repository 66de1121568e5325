"""JSON pointers (RFC 6901) into payloads."""

from typing import Any


class NothingThere(LookupError):
    """The payload has no such place."""


def parts(pointer: str) -> list[str]:
    """The unescaped steps of a pointer; none for the whole document."""
    return [step.replace("~1", "/").replace("~0", "~") for step in pointer.split("/")[1:]]


def escaped(step: str) -> str:
    """One step as it stands in a pointer."""
    return step.replace("~", "~0").replace("/", "~1")


def found(document: Any, pointer: str) -> Any:
    """The value at the pointer. Raises NothingThere."""
    for step in parts(pointer):
        try:
            document = document[int(step)] if isinstance(document, list) else document[step]
        except (KeyError, IndexError, ValueError, TypeError):
            raise NothingThere(pointer) from None
    return document


def replaced(document: Any, pointer: str, value: Any) -> Any:
    """A copy of the document with another value at the pointer. Raises NothingThere."""
    return _replaced(document, parts(pointer), value, pointer)


def _replaced(document: Any, steps: list[str], value: Any, pointer: str) -> Any:
    if not steps:
        return value
    inner = _replaced(found(document, "/" + escaped(steps[0])), steps[1:], value, pointer)
    if isinstance(document, list):
        index = int(steps[0])
        return [*document[:index], inner, *document[index + 1 :]]
    return {**document, steps[0]: inner}
