"""Where a checker was told to look away."""

import re
import subprocess
from collections.abc import Iterator
from pathlib import Path

_ANY = re.compile(r"#\s*(noqa|type:\s*ignore|pragma)\b")
_NAMED = re.compile(
    r"#\s*(noqa:\s*[A-Z]+\d+|type:\s*ignore\[[a-z-]+(,\s*[a-z-]+)*\]|pragma:\s*[a-z])"
)


def count(root: Path) -> int:
    """How many there are."""
    return sum(1 for _ in _suppressions(root))


def unnamed(root: Path) -> list[str]:
    """Those that do not say which rule they mean."""
    return [
        f"{place}: names no rule: {line}"
        for place, line in _suppressions(root)
        if not _NAMED.search(line)
    ]


def _suppressions(root: Path) -> Iterator[tuple[str, str]]:
    for path in sources(root):
        if path != Path(__file__):
            for number, line in enumerate(path.read_text().splitlines(), start=1):
                if _ANY.search(line):
                    yield f"{path.relative_to(root)}:{number}", line.strip()


def sources(root: Path) -> list[Path]:
    """Every Python file of the repository, ignored ones left out."""
    listed = subprocess.run(
        ["git", "ls-files", "--cached", "--others", "--exclude-standard", "*.py"],  # noqa: S607
        cwd=root,
        capture_output=True,
        text=True,
        check=False,
    )
    if listed.returncode == 0:
        return sorted(root / name for name in listed.stdout.splitlines() if (root / name).exists())
    folders = ("marketplace", "quality", "tasks_app", "chaos", "tests", "benchmarks", "examples")
    return sorted(path for folder in folders for path in (root / folder).rglob("*.py"))
