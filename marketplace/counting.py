"""The files that processes count in; a full disk must not end those that write them."""

import contextlib
import os
from collections.abc import Iterator

from prometheus_client.mmap_dict import MmapedDict

FIRST_BYTES = 1 << 16
# Of an entry, what its key does not take: two numbers, a length and what fills up to eight.
BESIDE_KEY_BYTES = 32


class ReservedFile(MmapedDict):
    """Takes its room on the disk before it writes: through a map, a full disk is a SIGBUS.

    Where there is no room the process counts on in its own memory, which no scrape sees.
    """

    def __init__(self, filename: str, read_mode: bool = False) -> None:
        self._is_on_disk = read_mode or _reserve(filename, FIRST_BYTES)
        if self._is_on_disk:
            super().__init__(filename, read_mode)  # type: ignore[no-untyped-call]  # untyped
            return
        with _memory() as path:
            super().__init__(path)  # type: ignore[no-untyped-call]  # untyped

    def _init_value(self, key: str) -> None:
        needed = self._used + len(key.encode()) + BESIDE_KEY_BYTES
        if self._is_on_disk and needed > self._capacity:
            self._is_on_disk = _reserve(self._fname, 2 * self._capacity)
            if not self._is_on_disk:
                self._move_to_memory()
        super()._init_value(key)  # type: ignore[no-untyped-call]  # untyped

    def _move_to_memory(self) -> None:
        entries = list(self.read_all_values())  # type: ignore[no-untyped-call]  # untyped
        self.close()  # type: ignore[no-untyped-call]  # untyped
        with _memory() as path:
            super().__init__(path)  # type: ignore[no-untyped-call]  # untyped
        for key, value, at in entries:
            self.write_value(key, value, at)  # type: ignore[no-untyped-call]  # untyped


@contextlib.contextmanager
def _memory() -> Iterator[str]:
    """A file without a disk, by a name that is good while it is being opened."""
    descriptor = os.memfd_create("counts")
    try:
        yield f"/proc/self/fd/{descriptor}"
    finally:
        os.close(descriptor)


def _reserve(filename: str, n_bytes: int) -> bool:
    """True once the file has so many bytes of its own; one that would be empty is not left."""
    try:
        descriptor = os.open(filename, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o644)
    except OSError:
        return False
    try:
        os.posix_fallocate(descriptor, 0, n_bytes)
    except OSError:
        if not os.fstat(descriptor).st_size:
            os.unlink(filename)
        return False
    finally:
        os.close(descriptor)
    return True
