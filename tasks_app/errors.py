"""What a client can act on: refusals of the state, and faults in what was sent."""

import inspect
from collections.abc import Sequence
from dataclasses import dataclass


class Refusal(Exception):
    """The request is well formed but the state of the work forbids it."""

    code = "refused"

    def __str__(self) -> str:
        if self.args:
            return str(self.args[0])
        return " ".join((inspect.getdoc(type(self)) or self.code).split())


class Missing(Exception):
    """There is no such thing, or none that the caller may see."""


@dataclass(frozen=True, slots=True)
class Fault:
    """One thing that is wrong, and where: a JSON pointer, and the 1-based record of an upload."""

    pointer: str
    code: str
    detail: str
    row: int | None = None


class Invalid(Exception):
    """What was sent is well formed but not valid; nothing was stored."""

    def __init__(self, faults: Sequence[Fault], *, total: int | None = None) -> None:
        super().__init__(faults[0].detail if faults else "invalid")
        self.faults = list(faults)
        # Uploads name their first thousand faults and count the rest.
        self.total = len(self.faults) if total is None else total


def invalid(pointer: str, code: str, detail: str) -> Invalid:
    """One fault, ready to be raised."""
    return Invalid([Fault(pointer, code, detail)])
