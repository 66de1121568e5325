"""The first act: answers collected elsewhere come in, and what they amount to is read back."""

import csv
import io
import time
from collections.abc import Callable
from dataclasses import dataclass

from examples.demo import scores
from examples.demo.client import CSV, NDJSON, Client, ndjson
from examples.demo.following import Follower, quiet_s
from examples.demo.people import HONEST_FROM
from examples.demo.study import Payload, Study
from quality.core import encode
from quality.core.categorical import ShrunkenDawidSkene

FIELD = "sentiment"
FLOOR = 0.7
TOLD_WITHIN_S = 90


@dataclass(frozen=True)
class Outcome:
    """What the recorded answers amount to, held against the truth."""

    accuracy: float
    majority_accuracy: float
    log_loss: float
    first_log_loss: float
    alpha: float | None
    alpha_interval: list[float] | None
    n_flagged: int
    n_flagged_below_floor: int
    import_s: float
    settle_s: float


def run(client: Client, study: Study, *, slug: str, progress: Callable[[int], None]) -> Outcome:
    """Bring everything in, wait until the service is quiet, and read it back."""
    client.post("projects/", project(slug, "Film reviews, recorded", study.labels))
    begun = time.monotonic()
    upload_items(client, slug, study.payloads)
    client.upload(f"projects/{slug}/answers/", _answers(study), media_type=CSV)
    imported = time.monotonic()
    settled = _await_told(Follower(client, slug), study, progress)
    agreement = client.read(f"projects/{slug}/agreement/")["fields"][0]
    flagged = _flagged(client, slug)
    rows = list(client.rows(f"projects/{slug}/consensus/", part="task"))
    return Outcome(
        accuracy=scores.accuracy({row["external_id"]: row["value"] for row in rows}, study.truth),
        majority_accuracy=scores.majority_accuracy(study.votes(), study.truth),
        log_loss=scores.log_loss(
            {row["external_id"]: row["distribution"] for row in rows}, study.truth
        ),
        first_log_loss=scores.log_loss(_by_first_aggregator(study), study.truth),
        alpha=agreement["value"],
        alpha_interval=agreement["interval"],
        n_flagged=len(flagged),
        n_flagged_below_floor=sum(_accuracy(study, name) < HONEST_FROM for name in flagged),
        import_s=imported - begun,
        settle_s=settled - imported,
    )


def project(slug: str, name: str, labels: list[str], **more: object) -> Payload:
    """A project that asks for the sentiment of a text."""
    field = {
        "key": FIELD,
        "type": "choice",
        "prompt": "Does the reviewer like the film?",
        "labels": labels,
        "required": True,
    }
    return {"slug": slug, "name": name, "form": [field], "reliability_floor": FLOOR, **more}


def upload_items(client: Client, slug: str, payloads: dict[str, Payload]) -> None:
    """Send items: their ids and texts, and nothing else."""
    items = (
        {"external_id": external_id, "payload": payload}
        for external_id, payload in payloads.items()
    )
    client.upload(f"projects/{slug}/items/", ndjson(items), media_type=NDJSON)


def consensus(client: Client, slug: str) -> dict[str, object]:
    """The value of each item, provisional ones included."""
    rows = client.rows(f"projects/{slug}/consensus/", part="task")
    return {row["external_id"]: row["value"] for row in rows}


def _by_first_aggregator(study: Study) -> dict[str, dict[str, float]]:
    """What Concord's first aggregator makes of the same answers."""
    encoded = encode(
        ((answer.external_id, answer.person, answer.label) for answer in study.answers),
        study.labels,
    )
    posterior = ShrunkenDawidSkene().fit(encoded.votes).posterior_
    return {
        task: dict(zip(encoded.labels, row, strict=True))
        for task, row in zip(encoded.tasks, posterior.tolist(), strict=True)
    }


def _answers(study: Study) -> bytes:
    text = io.StringIO(newline="")
    rows = csv.writer(text)
    rows.writerow(("external_id", "worker", FIELD))
    rows.writerows((answer.external_id, answer.person, answer.label) for answer in study.answers)
    return text.getvalue().encode()


def _await_told(follower: Follower, study: Study, progress: Callable[[int], None]) -> float:
    """Until every answer is in a row of the feed and no more rows come; when the last came."""
    n_given = {external_id: len(votes) for external_id, votes in study.votes().items()}
    told: set[str] = set()
    until = time.monotonic() + TOLD_WITHIN_S
    while time.monotonic() < until:
        rows = follower.read(wait_s=quiet_s(len(study.answers)))
        if not rows and len(told) == len(n_given):
            break
        told.update(
            row["external_id"]
            for row in rows
            if row["n_answers"] == n_given.get(row["external_id"])
        )
        progress(len(told))
    return follower.last_at()


def _flagged(client: Client, slug: str) -> list[str]:
    rows = client.rows(f"projects/{slug}/workers/")
    return [row["name"] for row in rows if row["flags"]]


def _accuracy(study: Study, person: str) -> float:
    right = [
        answer.label == study.truth[answer.external_id]
        for answer in study.answers
        if answer.person == person
    ]
    return sum(right) / len(right)
