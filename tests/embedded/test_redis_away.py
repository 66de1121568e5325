"""Redis is away for long: all goes on without it, and with it again when it is back.

What an hour does is done here in a moment: jobs that were under way are over, connections pile up
that nobody takes, and thousands of rows of the feed that a webhook was not told.
"""

import json
import os
import signal
import socket

import pytest

from tests.embedded.crowd import of
from tests.embedded.processes import eventually
from tests.webhooks.receiver import Answer, Receiver

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

OURS = "granian|manage.py sweep$"
QUEUES = "manage.py queue (settle|webhooks|training)$"
N_RECORDED = 3000
MOST_ROWS, MOST_BYTES = 100, 20_000


@pytest.fixture
def redis(up):
    """Its process, which goes on at the end so that it can be ended in order."""
    pid = min(of(up, "redis-server"))
    yield pid
    os.kill(pid, signal.SIGCONT)


@pytest.fixture
def steady():
    with Receiver() as receiver:
        yield receiver


@pytest.fixture
def gone():
    """Answers that it is gone, once: it is told no more until it is enabled again."""
    with Receiver() as receiver:
        receiver.answers.append(Answer(410))
        yield receiver


def listen(crowd, receiver):
    made = crowd.call("POST", "/webhooks/", {"url": receiver.url, "events": ["consensus.changed"]})
    assert made.status_code == 201, made.text
    return made.json()["id"]


def pile_up_connections(data):
    """As many as the system keeps for a server that takes none."""
    path = str(next((data / "run").glob("**/redis.sock")))
    for n in range(10_000):
        with socket.socket(socket.AF_UNIX, socket.SOCK_STREAM) as one:
            one.setblocking(False)
            if one.connect_ex(path):
                return n
    raise AssertionError("the system takes any number")


def feed(crowd, project):
    """The seqs of a project's feed."""
    seqs = []
    while True:
        after = seqs[-1] if seqs else 0
        page = crowd.call("GET", f"/projects/{project}/changes/?after={after}&limit=1000").json()
        if not page["results"]:
            return seqs
        seqs += [row["seq"] for row in page["results"]]


def told(receiver, project):
    """The seqs that a receiver took of a project."""
    events = [json.loads(one.body)["data"] for one in list(receiver.heard)]
    return {
        change["seq"]
        for event in events
        if event["project"] == project
        for change in event["changes"]
    }


def is_told_all(crowd, receiver, project):
    """True if it was told every row since it listens."""
    seqs = told(receiver, project)
    return seqs == {seq for seq in feed(crowd, project) if seq >= min(seqs)}


def record_elsewhere(crowd):
    """A project that gets thousands of answers in one upload."""
    form = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"]}]
    crowd.call("POST", "/projects/", {"slug": "owls", "name": "Owls", "form": form})
    crowd.call("POST", "/projects/owls/open/")
    items = [{"external_id": f"o{n}", "payload": {}} for n in range(N_RECORDED)]
    assert crowd.call("POST", "/projects/owls/items/", items).status_code == 201
    record(crowd, "zoe", N_RECORDED)


def record(crowd, worker, n_items):
    """Answers somebody gave elsewhere to the first items."""
    answers = [
        {"external_id": f"o{n}", "worker": worker, "answer": {"kind": "owl"}}
        for n in range(n_items)
    ]
    assert crowd.call("POST", "/projects/owls/answers/", answers).status_code == 201


def n_settled_by_queue(data):
    return (data / "log" / "queue-settle.log").read_text().count("project.settled")


def settles_what_is_recorded(crowd, data, worker):
    """True if the queue has settled more soon after one more answer."""
    before = n_settled_by_queue(data)
    record(crowd, worker, 1)
    return eventually(lambda: n_settled_by_queue(data) > before, within_s=5)


def test_all_goes_on_while_redis_is_away_and_its_queues_when_it_is_back(
    up, crowd, redis, steady, gone, data
):
    listen(crowd, steady)
    silent = listen(crowd, gone)
    assert eventually(lambda: gone.heard and told(steady, "birds"), within_s=60)
    processes = of(up, OURS)

    os.kill(redis, signal.SIGSTOP)
    pile_up_connections(data)
    for queue in of(up, QUEUES):
        os.kill(queue, signal.SIGKILL)
    answered, known = len(crowd.acked), len(feed(crowd, "birds"))
    record_elsewhere(crowd)
    assert eventually(lambda: len(crowd.acked) > answered + 60, within_s=90)
    assert eventually(lambda: len(feed(crowd, "birds")) > known + 20, within_s=90)
    assert eventually(lambda: len(feed(crowd, "owls")) >= N_RECORDED, within_s=120)
    assert eventually(lambda: len(told(steady, "owls")) >= N_RECORDED, within_s=120)
    assert crowd.refused == crowd.cut_off == []

    os.kill(redis, signal.SIGCONT)
    assert crowd.call("POST", f"/webhooks/{silent}/enable/").status_code == 200
    assert eventually(lambda: len(told(gone, "owls")) >= N_RECORDED, within_s=120)
    assert any(settles_what_is_recorded(crowd, data, f"later{n}") for n in range(12))
    crowd.is_over.set()

    for receiver in (steady, gone):
        for project in ("birds", "owls"):
            assert eventually(
                lambda said=(crowd, receiver, project): is_told_all(*said), within_s=60
            )
    assert max(len(json.loads(one.body)["data"]["changes"]) for one in gone.heard) <= MOST_ROWS
    assert max(len(one.body) for one in gone.heard) <= MOST_BYTES
    assert gone.most_at_once <= 4  # two in the sweeper, two in the queue
    assert (of(up, OURS), crowd.strange) == (processes, [])
    assert eventually(lambda: crowd.n_answers() == len(crowd.acked), within_s=60)
