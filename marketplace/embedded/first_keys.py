"""The file that holds the keys made on the first start."""

from collections.abc import Sequence
from pathlib import Path

from marketplace.embedded.places import write_private


def keep(path: Path, *, pairs: Sequence[tuple[str, str]], url: str) -> None:
    """Write them to disk, for the owner's eyes only."""
    lines = [f"{name}={value}\n" for name, value in (*pairs, ("CONCORD_URL", url))]
    write_private(path, "".join(lines))


def repoint(path: Path, *, url: str) -> None:
    """Correct the address when it has changed since."""
    if path.exists() and read(path).get("CONCORD_URL") != url:
        pairs = [pair for pair in read(path).items() if pair[0] != "CONCORD_URL"]
        keep(path, pairs=pairs, url=url)


def read(path: Path) -> dict[str, str]:
    """Name and value of each line; empty if there is no file."""
    if not path.exists():
        return {}
    lines = path.read_text().splitlines()
    return {name: value for name, _, value in (line.partition("=") for line in lines)}
