"""The flags of the hostile project are read once the last study is through."""

from collections import Counter
from threading import Event

import pytest

from examples.demo import crowd, hostile
from examples.demo.client import Refused
from examples.demo.crowd import Job, Log, Seat
from examples.demo.following import Ack
from examples.demo.people import Guesser
from examples.demo.shift import Shift
from examples.demo.study import Study

LABELS = {"no": 1.0, "yes": 1.0}
ANSWERED_AT = "2026-03-01T12:00:00.500000Z"
UNDER_WAY, AFTER, LAST = (f"2026-03-01T12:00:{s:02}.000000Z" for s in (5, 6, 20))


class Told:
    """A service that tells of one worker, as it stands."""

    def __init__(self):
        self.studied_at = None

    def read(self, path):
        assert path == "projects/films/workers/p2/"
        return {"history": [{"answered_at": ANSWERED_AT}], "studied_at": self.studied_at}


@pytest.fixture
def service():
    return Told()


@pytest.fixture
def watch(service):
    workers = {f"p{n}": Guesser(f"w{n}", "random", LABELS) for n in (1, 2)}
    films = Shift(service, "films", Study({}, [], {}), workers, [], 1)
    # Processes report in any order; w2 was the last to answer.
    log = Log([Ack("t", "s1", "w2", "yes", 9.0), Ack("t", "s1", "w1", "yes", 8.0)])
    return hostile.Watch(films, log)


def test_no_study_is_none_of_the_last_fit(watch):
    assert not watch.look(now=100)
    assert not watch.look(now=200)


def test_a_study_sooner_than_the_last_fit_can_be_never_counts(watch, service):
    service.studied_at = UNDER_WAY

    assert not watch.look(now=100)
    assert not watch.look(now=200)


def test_a_later_study_counts_once_no_other_has_followed_it_for_a_while(watch, service):
    service.studied_at = AFTER
    assert not watch.look(now=100)
    assert not watch.look(now=114)
    service.studied_at = LAST
    assert not watch.look(now=116)
    assert not watch.look(now=131)
    assert watch.look(now=132)


def test_only_kinds_with_a_bar_make_the_share():
    kinds = Counter(random=2, sleeper=2, skilled_copier=3, honest=9)
    flagged = Counter(random=2, sleeper=1, honest=4)

    assert an_outcome(kinds, flagged).flagged_share == 3 / 4
    assert an_outcome(Counter(honest=9, bad_copier=2), flagged).flagged_share is None


def an_outcome(kinds, flagged):
    return hostile.Outcome(0.9, 0.9, 0.9, 1, Log(), kinds, flagged, is_studied=True)


class Counting(Guesser):
    """Remembers how many answers it was said to have given."""

    def answer(self, external_id, *, truth, seed, n_before=0):
        self.weights[external_id] = n_before
        return truth


class Door:
    """Hands out three assignments; the lease of the second ends."""

    def of(self, key):
        return self

    def post(self, path, body):
        if path.endswith("/claim/"):
            held = [{"id": n, "task": f"t{n}", "payload": {"text": f"s{n}"}} for n in (1, 2, 3)]
            return {"assignments": held}
        if path == "assignments/2/submit/":
            raise Refused(path, 409, b'{"code": "lease_lost"}')
        return {}


def test_a_worker_is_told_how_many_of_their_answers_were_taken(monkeypatch):
    monkeypatch.setattr(crowd.time, "sleep", lambda _: None)
    names = {f"s{n}": f"s{n}" for n in (1, 2, 3)}
    done, words, one = Event(), Words(), Counting("w", "random", {})
    words.when = lambda word: done.set() if getattr(word, "task", "") == "t3" else None
    job = Job("", "films", "sentiment", 1, names, dict.fromkeys(names, "yes"))

    crowd._Lane(job, [Seat(one, "")], Door(), done, words).run()

    assert one.weights == {"s1": 0, "s2": 1, "s3": 1}


class Words:
    """A queue that lets one act on what is said."""

    def put(self, word):
        self.when(word)
