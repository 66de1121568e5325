"""Cells of CSV uploads that spell values of a form's fields."""

from typing import Any

from marketplace.api import strict_json
from tasks_app import forms
from tasks_app.errors import Invalid


def value(field: forms.Field, cell: str) -> Any:
    """What the cell spells; or the cell itself, which the field then refuses."""
    return forms.from_text(field, cell, loads=from_json)


def from_json(cell: str) -> Any:
    """The value of JSON in a cell; or the cell itself, which is none."""
    try:
        return strict_json.loads(cell.encode())
    except (strict_json.Malformed, Invalid):
        return cell
