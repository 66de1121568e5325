"""The third act: the live crowd with hostile workers among them, and the same without them."""

import time
from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime, timedelta

from examples.demo import intruders, people, shift
from examples.demo.client import Client, Reply
from examples.demo.crowd import Log
from examples.demo.following import Follower, Reader, quiet_s
from examples.demo.people import Worker
from examples.demo.shift import Progress, Shift
from examples.demo.study import Study

# With the second act's three to seven a worker gives 60 answers, too few to tell one who sleeps
# from an honest one, and hard tasks run out of places before those who guess are outvoted. Here
# they do not, and a worker gives 100 to 110.
REDUNDANCY = {"min": 5, "max": 20, "target_confidence": 0.99}
# Nobody's waits are measured here: more work at the same time than in the second act.
N_LANES = 4
# What tasks of these sentences come to take with such a crowd, for those who must know.
ANSWERS_EXPECTED = 7.9
# The last fit begins after so much quiet. A study of an earlier fit may still come after that, and
# then the last one rests: it is told by no other for a while.
FITTED_AFTER = timedelta(seconds=5)
STUDIED_FOR_S = 15.0
STUDIED_WITHIN_S = 60.0


@dataclass(frozen=True)
class Size:
    """How many sentences and workers, and the seed they are drawn by."""

    n_sentences: int
    n_people: int
    n_hostile: int
    seed: int


@dataclass(frozen=True)
class Outcome:
    """What the service made of either crowd, and whom it flagged of the mixed one."""

    accuracy: float
    accuracy_without: float
    majority_accuracy: float
    n_tasks: int
    log: Log
    kinds: Counter[str]
    flagged: Counter[str]
    is_studied: bool

    @property
    def answers_per_worker(self) -> float:
        """In the mean of the mixed crowd."""
        return len(self.log.acks) / self.kinds.total()

    @property
    def flagged_share(self) -> float | None:
        """Of the hostile workers of kinds with a bar; None if there are none."""
        n = sum(self.kinds[kind] for kind in intruders.BARRED)
        return sum(self.flagged[kind] for kind in intruders.BARRED) / n if n else None


def run(client: Client, study: Study, *, run_id: str, size: Size, progress: Progress) -> Outcome:
    """Let the mixed crowd work, then the same without the hostile; read both back when quiet."""
    part = study.drawn(size.n_sentences, seed=size.seed)
    honest = people.imitated(study, n_people=size.n_people, seed=size.seed)
    n_expected = round(ANSWERS_EXPECTED * len(part.payloads) / max(1, len(honest) + size.n_hostile))
    hostile = intruders.drawn(study, n=size.n_hostile, n_expected=n_expected, seed=size.seed)
    mixed = _opened(client, f"demo-hostile-{run_id}", part, [*honest, *hostile], seed=size.seed)
    log = mixed.work(progress, n_lanes=N_LANES)
    n_done, _ = mixed.finished()
    watch = Watch(mixed, log)
    without = _opened(client, f"demo-without-{run_id}", part, honest, seed=size.seed)

    def go_on(n_finished: int) -> None:
        progress(n_done + n_finished)
        watch.look(now=time.monotonic())

    _work_until_quiet(without, go_on)
    is_studied = watch.wait()
    outcome = Outcome(
        accuracy=mixed.accuracy(),
        accuracy_without=without.accuracy(),
        majority_accuracy=mixed.majority_accuracy(log.acks),
        n_tasks=len(part.payloads),
        log=log,
        kinds=mixed.kinds(),
        flagged=mixed.flagged(),
        is_studied=is_studied,
    )
    mixed.close()
    without.close()
    return outcome


def _opened(
    client: Client, slug: str, part: Study, workers: Sequence[Worker], *, seed: int
) -> Shift:
    # One name for both: nobody is told who is among the crowd.
    client.post(
        "projects/",
        shift.project(slug, "Film reviews, a crowd", part.labels, redundancy=REDUNDANCY),
    )
    return shift.opened(client, slug, part, people.mingled(workers, seed=seed), seed=seed)


class Watch:
    """Looks whether a shift's workers were studied after the last fit of their answers."""

    def __init__(self, of: Shift, log: Log) -> None:
        last = max(log.acks, key=lambda ack: ack.at).person
        (pseudonym,) = (key for key, worker in of.workers.items() if worker.name == last)
        self._client, self._path = of.client, f"projects/{of.slug}/workers/{pseudonym}/"
        # By the clock of the service, which need not be ours.
        answered_at = self._read()["history"][0]["answered_at"]
        self._fitted_from = datetime.fromisoformat(answered_at) + FITTED_AFTER
        self._studied_at: str | None = None
        self._since = 0.0

    def look(self, *, now: float) -> bool:
        """Whether the last study is of the last fit, by all that was seen until `now`."""
        studied_at = self._read()["studied_at"]
        if studied_at != self._studied_at:
            self._studied_at, self._since = studied_at, now
        if studied_at is None or datetime.fromisoformat(studied_at) <= self._fitted_from:
            return False
        return now - self._since > STUDIED_FOR_S

    def wait(self) -> bool:
        """Until it is so; False if that takes too long."""
        until = time.monotonic() + STUDIED_WITHIN_S
        while (now := time.monotonic()) < until:
            if self.look(now=now):
                return True
            time.sleep(0.5)
        return False

    def _read(self) -> Reply:
        return self._client.read(self._path)


def _work_until_quiet(of: Shift, progress: Progress) -> None:
    reader = Reader(Follower(of.client, of.slug))
    log = of.work(progress, n_lanes=N_LANES)
    reader.await_quiet(quiet_s=quiet_s(len(log.acks)), at_most_s=shift.QUIET_WITHIN_S)
    reader.stop()
