"""Programs that come inside Python packages."""

import hashlib
import importlib.util
import shutil
from pathlib import Path

from marketplace.embedded.accounts import can_run
from marketplace.embedded.places import Places


def package_directory(name: str) -> Path | None:
    """Where a package lies, without importing it."""
    spec = importlib.util.find_spec(name)
    if spec is None or not spec.submodule_search_locations:
        return None
    return Path(spec.submodule_search_locations[0])


def reachable(source: Path, *, beside: Path | None, within: Path, places: Places) -> Path:
    """The file of a package, or its copy in the data directory if the account cannot reach it.

    `within` is the part to copy, `beside` the libraries it finds by a relative path.
    """
    if places.account is None or can_run(source, places.account):
        return source
    version = f"{source}{source.stat().st_mtime_ns}".encode()
    target = places.data / "bin" / hashlib.sha256(version).hexdigest()[:12]
    if not target.exists():
        draft = target.with_suffix(".new")
        shutil.rmtree(draft, ignore_errors=True)
        ignore = shutil.ignore_patterns("include", "*.a", "__pycache__")
        shutil.copytree(within, draft / within.parent.name / within.name, ignore=ignore)
        if beside and beside.is_dir():
            shutil.copytree(beside, draft / beside.name)
        _open_to_readers(target.parent, draft)
        draft.rename(target)
    return target / within.parent.name / source.relative_to(within.parent)


def _open_to_readers(parent: Path, tree: Path) -> None:
    parent.chmod(0o755)
    for path in (tree, *tree.rglob("*")):
        if not path.is_symlink():
            is_runnable = path.is_dir() or bool(path.stat().st_mode & 0o100)
            path.chmod(0o755 if is_runnable else 0o644)
