"""Money at the doors: decimal strings outside, whole micro-units inside."""

from typing import Any

MICROS = 1_000_000
SCHEMA: dict[str, Any] = {
    "type": "object",
    "required": ["amount", "currency"],
    "properties": {
        "amount": {"type": "string", "pattern": "^[0-9]{1,9}(\\.[0-9]{1,6})?$"},
        "currency": {"type": "string", "pattern": "^[A-Z]{3}$"},
    },
    "additionalProperties": False,
}


def micros(money: dict[str, str]) -> int:
    """The amount in micro-units."""
    whole, _, fraction = money["amount"].partition(".")
    return int(whole) * MICROS + int(fraction.ljust(6, "0"))


def shown(amount: int, currency: str) -> dict[str, str]:
    """An amount of micro-units with two, four or six decimals, as few as tell it all."""
    whole, fraction = divmod(amount, MICROS)
    digits = f"{fraction:06d}"
    while digits.endswith("00") and len(digits) > 2:
        digits = digits[:-2]
    return {"amount": f"{whole}.{digits}", "currency": currency}
