"""Read JSON strictly: what PostgreSQL or a careful reader could not take is refused here."""

import json
import math
import re
from typing import Any

import orjson

from tasks_app.errors import Fault, Invalid
from tasks_app.pointers import escaped

MAX_DEPTH = 64
# What a bigint and every JSON reader hold.
MAX_INTEGER = 2**63 - 1

_TOKENS = re.compile(r'"(?:[^"\\]|\\.)*"|[\[{]|[\]}]', re.DOTALL)
_SUSPICIOUS = re.compile(r"\\u(?:0000|[dD][89a-fA-F])|\d{19}")
_BOM = b"\xef\xbb\xbf"
# Other escapes, long numbers, and exponents, which may go out of range.
_NOT_PLAIN = re.compile(rb"\\[^\"\\nrt]|\d{16}|\d[eE]")
_UNSURE = object()


class Malformed(Exception):
    """The text is not JSON as RFC 8259 and I-JSON have it."""


def loads(raw: bytes) -> Any:
    """The value of a JSON text in UTF-8; a byte order mark is let pass.

    Raises Malformed, or Invalid naming the place of a NUL, a lone surrogate or an integer
    beyond 64 bits.
    """
    value = _quickly(raw)
    return _slowly(raw) if value is _UNSURE else value


def _quickly(raw: bytes) -> Any:
    """The value of a plain text, or _UNSURE where the slow way must say what is wrong with it.

    A text is plain if nothing in it is escaped but quotes, backslashes and white space, its
    numbers are short, and it has as many colons as its members and its texts account for: then
    no key stands twice.
    """
    if raw.count(b"[") + raw.count(b"{") > MAX_DEPTH or _NOT_PLAIN.search(raw):
        return _UNSURE
    try:
        value = orjson.loads(raw)
    except orjson.JSONDecodeError:
        return _UNSURE
    return value if raw.count(b":") == _colons(value) else _UNSURE


def _colons(value: Any) -> int:
    if isinstance(value, str):
        return value.count(":")
    if isinstance(value, dict):
        n = len(value)
        for key, inner in value.items():
            n += key.count(":")
            if isinstance(inner, str | dict | list):
                n += _colons(inner)
        return n
    return sum(map(_colons, value)) if isinstance(value, list) else 0


def _slowly(raw: bytes) -> Any:
    try:
        text = raw.removeprefix(_BOM).decode("utf-8")
    except UnicodeDecodeError as error:
        raise Malformed(f"not UTF-8 at byte {error.start}") from None
    _check_depth(text)
    try:
        value = json.loads(
            text, object_pairs_hook=_unique, parse_constant=_no_constant, parse_float=_finite
        )
    except json.JSONDecodeError as error:
        raise Malformed(f"{error.msg} (line {error.lineno}, column {error.colno})") from None
    except ValueError:
        raise Malformed("a number has too many digits") from None
    if _SUSPICIOUS.search(text):
        faults = _faults(value, "")
        if faults:
            raise Invalid(faults)
    return value


def _check_depth(text: str) -> None:
    if text.count("[") + text.count("{") <= MAX_DEPTH:
        return
    depth = 0
    for token in _TOKENS.finditer(text):
        if token[0] in "[{":
            depth += 1
            if depth > MAX_DEPTH:
                raise Malformed(f"nested deeper than {MAX_DEPTH} levels")
        elif token[0] in "]}":
            depth -= 1


def _unique(pairs: list[tuple[str, Any]]) -> dict[str, Any]:
    found = dict(pairs)
    if len(found) < len(pairs):
        seen: set[str] = set()
        for key, _ in pairs:
            if key in seen:
                raise Malformed(f"the key {key[:80]!r} stands twice in one object")
            seen.add(key)
    return found


def _no_constant(name: str) -> None:
    raise Malformed(f"{name} is not JSON")


def _finite(digits: str) -> float:
    number = float(digits)
    if not math.isfinite(number):
        raise Malformed(f"the number {digits[:40]} is out of range")
    return number


def _faults(value: Any, pointer: str) -> list[Fault]:
    if isinstance(value, dict):
        return [
            fault
            for key, inner in value.items()
            for fault in [*_text_faults(key, pointer), *_faults(inner, _step(pointer, key))]
        ]
    if isinstance(value, list):
        return [
            fault
            for index, inner in enumerate(value)
            for fault in _faults(inner, f"{pointer}/{index}")
        ]
    if isinstance(value, str):
        return _text_faults(value, pointer)
    if isinstance(value, int) and abs(value) > MAX_INTEGER:
        return [Fault(pointer, "integer_out_of_range", "the integer does not fit 64 bits")]
    return []


def _step(pointer: str, key: str) -> str:
    return f"{pointer}/{escaped(key)}".encode("utf-8", "replace").decode()


def _text_faults(text: str, pointer: str) -> list[Fault]:
    if "\x00" in text:
        return [Fault(pointer, "nul_character", "a text cannot hold the NUL character")]
    if any("\ud800" <= character <= "\udfff" for character in text):
        return [Fault(pointer, "lone_surrogate", "a text cannot hold half a surrogate pair")]
    return []
