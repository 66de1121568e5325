"""A disk of a test's own that can be full; only root can mount one."""

import shutil
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import pytest

from chaos.faults import disk
from chaos.faults.disk import Disk
from chaos.faults.skipping import Skipped


@contextmanager
def a_disk(place: Path) -> Iterator[Disk]:
    """Under what lies there now, if anything; it is taken away at the end."""
    place.mkdir(exist_ok=True)
    try:
        made = disk.under(place)
    except Skipped as skipped:
        pytest.skip(str(skipped))
    try:
        yield made
    finally:
        made.leave()
        shutil.rmtree(place.with_name(f"{place.name}.before"))


def fill_up(made: Disk, *, but_for: int = 0) -> None:
    """To the last byte, or but for so many."""
    made.fill()
    with (made.place / "filler").open("wb", buffering=0) as filler:
        try:
            while True:
                filler.write(bytes(4096))
        except OSError:
            filler.truncate(max(0, filler.tell() - but_for))


def make_room(made: Disk) -> None:
    """As much as there was."""
    (made.place / "filler").unlink(missing_ok=True)
    made.free()
