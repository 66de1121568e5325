"""Read the environment, and refuse what makes no sense."""

import ipaddress
import os
from pathlib import Path

from django.core.exceptions import ImproperlyConfigured

Network = ipaddress.IPv4Network | ipaddress.IPv6Network


def text(name: str, default: str = "") -> str:
    """The variable, or the content of the file that NAME_FILE names (container secrets)."""
    path = os.environ.get(f"{name}_FILE")
    if path:
        try:
            return Path(path).read_text().strip()
        except OSError as error:
            raise ImproperlyConfigured(f"{name}_FILE={path!r}: {error.strerror}") from None
    return os.environ.get(name, default)


def flag(name: str, *, default: bool) -> bool:
    """Raises ImproperlyConfigured unless it reads as yes or no."""
    value = text(name).lower()
    if value in {"", "1", "0", "true", "false", "yes", "no"}:
        return default if not value else value in {"1", "true", "yes"}
    raise ImproperlyConfigured(f"{name}={value!r} is neither yes nor no (use 1 or 0)")


def number(name: str, default: int, *, low: int, high: int) -> int:
    """Raises ImproperlyConfigured unless it is a whole number from low to high."""
    value = text(name, str(default))
    if not value.isascii() or not value.isdigit() or not low <= int(value) <= high:
        raise ImproperlyConfigured(f"{name}={value!r} must be a whole number from {low} to {high}")
    return int(value)


def words(name: str, default: str = "") -> list[str]:
    """A comma-separated list."""
    return [word.strip() for word in text(name, default).split(",") if word.strip()]


def networks(name: str) -> list[Network]:
    """A comma-separated list of CIDRs. Raises ImproperlyConfigured naming the bad one."""
    found: list[Network] = []
    for word in words(name):
        try:
            found.append(ipaddress.ip_network(word))
        except ValueError as error:
            raise ImproperlyConfigured(f"{name}: {error}") from None
    return found
