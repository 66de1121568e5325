"""A clock that our own processes read, and that can be set while they run."""

from dataclasses import dataclass
from pathlib import Path

from chaos.faults.skipping import Skipped

PRELOAD = Path(__file__).with_name("preload")
LIBRARIES = (
    "/usr/lib/*/faketime/libfaketimeMT.so.1",
    "/usr/lib*/faketime/libfaketimeMT.so.1",
    "/usr/local/lib/faketime/libfaketimeMT.so.1",
)


@dataclass(frozen=True)
class Clock:
    """The wall clock of the processes that run with its environment, off by so many seconds."""

    file: Path
    library: Path

    @property
    def environment(self) -> dict[str, str]:
        """What makes a process read it. Its monotonic clock stays true."""
        return {
            "LD_PRELOAD": str(self.library),
            "PYTHONPATH": str(PRELOAD),
            "FAKETIME_TIMESTAMP_FILE": str(self.file),
            "FAKETIME_CACHE_DURATION": "1",
            "FAKETIME_DONT_FAKE_MONOTONIC": "1",
            "NO_FAKE_STAT": "1",
        }

    def step(self, seconds: float) -> None:
        """Put it so far ahead of the true time; behind, if negative."""
        draft = self.file.with_name(f"{self.file.name}.new")
        draft.write_text(f"{seconds:+.3f}\n")
        draft.rename(self.file)


def in_file(file: Path) -> Clock:
    """A clock that is right at first. Raises Skipped."""
    for pattern in LIBRARIES:
        for library in sorted(Path("/").glob(pattern.removeprefix("/"))):
            clock = Clock(file, library)
            clock.step(0)
            return clock
    raise Skipped("clock step: libfaketime is not installed (Debian: apt install faketime)")
