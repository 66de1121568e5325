"""Processor time and memory of one process; every measurement starts in a fresh one."""

import time
from collections.abc import Callable, Sequence
from pathlib import Path
from typing import TypeVar

Outcome = TypeVar("Outcome")


def timed(run: Callable[[], Outcome]) -> tuple[float, Outcome]:
    """Seconds of processor time, and what came out."""
    began = time.process_time()
    outcome = run()
    return time.process_time() - began, outcome


def fastest(fit: Callable[[int], object], rounds: Sequence[int], n_times: int) -> dict[int, float]:
    """The least seconds of a fit of each number of rounds, taken in turn, after one to warm up."""
    fit(min(rounds))
    seconds = {n: float("inf") for n in rounds}
    for _ in range(n_times):
        for n in rounds:
            seconds[n] = min(seconds[n], timed(lambda n=n: fit(n))[0])
    return seconds


def peak_mb() -> float:
    """The most memory this process ever held, in megabytes (10^6 bytes)."""
    for line in Path("/proc/self/status").read_text().splitlines():
        if line.startswith("VmHWM:"):
            return int(line.split()[1]) * 1024 / 1e6
    raise RuntimeError("this system does not tell the peak memory of a process")
