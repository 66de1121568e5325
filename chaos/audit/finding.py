"""What a check found, and how it asks."""

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from datetime import datetime
from typing import Any, Protocol

from chaos.history import Story

MOST_SHOWN = 3


class Cursor(Protocol):
    """Of whichever library."""

    def execute(self, sql: Any, parameters: Any = None, /) -> Any:
        """Ask."""

    def fetchall(self) -> list[Any]:
        """What was answered."""


@dataclass(frozen=True)
class Scene:
    """What is audited: the rows of one project, and what its clients were told."""

    cursor: Cursor
    project_id: int
    story: Story
    now: datetime

    def rows(self, sql: str, **more: object) -> list[tuple[Any, ...]]:
        """Those a query gives for the project."""
        self.cursor.execute(sql, {"project": self.project_id, "now": self.now, **more})
        return list(self.cursor.fetchall())

    def figure(self, sql: str) -> int:
        """The one number a query gives."""
        return int(self.rows(sql)[0][0])


@dataclass(frozen=True)
class Finding:
    """How much was looked at, and what was wrong."""

    figure: str
    faults: list[str]

    @property
    def is_good(self) -> bool:
        """True if nothing was wrong."""
        return not self.faults

    def line(self, name: str) -> str:
        """As it is shown."""
        mark = "ok  " if self.is_good else "FAIL"
        shown = "; ".join(self.faults[:MOST_SHOWN])
        more = f"; and {len(self.faults) - MOST_SHOWN} more" if self.faults[MOST_SHOWN:] else ""
        return f"{mark} {name:<20} {self.figure}" + (f": {shown}{more}" if shown else "")


Check = Callable[[Scene], Finding]


def faults(found: Iterable[tuple[Any, ...]], words: str) -> list[str]:
    """Each row that should not be there, in words."""
    return [words.format(*row) for row in found]
