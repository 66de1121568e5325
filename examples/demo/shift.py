"""A crowd works through a project: what the acts with simulated workers have in common."""

from collections import Counter
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from examples.demo import crowd, recorded, scores
from examples.demo.client import Client
from examples.demo.crowd import Job, Log, Seat
from examples.demo.following import Ack
from examples.demo.people import Worker
from examples.demo.study import Payload, Study

REDUNDANCY = {"min": 3, "max": 7, "target_confidence": 0.95}
CROWD_AT_MOST_S = 120.0
QUIET_WITHIN_S = 30.0
KEYS_LAST = timedelta(hours=1)

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Shift:
    """An open project with its sentences and its crowd; `workers` are by pseudonym."""

    client: Client
    slug: str
    part: Study
    workers: dict[str, Worker]
    seats: list[Seat]
    seed: int

    def work(self, progress: Progress, *, n_lanes: int = crowd.N_LANES) -> Log:
        """Let everybody work until every task is settled or time is up. Raises Broken."""
        job = Job(
            url=self.client.url,
            slug=self.slug,
            field=recorded.FIELD,
            seed=self.seed,
            external_ids={payload["text"]: name for name, payload in self.part.payloads.items()},
            truth=self.part.truth,
            n_lanes=n_lanes,
        )

        def is_done() -> bool:
            n_finished, n_tasks = self.finished()
            progress(n_finished)
            return n_finished == n_tasks

        return crowd.work(job, self.seats, is_done=is_done, at_most_s=CROWD_AT_MOST_S)

    def finished(self) -> tuple[int, int]:
        """How many tasks are done, and how many there are."""
        found = self.client.read(f"projects/{self.slug}/")["progress"]
        return found["resolved"] + found["unresolvable"], found["tasks"]

    def accuracy(self) -> float:
        """The share of the sentences whose consensus is right."""
        return scores.accuracy(recorded.consensus(self.client, self.slug), self.part.truth)

    def majority_accuracy(self, acks: Sequence[Ack]) -> float:
        """The same for the majority vote of what was acknowledged."""
        votes: dict[str, list[str]] = {}
        for ack in acks:
            votes.setdefault(ack.external_id, []).append(ack.label)
        return scores.majority_accuracy(votes, self.part.truth)

    def kinds(self) -> Counter[str]:
        """How many workers there are of each kind."""
        return Counter(worker.kind for worker in self.workers.values())

    def flagged(self) -> Counter[str]:
        """How many workers of each kind the service has flagged, for whatever reason."""
        flags = {row["worker"] for row in self.client.rows(f"projects/{self.slug}/flags/")}
        return Counter(self.workers[pseudonym].kind for pseudonym in flags)

    def close(self) -> None:
        """Nobody is to work here any more."""
        self.client.post(f"projects/{self.slug}/close/")


def project(slug: str, name: str, labels: list[str], **more: object) -> Payload:
    """A project for a crowd; `more` may ask for another redundancy."""
    guidelines = "Read the sentence. Say whether its author likes the film."
    return recorded.project(
        slug, name, labels, **{"guidelines": guidelines, "redundancy": REDUNDANCY} | more
    )


def opened(client: Client, slug: str, part: Study, crowd: Sequence[Worker], *, seed: int) -> Shift:
    """Bring the sentences into a drafted project, invite the crowd, and open it."""
    recorded.upload_items(client, slug, part.payloads)
    expires_at = (datetime.now(UTC) + KEYS_LAST).isoformat()
    seats, workers = [], {}
    for number, worker in enumerate(crowd, start=1):
        invited = client.post("workers/", {"username": f"{slug}-{number:02}"})
        made = client.post(f"workers/{invited['id']}/keys/", {"expires_at": expires_at})
        seats.append(Seat(worker, made["key"]))
        workers[invited["pseudonym"]] = worker
    client.post(f"projects/{slug}/open/")
    return Shift(client, slug, part, workers, seats, seed)
