"""What clients write down of a row of the feed."""

from typing import Any

from chaos.history import Note

NAMES = ("seq", "task", "field", "revision", "value", "n_answers")


def shown(row: dict[str, Any]) -> Note:
    """What identifies a row, and what it says; less of one that was too long to send."""
    return {name: row[name] for name in (*NAMES, "truncated") if name in row}
