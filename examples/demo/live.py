"""The second act: a live project, a simulated crowd, webhooks, the feed, and retraining."""

import time
from collections import Counter
from collections.abc import Mapping
from dataclasses import dataclass

from examples.demo import people, recorded, scores, shift
from examples.demo.client import Client, Refused
from examples.demo.crowd import Log
from examples.demo.following import Follower, Reader, n_gaps, quiet_s, settle_waits
from examples.demo.receiver import EVENTS, Inbox, Receiver
from examples.demo.shift import Progress, Shift
from examples.demo.study import Payload, Study

# With 1,000 sentences the model is trained anew after every 300 labels.
RETRAIN_SHARE = 0.3
MODEL_WITHIN_S = 15.0
DELIVERED_WITHIN_S = 15.0
UNPROCESSABLE = 422


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
    crowd = people.crowd(study, n_people=size.n_people, n_clickers=size.n_clickers, seed=size.seed)
    part = study.drawn(size.n_sentences, seed=size.seed)
    with Receiver() as receiver:
        client.post("projects/", _project(slug, part))
        webhook = _listen(client, receiver, slug)
        live = shift.opened(client, slug, part, crowd, seed=size.seed)
        reader = Reader(Follower(client, slug))
        log = live.work(progress)
        reader.await_quiet(quiet_s=quiet_s(len(log.acks)), at_most_s=shift.QUIET_WITHIN_S)
        outcome = _outcome(live, log, reader, receiver.inbox if webhook else None)
        reader.stop()
        live.close()
        if webhook:
            client.delete(f"webhooks/{webhook}/")
    return outcome


def _project(slug: str, part: Study) -> Payload:
    return shift.project(
        slug,
        "Film reviews, live",
        part.labels,
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


def _outcome(live: Shift, log: Log, reader: Reader, inbox: Inbox | None) -> Outcome:
    model = _first_model(live.client, live.slug, live.part.truth)
    n_finished, n_tasks = live.finished()
    flagged, accuracy = live.flagged(), live.accuracy()
    seqs = [arrival.seq for arrival in reader.follower.arrivals]
    n_missing = None if inbox is None else _missing(inbox, set(seqs))
    waits, n_untold = settle_waits(log.acks, reader.follower.arrivals, until=time.monotonic())
    return Outcome(
        accuracy=accuracy,
        majority_accuracy=live.majority_accuracy(log.acks),
        n_tasks=n_tasks,
        n_finished=n_finished,
        log=log,
        settle_waits=waits,
        n_untold=n_untold,
        kinds=live.kinds(),
        flagged=flagged,
        model=model,
        n_changes=len(seqs),
        n_gaps=n_gaps(seqs),
        inbox=inbox,
        n_missing=n_missing,
    )


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
