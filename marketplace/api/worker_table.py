"""The workers of a project as a table, for a spreadsheet."""

import csv
import io
from collections.abc import Iterable, Iterator
from typing import Any

from marketplace.api.rendering import dumps

Row = dict[str, Any]


def lines(rows: Iterable[Row]) -> Iterator[str]:
    """The table, line by line: the names of its columns, then a worker each."""
    yield _line(_cells({}))
    for row in rows:
        yield _line(_cells(row).values())


def _line(cells: Iterable[Any]) -> str:
    line = io.StringIO()
    csv.writer(line).writerow(cells)
    return line.getvalue()


def _cells(row: Row) -> Row:
    """A row, as a reply in JSON has it, by column; empty where it tells nothing."""
    scores, fields = row.get("scores") or {}, row.get("fields")
    information, drift = scores.get("low_information"), scores.get("drift") or {}
    copying = scores.get("copying") or {}
    return {
        "worker": row.get("worker"),
        "name": _text(row.get("name", "")),
        "recorded": row.get("recorded"),
        "n_answers": row.get("n_answers"),
        **_figure("median_s", row, value="median_s", interval="median_s_interval"),
        **_figure("accuracy", row.get("accuracy")),
        **_figure("gold", row.get("gold"), "n", "n_right"),
        **_figure("agreement", row.get("agreement"), "n"),
        **_figure("speed", row.get("speed"), "n"),
        **_each("low_information", information, "score", "p_value"),
        **_figure("low_information_gain", information, value="gain"),
        **_each("low_information", information, "n"),
        **_each("drift", drift, "score", "p_value", "change_at"),
        **_figure("drift_before", drift.get("before"), "n"),
        **_figure("drift_after", drift.get("after"), "n"),
        **_each("copying", copying, "score", "flagged", "n_tested"),
        "pairs": _json(copying.get("pairs")),
        **_each(
            "too_fast", scores.get("too_fast"), "score", "flagged", "p_value", "share_fast", "n"
        ),
        "fields": _json(fields),
        "worst_labels": _text(_worst(fields or {})),
        "flags": " ".join(map(str, row.get("flags", ()))),
        "restricted": _text((row.get("restricted") or {}).get("reason", "")),
    }


def _figure(
    column: str, told: Row | None, *names: str, value: str = "value", interval: str = "interval"
) -> Row:
    """A figure and the ends of its interval, and what else is told of it by these names."""
    told = told or {}
    low, high = told.get(interval) or (None, None)
    ends = {f"{column}_low": low, f"{column}_high": high}
    return {column: told.get(value)} | ends | _each(column, told, *names)


def _each(column: str, told: Row | None, *names: str) -> Row:
    return {f"{column}_{name}": (told or {}).get(name) for name in names}


def _worst(fields: Row) -> str:
    found = {key: field["worst_label"] for key, field in fields.items()}
    return " ".join(f"{key}={label}" for key, label in found.items() if label is not None)


def _text(cell: str) -> str:
    """A text that no spreadsheet takes for a formula."""
    return f"'{cell}" if cell[:1] in {"=", "+", "-", "@", "\t", "\r"} else cell


def _json(told: Any) -> str:
    """JSON text, which begins like no formula: told are lists and objects only."""
    return "" if told is None else dumps(told).decode()
