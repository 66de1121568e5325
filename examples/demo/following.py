"""Follow a project's feed, and hold it against what was acknowledged."""

import threading
import time
from bisect import bisect_right
from collections import defaultdict
from collections.abc import Iterable, Sequence
from dataclasses import dataclass, field

from examples.demo.client import Client, Reply

# The service fits a project anew after 5 s of quiet.
QUIET_S = 7.0
ANSWERS_FITTED_PER_S = 10_000
LIMIT = 1000
LONG_POLL_S = 20
# At the end, so that no poll outlives the demo by much.
SHORT_POLL_S = 1


@dataclass(frozen=True, slots=True)
class Ack:
    """A 201 for an answer; `at` is the client's monotonic clock, one for all processes."""

    task: str
    external_id: str
    person: str
    label: str
    at: float


@dataclass(frozen=True, slots=True)
class Arrival:
    """A row of the feed, as it came in."""

    seq: int
    task: str | None
    n_answers: int
    at: float


@dataclass
class Follower:
    """A client of the feed, and all it has read."""

    client: Client
    slug: str
    arrivals: list[Arrival] = field(default_factory=list)
    after: int = 0

    def read(self, *, wait_s: float) -> list[Reply]:
        """The next rows; none if none came in this time."""
        page = self.client.read(
            f"projects/{self.slug}/changes/", after=self.after, wait=wait_s, limit=LIMIT
        )
        at, rows = time.monotonic(), page["results"]
        self.arrivals += [Arrival(row["seq"], row["task"], row["n_answers"], at) for row in rows]
        self.after = page["next"]
        return list(rows)

    def last_at(self) -> float:
        """When the newest row came; 0 before the first."""
        return self.arrivals[-1].at if self.arrivals else 0.0


class Reader:
    """A follower that polls in a thread of its own, until it is told to stop."""

    def __init__(self, follower: Follower) -> None:
        self.follower = follower
        self._error: Exception | None = None
        self._wait_s = LONG_POLL_S
        self._stops = threading.Event()
        self._thread = threading.Thread(target=self._run, daemon=True)
        self._thread.start()

    def await_quiet(self, *, quiet_s: float, at_most_s: float) -> None:
        """Until no row has come for a while. Raises what broke the reading."""
        self._wait_s = SHORT_POLL_S
        begun = time.monotonic()
        while (now := time.monotonic()) < begun + at_most_s:
            if self._error is not None:
                raise self._error
            if now - max(begun, self.follower.last_at()) > quiet_s:
                return
            time.sleep(0.1)

    def stop(self) -> None:
        """End with the poll under way."""
        self._stops.set()
        self._thread.join()

    def _run(self) -> None:
        try:
            while not self._stops.is_set():
                self.follower.read(wait_s=self._wait_s)
        except Exception as error:  # handed to whoever waits for the reading
            self._error = error


def quiet_s(n_answers: int) -> float:
    """After so long without a row, none is to come: the service has told of its last fit too."""
    return QUIET_S + n_answers / ANSWERS_FITTED_PER_S


def n_gaps(seqs: Iterable[int]) -> int:
    """How often a seq is not the one after the last; the first is 1."""
    last, n = 0, 0
    for seq in seqs:
        n += seq != last + 1
        last = seq
    return n


def settle_waits(
    acks: Iterable[Ack], arrivals: Iterable[Arrival], *, until: float
) -> tuple[list[float], int]:
    """Seconds from each acknowledgement to a row that counts it, and how many had none.

    The k-th answer acknowledged for a task is counted by the first row of that task with
    `n_answers` of at least k. One that no row counts has waited `until` the end of reading;
    one that a row counts before its 201 has come has not waited.
    """
    rows: dict[str, list[Arrival]] = defaultdict(list)
    for arrival in arrivals:
        if arrival.task is not None:
            rows[arrival.task].append(arrival)
    times: dict[str, list[float]] = defaultdict(list)
    for ack in acks:
        times[ack.task].append(ack.at)
    waits, n_untold = [], 0
    for task, of_task in times.items():
        of_task.sort()
        for at in of_task:
            told = _told(rows[task], bisect_right(of_task, at))
            n_untold += told is None
            waits.append(max(0.0, (until if told is None else told) - at))
    return waits, n_untold


def _told(rows: Sequence[Arrival], n_answers: int) -> float | None:
    return next((row.at for row in rows if row.n_answers >= n_answers), None)
