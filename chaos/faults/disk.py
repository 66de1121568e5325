"""A small disk of its own for PostgreSQL, which can be full and empty again."""

import os
import subprocess
from dataclasses import dataclass
from pathlib import Path

from chaos.faults.skipping import Skipped

SIZE = "2g"
# What the server writes between the look at what is used and the cut.
SLACK_KIB = 128


@dataclass(frozen=True)
class Disk:
    """A tmpfs; to fill it is to make it as small as what lies on it."""

    place: Path

    def fill(self) -> None:
        """From now on nothing more can be written."""
        status = os.statvfs(self.place)
        used_kib = (status.f_blocks - status.f_bfree) * status.f_frsize // 1024
        _mount("-o", f"remount,size={used_kib + SLACK_KIB}k", str(self.place))

    def free(self) -> None:
        """There is room again."""
        _mount("-o", f"remount,size={SIZE}", str(self.place))

    def leave(self) -> None:
        """Take it away, with what lies on it."""
        _run("umount", "-l", str(self.place))


def under(place: Path) -> Disk:
    """Put a directory with all it holds on a disk of its own. Raises Skipped."""
    if os.geteuid() != 0:
        raise Skipped("full disk: only root may mount one")
    status = place.stat()
    before = place.with_name(f"{place.name}.before")
    place.rename(before)
    place.mkdir(mode=0o700)
    options = f"size={SIZE},mode=700,uid={status.st_uid},gid={status.st_gid}"
    try:
        _mount("-t", "tmpfs", "-o", options, "concord-chaos", str(place))
    except Skipped:
        place.rmdir()
        before.rename(place)
        raise
    _run("cp", "-a", f"{before}/.", str(place))
    return Disk(place)


def _mount(*words: str) -> None:
    _run("mount", *words)


def _run(*words: str) -> None:
    try:
        subprocess.run(words, check=True, capture_output=True, text=True)  # noqa: S603 -- our own argv
    except (OSError, subprocess.CalledProcessError) as error:
        said = getattr(error, "stderr", None) or str(error)
        raise Skipped(f"full disk: {said.strip()}") from None
