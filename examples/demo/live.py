"""The second act: a live project, a simulated crowd, webhooks, the feed, and retraining."""

import time
from collections import Counter
from collections.abc import Callable, Mapping
from dataclasses import dataclass
from datetime import UTC, datetime, timedelta

from examples.demo import crowd, people, recorded, scores
from examples.demo.client import Client, Refused
from examples.demo.crowd import Job, Log, Seat
from examples.demo.following import Ack, Follower, Reader, n_gaps, quiet_s, settle_waits
from examples.demo.people import Person
from examples.demo.receiver import EVENTS, Inbox, Receiver
from examples.demo.study import Study

REDUNDANCY = {"min": 3, "max": 7, "target_confidence": 0.95}
# With 1,000 sentences the model is trained anew after every 300 labels.
RETRAIN_SHARE = 0.3
CROWD_AT_MOST_S = 120.0
QUIET_WITHIN_S = 30.0
MODEL_WITHIN_S = 15.0
DELIVERED_WITHIN_S = 15.0
KEYS_LAST = timedelta(hours=1)
UNPROCESSABLE = 422

Progress = Callable[[int], None]


@dataclass(frozen=True)
class Size:
    """How many sentences and workers, and the seed they are drawn by."""

    n_sentences: int
    n_people: int
    n_clickers: int
    seed: int


@dataclass(frozen=True)
class Model:
    """The first model on live sentences it was not trained on."""

    accuracy: float
    baseline_accuracy: float
    n: int


@dataclass(frozen=True)
class Outcome:
    """What the crowd did and what the service made of it, held against the truth."""

    accuracy: float
    majority_accuracy: float
    n_tasks: int
    n_finished: int
    log: Log
    settle_waits: list[float]
    n_untold: int
    kinds: Counter[str]
    flagged: Counter[str]
    model: Model | None
    n_changes: int
    n_gaps: int
    # None where the service refuses addresses of this machine.
    inbox: Inbox | None
    n_missing: int | None


def run(client: Client, study: Study, *, run_id: str, size: Size, progress: Progress) -> Outcome:
    """Let the crowd work until every task is settled, then read everything back."""
    slug = f"demo-live-{run_id}"
    persons = people.crowd(
        study, n_people=size.n_people, n_clickers=size.n_clickers, seed=size.seed
    )
    part = study.drawn(size.n_sentences, seed=size.seed)
    with Receiver() as receiver:
        client.post("projects/", _project(slug, part))
        webhook = _listen(client, receiver, slug)
        recorded.upload_items(client, slug, part.payloads)
        seats, pseudonyms = _invite(client, persons, run_id)
        client.post(f"projects/{slug}/open/")
        reader = Reader(Follower(client, slug))
        job = _job(client, slug, part, size.seed)
        log = crowd.work(
            job,
            seats,
            is_done=lambda: _is_done(client, slug, progress),
            at_most_s=CROWD_AT_MOST_S,
        )
        reader.await_quiet(quiet_s=quiet_s(len(log.acks)), at_most_s=QUIET_WITHIN_S)
        inbox = receiver.inbox if webhook else None
        outcome = _outcome(client, slug, part, log, reader, inbox, pseudonyms)
        reader.stop()
        client.post(f"projects/{slug}/close/")
        if webhook:
            client.delete(f"webhooks/{webhook}/")
    return outcome


def _project(slug: str, part: Study) -> dict[str, object]:
    return recorded.project(
        slug,
        "Film reviews, live",
        part.labels,
        guidelines="Read the sentence. Say whether its author likes the film.",
        redundancy=REDUNDANCY,
        retraining={
            "after": max(1, round(RETRAIN_SHARE * len(part.payloads))),
            "sink": "builtin",
            "field": recorded.FIELD,
            "text": "/text",
        },
    )


def _listen(client: Client, receiver: Receiver, slug: str) -> str | None:
    """The id of the webhook; None where the service refuses addresses of this machine."""
    wanted = {"url": receiver.url, "events": list(EVENTS), "projects": [slug]}
    try:
        made = client.post("webhooks/", wanted)
    except Refused as refused:
        if refused.status != UNPROCESSABLE:
            raise
        return None
    receiver.inbox.secret = made["secret"]
    return str(made["id"])


