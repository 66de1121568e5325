"""Promise 9: gold cannot be told from other work by anything that a worker receives."""

import random
import shutil
import signal
import tempfile
from concurrent.futures import ThreadPoolExecutor
from pathlib import Path

import pytest
import requests

from tests.embedded.processes import Up, free_port
from tests.journeys.telling_apart import Seen, measured

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

LABELS = ["wren", "owl", "other"]
WORDS = ["grey", "small", "on", "a", "branch", "at", "dusk", "far", "away", "calling"]
N_WORKERS, MOST_AT_ONCE, GOLD_RATE = 24, 20, 0.4


@pytest.fixture(scope="module")
def service():
    # Directly under the shared directory: an account lent to PostgreSQL must get there.
    data = Path(tempfile.mkdtemp(prefix="concord-"))
    up = Up(data, port=free_port())
    try:
        up.read_until("Ctrl-C stops it.")
        yield Client(up, data)
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGTERM)
        shutil.rmtree(data, ignore_errors=True)


class Client:
    """Somebody who calls the service with a key, the manager's unless told otherwise."""

    def __init__(self, up, data, key=None):
        self.up, self.data = up, data
        self.url = f"http://127.0.0.1:{up.process.args[-1]}/api/v1"
        lines = (data / "first-keys.env").read_text().splitlines()
        manager = dict(line.partition("=")[::2] for line in lines)["CONCORD_MANAGER_KEY"]
        self.session = requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key or manager}"

    def call(self, method, path, body=None):
        reply = self.session.request(method, self.url + path, json=body, timeout=60)
        assert reply.status_code < 300, reply.text
        return reply

    def workers(self, slug):
        """New workers, each with a key."""
        for n in range(N_WORKERS):
            made = self.call("POST", "/workers/", {"username": f"{slug}-{n}"}).json()
            key = self.call("POST", f"/workers/{made['id']}/keys/", {}).json()["key"]
            yield Client(self.up, self.data, key)


def an_item(chance, n, *, is_gold):
    text = " ".join(chance.choices(WORDS, k=chance.randint(3, 12)))
    item = {"external_id": f"item-{n:06}", "payload": {"text": text, "size": chance.random()}}
    return item | ({"gold": {"kind": chance.choice(LABELS)}} if is_gold else {})


def a_project(manager, slug, items):
    form = [{"key": "kind", "type": "choice", "labels": LABELS}]
    manager.call(
        "POST",
        "/projects/",
        {
            "slug": slug,
            "name": "Birds",
            "form": form,
            "gold_rate": GOLD_RATE,
            "claim_limit": 1000,
            "redundancy": {"min": 2, "max": 2},
        },
    )
    manager.call("POST", f"/projects/{slug}/open/")
    for batch in items:
        manager.call("POST", f"/projects/{slug}/items/", batch)


def work(manager, slug, *, n_claims, seed):
    """Workers claim so often, in turn, and answer some; what each of them saw."""
    seen, chance = Seen(), random.Random(seed)
    workers = list(manager.workers(slug))

    def claim(turn):
        worker, asked, n_answers = turn
        found = worker.call("POST", f"/projects/{slug}/claim/", {"count": asked})
        assignments = found.json()["assignments"]
        answers = [
            (held["id"], worker.call("POST", f"/assignments/{held['id']}/submit/", body))
            for held in assignments[:n_answers]
            for body in [{"answer": {"kind": random.Random(held["id"]).choice(LABELS)}}]
        ]
        return asked, found, answers

    with ThreadPoolExecutor(max_workers=4) as pool:
        for _ in range(n_claims):
            chance.shuffle(workers)
            turns = [
                (who, chance.randint(1, MOST_AT_ONCE), chance.choice([0, 2])) for who in workers
            ]
            for asked, found, answers in pool.map(claim, turns):
                seen.claimed(asked, found.json(), len(found.content))
                for name, reply in answers:
                    seen.answered(name, reply.json(), len(reply.content))
    for worker in workers:
        seen.listed(worker.call("GET", "/me/assignments/?limit=1000").json()["results"])
    return seen


def gold_of(manager, slug):
    found = manager.call("GET", f"/projects/{slug}/gold/?limit=1000").json()
    while found["next"]:
        more = f"/projects/{slug}/gold/?limit=1000&cursor={found['next']}"
        page = manager.call("GET", more).json()
        found = {"results": found["results"] + page["results"], "next": page["next"]}
    return {row["task"] for row in found["results"]}


def test_gold_cannot_be_told_from_other_work(service):
    chance = random.Random(1)
    is_gold = [n % 2 == 0 for n in range(8000)]
    chance.shuffle(is_gold)
    items = [an_item(chance, n, is_gold=known) for n, known in enumerate(is_gold)]
    a_project(service, "hidden", [items])

    seen = work(service, "hidden", n_claims=36, seed=2)

    assert len(seen.rows) > 3000
    found = measured(seen, gold_of(service, "hidden"))
    assert found.high < 0.55, found


def test_gold_that_betrays_itself_is_told_by_the_same_measure(service):
    chance = random.Random(3)
    items = [an_item(chance, n, is_gold=n < 400) for n in range(1400)]
    for item in items:
        item["payload"]["ref"] = item["external_id"]
    a_project(service, "betrayed", [items[:400], items[400:]])

    seen = work(service, "betrayed", n_claims=6, seed=4)

    found = measured(seen, gold_of(service, "betrayed"))
    assert found.low > 0.9, found
