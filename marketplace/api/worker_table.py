"""The workers of a project as a table, for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

Row = dict[str, Any]

_WITH_ENDS = ("accuracy", "gold", "agreement", "speed")
_SCORES = {
    "low_information": ("score", "p_value", "gain"),
    "drift": ("score", "p_value", "change_at"),
    "copying": ("score", "flagged"),
    "too_fast": ("score", "p_value", "share_fast"),
}


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table, line by line: the names of its columns, then a worker each."""
    cells = _cells(None)
    yield _line(cells)
    for row in rows:
        yield _line(_cells(row).values())


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cells(row: Row | None) -> Row:
    """A row by column; of None the columns with nothing in them."""
    told = row or {}
    scores = told.get("scores") or {}
    cells: Row = {
        "worker": told.get("worker"),
        "name": _text(told.get("name", "")),
        "recorded": told.get("recorded"),
        "n_answers": told.get("n_answers"),
        "median_s": told.get("median_s"),
    }
    for name in _WITH_ENDS:
        figure = told.get(name) or {}
        low, high = figure.get("interval", (None, None))
        cells |= {name: figure.get("value"), f"{name}_low": low, f"{name}_high": high}
        if name != "accuracy":
            cells[f"{name}_n"] = figure.get("n")
    for kind, names in _SCORES.items():
        score = scores.get(kind, {})
        cells |= {f"{kind}_{name}": score.get(name) for name in names}
    worst = {
        key: field["worst_label"]
        for key, field in (told.get("fields") or {}).items()
        if field["worst_label"] is not None
    }
    return cells | {
        "worst_labels": _text(" ".join(f"{key}={label}" for key, label in worst.items())),
        "flags": " ".join(map(str, told.get("flags", ()))),
        "restricted": _text((told.get("restricted") or {}).get("reason", "")),
    }


def _text(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell
