"""Promise 6 under load: whoever reads the feed meanwhile sees no gap and no reordering."""

import random
import threading
import time
from concurrent.futures import ThreadPoolExecutor
from contextlib import suppress
from datetime import timedelta
from threading import Event

import pytest
from django.db import connection, transaction
from django.utils import timezone

from marketplace.flows import intake
from quality import feed, revisions, settling
from tasks_app.staging import Record
from tests.factories import NOON, a_project, a_tenant, bring_answers, later, some_items

pytestmark = pytest.mark.django_db(transaction=True)

N_WRITERS, N_ROUNDS = 3, 6


class Broken(Exception):
    """A crash after the rows were written and before they were committed."""


def answer(project, items, worker, label):
    bring_answers(
        project,
        [
            Record(
                row,
                {"external_id": item.external_id, "worker": worker, "answer": {"kind": label}},
            )
            for row, item in enumerate(items, start=1)
        ],
    )


@pytest.fixture
def crash(monkeypatch):
    """Called in a thread, it makes that thread's next telling fail after its rows are written."""
    wanted, write = threading.local(), revisions.write

    def write_and_break(*arguments, **named):
        told = write(*arguments, **named)
        if getattr(wanted, "now", False):
            wanted.now = False
            raise Broken
        return told

    def ask():
        wanted.now = True

    monkeypatch.setattr(revisions, "write", write_and_break)
    return ask


def settle_in_turn(project):
    """Settle once nobody else does."""
    until = time.monotonic() + 30
    while time.monotonic() < until:
        try:
            if settling.settle(project=project, now=timezone.now()):
                return "settled"
        except Broken:
            return "crashed"
        time.sleep(0.01)
    raise AssertionError("never its turn")


def a_writer(project, items, number, crash):
    """Answers, settles, withdraws, and crashes in between; how often it crashed."""
    chance, n_crashes = random.Random(number), 0
    try:
        for step in range(N_ROUNDS):
            answer(project, items, f"w{number}-{step}", chance.choice(["owl", "wren"]))
            crash()
            n_crashes += settle_in_turn(project) == "crashed"
            settle_in_turn(project)
        crash()
        with suppress(Broken):
            intake.withdraw(project=project, item=items[0], because="wrong picture")
        intake.withdraw(project=project, item=items[0], because="wrong picture")
        return n_crashes
    finally:
        connection.close()


def a_reader(project, is_over, limit):
    """Follows the feed to its end; all rows it was told, in the order it was told them."""
    told, after = [], 0
    try:
        while True:
            was_over = is_over.is_set()
            rows = feed.changes(project, after=after, limit=limit)
            told.extend(rows)
            after = rows[-1]["seq"] if rows else after
            if was_over and not rows:
                return told
    finally:
        connection.close()


def test_readers_see_every_row_once_and_in_order_while_many_write(crash):
    project = a_project(a_tenant(), target_confidence=0.999, max_answers=100)
    shares = [some_items(project, 4) for _ in range(N_WRITERS)]
    is_over = Event()

    with ThreadPoolExecutor(N_WRITERS + 2) as pool:
        readers = [pool.submit(a_reader, project, is_over, limit) for limit in (1, 7)]
        writers = [
            pool.submit(a_writer, project, items, number, crash)
            for number, items in enumerate(shares)
        ]
        try:
            n_crashes = sum(writer.result(timeout=120) for writer in writers)
            settle_in_turn(project)
        finally:
            is_over.set()
        told = [reader.result(timeout=60) for reader in readers]

    settled = feed.changes(project, after=0, limit=100_000)
    assert [row["seq"] for row in settled] == list(range(1, feed.head(project) + 1))
    assert told == [settled, settled]
    assert {"answer", "withdrawal"} <= {row["cause"] for row in settled}
    assert n_crashes


def test_revisions_of_one_field_are_counted_without_a_gap(crash):
    project = a_project(a_tenant(), target_confidence=0.999, max_answers=100)
    shares = [some_items(project, 3) for _ in range(N_WRITERS)]

    with ThreadPoolExecutor(N_WRITERS) as pool:
        list(pool.map(lambda n: a_writer(project, shares[n], n, crash), range(N_WRITERS)))
    settle_in_turn(project)

    by_item = {}
    for row in feed.changes(project, after=0, limit=100_000):
        by_item.setdefault(row["external_id"], []).append(row["revision"])
    assert len(by_item) == 3 * N_WRITERS
    assert all(found == list(range(1, len(found) + 1)) for found in by_item.values())


def test_what_was_rolled_back_was_never_told_and_its_numbers_are_given_again():
    project = a_project(a_tenant())
    items = some_items(project, 2)
    answer(project, items[:1], "w1", "owl")
    seen = []

    def look():
        try:
            return [row["seq"] for row in feed.changes(project, after=0, limit=10)]
        finally:
            connection.close()

    with ThreadPoolExecutor(1) as pool:

        def settle_and_break():
            settling.settle(project=project, now=NOON)
            seen.append(feed.head(project))
            seen.append(pool.submit(look).result(timeout=30))
            raise Broken

        with suppress(Broken), transaction.atomic():
            settle_and_break()
        seen.append(pool.submit(look).result(timeout=30))
        answer(project, items[1:], "w1", "wren")
        settling.settle(project=project, now=later(1))
        seen.append(pool.submit(look).result(timeout=30))

    assert seen == [1, [], [], [1, 2]]


def test_a_fit_that_outlasts_its_lease_is_not_taken_over(monkeypatch):
    project = a_project(a_tenant())
    items = some_items(project, 2)
    answer(project, items, "Wim", "owl")
    read, taken_over = settling.ballots.read, []

    def read_slowly(*arguments):
        time.sleep(0.6)
        after_the_lease = NOON + timedelta(seconds=0.5)
        taken_over.append(settling.settle(project=project, now=after_the_lease) is not None)
        return read(*arguments)

    monkeypatch.setattr(settling.ballots, "read", read_slowly)
    monkeypatch.setattr(settling, "LEASE", timedelta(seconds=0.3))
    monkeypatch.setattr(settling, "BEAT_S", 0.05)

    outcome = settling.settle(project=project, now=NOON)

    assert taken_over == [False]
    assert outcome.n_revisions == 2
