"""The most memory that the web processes held, since it was last asked to forget."""

from pathlib import Path

from benchmarks import processes


def web_processes(pid: int) -> list[int]:
    """The web server's processes among those of a service."""
    return [one for one in processes.family(pid) if b"granian" in _command(one)]


def forget_peaks(pids: list[int]) -> None:
    """Let the peak of each be what it holds now."""
    for pid in pids:
        Path(f"/proc/{pid}/clear_refs").write_text("5")


def highest_mb(pids: list[int]) -> float:
    """The highest peak of any of them, in megabytes (10^6 bytes)."""
    return max(peak_mb(Path(f"/proc/{pid}/status").read_text()) for pid in pids)


def peak_mb(status: str) -> float:
    """The peak that the kernel tells of a process."""
    line = next(line for line in status.splitlines() if line.startswith("VmHWM:"))
    return int(line.split()[1]) * 1024 / 1e6


def _command(pid: int) -> bytes:
    try:
        return Path(f"/proc/{pid}/cmdline").read_bytes()
    except OSError:
        return b""
