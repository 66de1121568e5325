"""Plain tables and the last line of a benchmark."""

import json
import math
import os
import platform
import sys
from collections.abc import Iterable, Sequence
from importlib.metadata import version
from typing import Any

Cell = str | float | int | None


def show(title: str, columns: Sequence[str], rows: Iterable[Sequence[Cell]]) -> None:
    """A table: the first column to the left, the others to the right, nothing for None."""
    texts = [[_text(cell) for cell in row] for row in rows]
    widths = [max(map(len, column)) for column in zip(columns, *texts, strict=True)]
    print(f"\n{title}")
    for row in (columns, ["-" * width for width in widths], *texts):
        first, *others = zip(row, widths, strict=True)
        print("  ".join([first[0].ljust(first[1]), *(text.rjust(width) for text, width in others)]))


def progress(line: str) -> None:
    """Said while running, apart from what was found."""
    print(line, file=sys.stderr, flush=True)


def conclude(figures: dict[str, Any], **versions: str) -> None:
    """The last line: every figure, the versions and the size of the machine."""
    ours = {name: version(name) for name in ("numpy", "scipy")}
    about = {
        "versions": {"python": platform.python_version(), **ours, **versions},
        "n_cpus": os.cpu_count(),
    }
    print(json.dumps(_rounded({**figures, **about})), flush=True)


def mean(values: Iterable[float | None]) -> float | None:
    """The mean of those there are."""
    known = [value for value in values if value is not None]
    return math.fsum(known) / len(known) if known else None


def _text(cell: Cell) -> str:
    if cell is None:
        return ""
    if isinstance(cell, float):
        if 0 < abs(cell) < 5e-4:
            return f"{cell:.0e}"
        return f"{cell:.3f}" if abs(cell) < 1000 else f"{cell:,.0f}"
    return str(cell)


def _rounded(value: Any) -> Any:
    """Five digits are more than any of them is good to; JSON knows no nan."""
    if isinstance(value, dict):
        return {key: _rounded(inner) for key, inner in value.items()}
    if isinstance(value, float):
        return float(f"{value:.5g}") if math.isfinite(value) else None
    return value
