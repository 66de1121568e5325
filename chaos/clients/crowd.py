"""Workers who claim and submit, walk away now and then, and say some things twice."""

import random
import threading
from concurrent.futures import ThreadPoolExecutor

from chaos.clients import stage
from chaos.clients.caller import Caller, GaveUp, Reply
from chaos.clients.stage import FIELD, Seat, Stage
from chaos.history import History, Note

N_LANES = 5
SEATS_PER_LANE = 5
MOST_AT_ONCE = 3
ABANDONS, RELEASES, REPEATS = 0.03, 0.02, 0.20
THINKS_S = (0.0, 0.05)
WAITS_S = (0.1, 0.3)
# What an honest submit or release may hear: the lease ended, in time or in truth.
LOST = "lease_lost"


class Crowd:
    """Lanes of workers, each in a thread of its own."""

    def __init__(self, at: Stage, history: History, hungry: threading.Event) -> None:
        self._stops = threading.Event()
        self._lanes = [_Lane(number, at, history, hungry, self._stops) for number in range(N_LANES)]
        self._threads = [
            threading.Thread(target=lane.run, name=f"lane {number}")
            for number, lane in enumerate(self._lanes)
        ]
        for thread in self._threads:
            thread.start()

    def stop(self) -> None:
        """Let everybody finish what they are at."""
        self._stops.set()
        for thread in self._threads:
            thread.join()


class _Lane:
    """A few workers who take turns."""

    def __init__(
        self,
        number: int,
        at: Stage,
        history: History,
        hungry: threading.Event,
        stops: threading.Event,
    ) -> None:
        self._at, self._history, self._hungry, self._stops = at, history, hungry, stops
        self._seats = at.seats[number::N_LANES]
        self._chance = random.Random(f"lane {at.seed} {number}")
        self._caller = Caller(at.url, history, chance=self._chance)
        # For those who say it twice in the same moment.
        self._other = Caller(at.url, history, chance=random.Random(number))
        self._helper = ThreadPoolExecutor(1)

    def run(self) -> None:
        while not self._stops.is_set():
            for seat in self._seats:
                if self._stops.is_set():
                    break
                try:
                    self._turn(seat)
                except GaveUp as gave_up:
                    self._history.note("unclear", call=str(gave_up))
        self._helper.shutdown()

    def _turn(self, seat: Seat) -> None:
        count = self._chance.randint(1, MOST_AT_ONCE)
        reply = self._caller.post(f"projects/{self._at.slug}/claim/", seat.key, {"count": count})
        held = reply.body.get("assignments", [])
        if held:
            self._history.note("claim", worker=seat.name, assignments=[one["id"] for one in held])
        elif reply.status == 200:
            self._hungry.set()
            self._rest(WAITS_S)
        else:
            self._wonder("claim", reply)
        for assignment in held:
            self._rest(THINKS_S)
            self._decide(seat, assignment)

    def _decide(self, seat: Seat, assignment: Note) -> None:
        drawn = self._chance.random()
        if drawn < ABANDONS:
            self._history.note("abandoned", assignment=assignment["id"])
        elif drawn < ABANDONS + RELEASES:
            path = f"assignments/{assignment['id']}/release/"
            reply = self._caller.post(path, seat.key, is_repeatable=True)
            if reply.status != 200 and reply.code != LOST:
                self._wonder("release", reply)
        else:
            self._submit(seat, assignment)

    def _submit(self, seat: Seat, assignment: Note) -> None:
        label = stage.answer(assignment["payload"]["text"], self._chance)
        drawn = self._chance.random()
        if drawn < REPEATS / 2:
            twin = self._helper.submit(self._say, self._other, seat, assignment, label)
            self._say(self._caller, seat, assignment, label)
            twin.result()
            return
        self._say(self._caller, seat, assignment, label)
        if drawn < REPEATS:
            self._say(self._caller, seat, assignment, label)

    def _say(self, caller: Caller, seat: Seat, assignment: Note, label: str) -> None:
        answer = {FIELD: label}
        path = f"assignments/{assignment['id']}/submit/"
        reply = caller.post(path, seat.key, {"answer": answer}, is_repeatable=True)
        if reply.status in (200, 201):
            self._history.note(
                "ack",
                assignment=assignment["id"],
                task=assignment["task"],
                worker=seat.name,
                answer=answer,
                status=reply.status,
            )
        elif reply.code == LOST:
            self._history.note("refused", code=LOST, assignment=assignment["id"])
        else:
            self._wonder("submit", reply)

    def _wonder(self, call: str, reply: Reply) -> None:
        said = f"{reply.code} {reply.body.get('detail', '')}"
        self._history.note("strange", call=call, status=reply.status, said=said)

    def _rest(self, between_s: tuple[float, float]) -> None:
        self._stops.wait(self._chance.uniform(*between_s))
