"""Workers at a project with hidden gold: they claim, answer, look at themselves and give back."""

import random
import time
import zlib
from concurrent.futures import ThreadPoolExecutor

import requests

from tests.journeys.telling_apart import Seen

LABELS = ["wren", "owl", "other"]
WORDS = ["grey", "small", "on", "a", "branch", "at", "dusk", "far", "away", "calling"]
N_WORKERS, MOST_AT_ONCE, GOLD_RATE, SKILL = 40, 20, 0.4, 0.8
READ = ("/me/skills/", "/work/", "/me/restrictions/")
# Settling begins at once after a pause, and its rounds are less than half a second apart.
SETTLED_S = 0.8
# Little is settled right after an answer, so one round in so many is enough.
AT_ONCE_EVERY = 4


class Client:
    """Somebody who calls the service with a key."""

    def __init__(self, url, key):
        self.url, self.session = url, requests.Session()
        self.session.headers["Authorization"] = f"Bearer {key}"

    def call(self, method, path, body=None):
        reply = self.session.request(method, self.url + path, json=body, timeout=60)
        assert reply.status_code < 300, reply.text
        return reply

    def pages(self, path):
        """All that a list has."""
        page = self.call("GET", f"{path}?limit=1000").json()
        yield from page["results"]
        while page["next"]:
            page = self.call("GET", f"{path}?limit=1000&cursor={page['next']}").json()
            yield from page["results"]

    def read(self):
        """What a worker can read of themselves and of the work, with its size."""
        found = {path: self.call("GET", path) for path in READ}
        return {path: reply.json() | {"size": len(reply.content)} for path, reply in found.items()}


def the_truth(text):
    return LABELS[zlib.crc32(text.encode()) % len(LABELS)]


def an_item(chance, n, *, is_gold):
    text = " ".join(chance.choices(WORDS, k=chance.randint(3, 12)))
    item = {"external_id": f"item-{n:06}", "payload": {"text": text, "size": chance.random()}}
    return item | ({"gold": {"kind": the_truth(text)}} if is_gold else {})


def a_project(manager, slug, items, **more):
    """An open project with these batches of items."""
    form = [{"key": "kind", "type": "choice", "labels": LABELS}]
    asked = {
        "slug": slug,
        "name": "Birds",
        "form": form,
        "gold_rate": GOLD_RATE,
        "claim_limit": 1000,
        "redundancy": {"min": 2, "max": 2},
    }
    manager.call("POST", "/projects/", asked | more)
    manager.call("POST", f"/projects/{slug}/open/")
    for batch in items:
        manager.call("POST", f"/projects/{slug}/items/", batch)


def gold_of(manager, slug):
    return {row["task"] for row in manager.pages(f"/projects/{slug}/gold/")}


class Crew:
    """Workers of one project; what each of them holds, and what all of them saw."""

    def __init__(self, manager, slug, *, seed):
        self.slug, self.seen, self.chance = slug, Seen(), random.Random(seed)
        self.held = {}
        for n in range(N_WORKERS):
            made = manager.call("POST", "/workers/", {"username": f"{slug}-{n}"}).json()
            key = manager.call("POST", f"/workers/{made['id']}/keys/", {}).json()["key"]
            self.held[Client(manager.url, key)] = []

    def work(self, *, n_claims):
        """Claim so often, in turn, and answer some."""
        for _ in range(n_claims):
            turns = [
                (who, self.chance.randint(1, MOST_AT_ONCE), self.chance.choice([0, 3]))
                for who in self._shuffled()
            ]
            self._each(self._claim_and_answer, turns)

    def watch(self, *, n_rounds):
        """Answer one by one; read before, when it is settled, and of some right after as well."""
        before = self._readings()
        for round_ in range(n_rounds):
            looks_at_once = round_ % AT_ONCE_EVERY == 0
            turns = [(who, looks_at_once) for who in self._shuffled()]
            answered = self._each(self._answer_and_read, turns)
            time.sleep(SETTLED_S)
            after = self._readings()
            for who, name, at_once in answered:
                self.seen.read(name, "settled", before[who], after[who])
                if at_once:
                    self.seen.read(name, "at once", before[who], at_once)
            before = after

    def give_back(self, *, n_rounds):
        """Claim, give some of it back, and claim again."""
        for _ in range(n_rounds):
            turns = [(who, self.chance.randint(1, 8)) for who in self._shuffled()]
            self._each(self._claim_and_give_back, turns)
        for who in self.held:
            self._claim(who, MOST_AT_ONCE)

    def list_all(self):
        """Read everybody's history."""
        for who in self.held:
            self.seen.listed(list(who.pages("/me/assignments/")))

    def _shuffled(self):
        return self.chance.sample(list(self.held), k=len(self.held))

    def _each(self, deed, turns):
        with ThreadPoolExecutor(max_workers=4) as pool:
            return list(pool.map(lambda turn: deed(*turn), turns))

    def _readings(self):
        whole = self._each(lambda who: (who, who.read()), [(who,) for who in self.held])
        return dict(whole)

    def _claim(self, who, asked):
        found = who.call("POST", f"/projects/{self.slug}/claim/", {"count": asked})
        self.seen.claimed(asked, found.json(), len(found.content))
        return found.json()["assignments"]

    def _claim_and_answer(self, who, asked, n_answers):
        assignments = self._claim(who, asked)
        self.held[who] += assignments[n_answers:]
        for assignment in assignments[:n_answers]:
            self._answer(who, assignment)

    def _answer_and_read(self, who, looks_at_once):
        held = self.held[who]
        assignment = held.pop(random.Random(held[0]["id"]).randrange(len(held)))
        self._answer(who, assignment)
        return who, assignment["id"], who.read() if looks_at_once else None

    def _answer(self, who, assignment):
        chance = random.Random(assignment["id"])
        is_right = chance.random() < SKILL
        label = the_truth(assignment["payload"]["text"]) if is_right else chance.choice(LABELS)
        body = {"answer": {"kind": label}}
        reply = who.call("POST", f"/assignments/{assignment['id']}/submit/", body)
        self.seen.answered(assignment["id"], reply.json(), len(reply.content))

    def _claim_and_give_back(self, who, asked):
        assignments = self._claim(who, asked)
        for assignment in assignments[: (asked + 1) // 2]:
            reply = who.call("POST", f"/assignments/{assignment['id']}/release/")
            self.seen.given_back(assignment["id"], reply.json(), len(reply.content))
        self.held[who] += assignments[(asked + 1) // 2 :]
        self._claim(who, asked)
