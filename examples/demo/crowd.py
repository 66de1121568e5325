"""The crowd at work: several processes, each with a few people who claim and submit at once."""

import contextlib
import multiprocessing
import queue
import time
from collections import Counter
from collections.abc import Callable
from concurrent.futures import ThreadPoolExecutor
from dataclasses import dataclass, field
from multiprocessing.queues import Queue
from multiprocessing.synchronize import Event

from examples.demo import chance
from examples.demo.client import Client, Refused, Reply
from examples.demo.following import Ack
from examples.demo.people import Worker

N_PROCESSES = 3
# People of one process who work at the same time; the others of it wait for their turn.
N_LANES = 2
MOST_AT_ONCE = 5
THINKS_S = (0.02, 0.06)
WAITS_S = (0.2, 0.5)
LOOKS_EVERY_S = 0.5
# What the service may say to an honest submit: the lease ended meanwhile.
LOST = "lease_lost"


class Broken(Exception):
    """A process of the crowd ended before its work did."""


@dataclass(frozen=True, slots=True)
class Seat:
    """A simulated worker: who they are, and their own key."""

    person: Worker
    key: str


@dataclass(frozen=True)
class Job:
    """What the crowd works on; the truth is known to people's error rates only."""

    url: str
    slug: str
    field: str
    seed: int
    external_ids: dict[str, str]  # by text: a worker is not told an item's id
    truth: dict[str, str]
    n_lanes: int = N_LANES


@dataclass
class Log:
    """What the crowd did."""

    acks: list[Ack] = field(default_factory=list)
    refusals: Counter[str] = field(default_factory=Counter)
    seconds: float = 0.0
    is_out_of_time: bool = False


# An answer acknowledged, the code of a refusal, or None from a process that is through.
Word = Ack | str | None


def work(job: Job, seats: list[Seat], *, is_done: Callable[[], bool], at_most_s: float) -> Log:
    """Let everybody work until it is done or time is up. Raises Broken."""
    context = multiprocessing.get_context("spawn")
    done, words = context.Event(), context.Queue()
    processes = [
        context.Process(target=_work, args=(job, seats[n::N_PROCESSES], done, words), daemon=True)
        for n in range(N_PROCESSES)
    ]
    for process in processes:
        process.start()
    log, begun, n_ended, looked_at = Log(), time.monotonic(), 0, 0.0
    while n_ended < N_PROCESSES:
        n_ended += _heard(words, log)
        now = time.monotonic()
        if not done.is_set() and now - looked_at > LOOKS_EVERY_S:
            looked_at = now
            log.is_out_of_time = now - begun > at_most_s
            if log.is_out_of_time or is_done():
                done.set()
        if any(process.exitcode for process in processes):
            raise Broken("A process of the crowd failed; what it said stands above.")
    for process in processes:
        process.join()
    if log.acks:
        times = [ack.at for ack in log.acks]
        log.seconds = max(times) - min(times)
    return log


def _heard(words: "Queue[Word]", log: Log) -> int:
    """Take down what was said within a moment; how many processes are through."""
    n_ended, until = 0, time.monotonic() + 0.1
    with contextlib.suppress(queue.Empty):
        while (left := until - time.monotonic()) > 0:
            word = words.get(timeout=left)
            if isinstance(word, Ack):
                log.acks.append(word)
            elif word is None:
                n_ended += 1
            else:
                log.refusals[word] += 1
    return n_ended


def _work(job: Job, seats: list[Seat], done: Event, words: "Queue[Word]") -> None:
    n_lanes = job.n_lanes
    client = Client(job.url, "", n_connections=n_lanes)
    with ThreadPoolExecutor(n_lanes) as pool:
        lanes = [_Lane(job, seats[n::n_lanes], client, done, words) for n in range(n_lanes)]
        for ended in [pool.submit(lane.run) for lane in lanes]:
            ended.result()
    words.put(None)


class _Lane:
    """Workers who take turns, so that all get an equal share of the work."""

    def __init__(
        self, job: Job, seats: list[Seat], client: Client, done: Event, words: "Queue[Word]"
    ) -> None:
        self.job, self.seats, self.client = job, seats, client
        self.done, self.words = done, words
        self.n_turns = 0
        self.n_given: Counter[str] = Counter()

    def run(self) -> None:
        """Turn after turn, until all is done."""
        while self.seats and not self.done.is_set():
            for seat in self.seats:
                if self.done.is_set():
                    return
                self.n_turns += 1
                self._turn(seat)

    def _turn(self, seat: Seat) -> None:
        mine = self.client.of(seat.key)
        count = 1 + int(MOST_AT_ONCE * self._drawn(seat, "count"))
        claimed = mine.post(f"projects/{self.job.slug}/claim/", {"count": count})["assignments"]
        for assignment in claimed:
            self._pause(THINKS_S, seat, assignment["task"])
            self._submit(mine, seat, assignment)
        if not claimed:
            self._pause(WAITS_S, seat, "wait")

    def _submit(self, mine: Client, seat: Seat, assignment: Reply) -> None:
        external_id = self.job.external_ids[assignment["payload"]["text"]]
        name = seat.person.name
        label = seat.person.answer(
            external_id,
            truth=self.job.truth[external_id],
            seed=self.job.seed,
            n_before=self.n_given[name],
        )
        try:
            mine.post(
                f"assignments/{assignment['id']}/submit/", {"answer": {self.job.field: label}}
            )
        except Refused as refused:
            if refused.code != LOST:
                raise
            self.words.put(refused.code)
            return
        self.n_given[name] += 1
        self.words.put(Ack(assignment["task"], external_id, name, label, time.monotonic()))

    def _pause(self, between_s: tuple[float, float], seat: Seat, *words: str) -> None:
        low, high = between_s
        time.sleep(low + (high - low) * self._drawn(seat, "pause", *words))

    def _drawn(self, seat: Seat, *words: str) -> float:
        return chance.drawn(self.job.seed, seat.person.name, self.n_turns, *words)
