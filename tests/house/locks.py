"""Whether the locks say what pyproject.toml says, and the environment what the locks say."""

import re
import tomllib
from collections.abc import Iterator
from dataclasses import dataclass
from importlib import metadata
from pathlib import Path

from packaging.markers import Marker
from packaging.requirements import Requirement
from packaging.utils import canonicalize_name

RUNTIME, DEV = "requirements.lock", "requirements-dev.lock"
# What the benchmarks are measured against lives in environments of its own.
APART = ("benchmarks/peers/requirements", "benchmarks/rivals/requirements")
_ADDRESS = re.compile(r"https?://|file:|index-url|find-links", re.IGNORECASE)


@dataclass(frozen=True)
class Pin:
    """One line of a lock."""

    version: str
    marker: Marker | None
    n_hashes: int

    @property
    def is_for_here(self) -> bool:
        """Whether this platform installs it."""
        return self.marker is None or self.marker.evaluate()


def faults(root: Path) -> list[str]:
    """One sentence for each thing that is out of step; none when all is well."""
    project = tomllib.loads((root / "pyproject.toml").read_text())
    texts = {name: (root / name).read_text() for name in (RUNTIME, DEV)}
    runtime, dev = (pins(text) for text in texts.values())
    needs = project["project"]["dependencies"]
    return [
        *(fault for name, text in texts.items() for fault in _text_faults(name, text)),
        *(fault for name in APART for fault in _apart_faults(root, name)),
        *_missing(RUNTIME, needs, runtime),
        *_missing(DEV, [*needs, *project["dependency-groups"]["dev"]], dev),
        *_disagreements(runtime, dev),
        *_not_installed(dev),
    ]


def _apart_faults(root: Path, name: str) -> list[str]:
    """Of a lock that is for an environment of its own."""
    lock, text = f"{name}.lock", (root / f"{name}.lock").read_text()
    needs = (root / f"{name}.in").read_text().splitlines()
    return [*_text_faults(lock, text), *_missing(lock, needs, pins(text))]


def pins(text: str) -> dict[str, list[Pin]]:
    """The pins of each package; a lock may hold several, for different platforms."""
    found: dict[str, list[Pin]] = {}
    for line in text.replace("\\\n", " ").splitlines():
        if not line.strip() or line.startswith("#"):
            continue
        requirement = Requirement(line.partition("--hash")[0].strip())
        version = str(requirement.specifier).removeprefix("==")
        pin = Pin(version, requirement.marker, line.count("--hash=sha256:"))
        found.setdefault(canonicalize_name(requirement.name), []).append(pin)
    return found


def _text_faults(name: str, text: str) -> Iterator[str]:
    if match := _ADDRESS.search(text):
        yield f"{name}: holds an address ({match.group()})"
    for package, versions in pins(text).items():
        if any(not pin.n_hashes for pin in versions):
            yield f"{name}: {package} has no hash"


def _missing(name: str, needs: list[str], locked: dict[str, list[Pin]]) -> Iterator[str]:
    for need in map(Requirement, needs):
        found = locked.get(canonicalize_name(need.name), [])
        if not found:
            yield f"{name}: {need.name} is not in it"
        for pin in found:
            if not need.specifier.contains(pin.version):
                yield f"{name}: {need.name} {pin.version} is not {need.specifier}"


def _disagreements(runtime: dict[str, list[Pin]], dev: dict[str, list[Pin]]) -> Iterator[str]:
    for package, versions in runtime.items():
        there = {pin.version for pin in dev.get(package, [])}
        if there != {pin.version for pin in versions}:
            yield f"{package}: {RUNTIME} and {DEV} pin different versions"


def _not_installed(locked: dict[str, list[Pin]]) -> Iterator[str]:
    for package, versions in locked.items():
        wanted = {pin.version for pin in versions if pin.is_for_here}
        if wanted and _installed(package) not in wanted:
            yield f"{package}: installed {_installed(package)}, locked {', '.join(wanted)}"


def _installed(package: str) -> str | None:
    try:
        return metadata.version(package)
    except metadata.PackageNotFoundError:
        return None