def _invite(
    client: Client, persons: list[Person], run_id: str
) -> tuple[list[Seat], dict[str, Person]]:
    """Everybody's seat, and who is behind the name the service gives them."""
    expires_at = (datetime.now(UTC) + KEYS_LAST).isoformat()
    seats, pseudonyms = [], {}
    for number, person in enumerate(persons, start=1):
        invited = client.post("workers/", {"username": f"demo-{run_id}-{number:02}"})
        made = client.post(f"workers/{invited['id']}/keys/", {"expires_at": expires_at})
        seats.append(Seat(person, made["key"]))
        pseudonyms[invited["pseudonym"]] = person
    return seats, pseudonyms


def _job(client: Client, slug: str, part: Study, seed: int) -> Job:
    external_ids = {payload["text"]: name for name, payload in part.payloads.items()}
    return Job(client.url, slug, recorded.FIELD, seed, external_ids, part.truth)


def _is_done(client: Client, slug: str, progress: Progress) -> bool:
    n_finished, n_tasks = _finished(client, slug)
    progress(n_finished)
    return n_finished == n_tasks


def _finished(client: Client, slug: str) -> tuple[int, int]:
    found = client.read(f"projects/{slug}/")["progress"]
    return found["resolved"] + found["unresolvable"], found["tasks"]


def _outcome(
    client: Client,
    slug: str,
    part: Study,
    log: Log,
    reader: Reader,
    inbox: Inbox | None,
    pseudonyms: Mapping[str, Person],
) -> Outcome:
    model = _first_model(client, slug, part.truth)
    n_finished, n_tasks = _finished(client, slug)
    flags = {row["worker"] for row in client.rows(f"projects/{slug}/flags/")}
    values = recorded.consensus(client, slug)
    seqs = [arrival.seq for arrival in reader.follower.arrivals]
    n_missing = None if inbox is None else _missing(inbox, set(seqs))
    waits, n_untold = settle_waits(log.acks, reader.follower.arrivals, until=time.monotonic())
    return Outcome(
        accuracy=scores.accuracy(values, part.truth),
        majority_accuracy=scores.majority_accuracy(_votes(log.acks), part.truth),
        n_tasks=n_tasks,
        n_finished=n_finished,
        log=log,
        settle_waits=waits,
        n_untold=n_untold,
        kinds=Counter(person.kind for person in pseudonyms.values()),
        flagged=Counter(pseudonyms[name].kind for name in flags),
        model=model,
        n_changes=len(seqs),
        n_gaps=n_gaps(seqs),
        inbox=inbox,
        n_missing=n_missing,
    )


def _votes(acks: list[Ack]) -> dict[str, list[str]]:
    votes: dict[str, list[str]] = {}
    for ack in acks:
        votes.setdefault(ack.external_id, []).append(ack.label)
    return votes


def _missing(inbox: Inbox, seqs: set[int]) -> int:
    """How many seqs no verified delivery has carried, also after waiting for retries."""
    until = time.monotonic() + DELIVERED_WITHIN_S
    while not seqs <= inbox.seqs and time.monotonic() < until:
        time.sleep(0.1)
    return len(seqs - inbox.seqs)


def _first_model(client: Client, slug: str, truth: Mapping[str, str]) -> Model | None:
    """The first version's predictions for sentences outside its snapshot; None if it has none."""
    until = time.monotonic() + MODEL_WITHIN_S
    while not (models := client.rows(f"projects/{slug}/models/")) and time.monotonic() < until:
        time.sleep(0.5)
    first = next((model for model in models if model["previous"] is None), None)
    if first is None:
        return None
    snapshot = {
        row["external_id"]: row["value"] for row in client.rows(f"snapshots/{first['snapshot']}/")
    }
    rows = client.rows(f"projects/{slug}/predictions/", model_version=first["version"])
    told = {row["external_id"]: row["value"] for row in rows if row["external_id"] not in snapshot}
    if not told:
        return None
    asked = {name: truth[name] for name in told}
    always = dict.fromkeys(told, scores.commonest(snapshot.values()))
    return Model(scores.accuracy(told, asked), scores.accuracy(always, asked), len(told))
