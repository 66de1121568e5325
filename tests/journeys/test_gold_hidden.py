"""Promise 9: gold cannot be told from other work by anything that a worker receives."""

import random
import shutil
import signal
import tempfile
from pathlib import Path

import pytest

from tests.embedded.processes import Up, free_port
from tests.journeys.hidden_work import Client, Crew, a_project, an_item, gold_of
from tests.journeys.telling_apart import Seen, measured

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")

# As the documentation has it. The crew is right so often that single answers tip it for some.
WANTED = [
    {"skill": "birds", "op": "gte", "value": 0.8, "bound": "lower"},
    {"skill": "peers", "op": "gte", "value": 0.8, "bound": "lower"},
]
# Fewer of these are seen than come with claims, and the interval alone takes up three hundredths.
OF_FEWER = 0.58


@pytest.fixture(scope="module")
def manager():
    # Directly under the shared directory: an account lent to PostgreSQL must get there.
    data = Path(tempfile.mkdtemp(prefix="concord-"))
    port = free_port()
    up = Up(data, port=port)
    try:
        up.read_until("Ctrl-C stops it.")
        lines = (data / "first-keys.env").read_text().splitlines()
        key = dict(line.partition("=")[::2] for line in lines)["CONCORD_MANAGER_KEY"]
        yield Client(f"http://127.0.0.1:{port}/api/v1", key)
    finally:
        if up.process.poll() is None:
            up.end(signal.SIGTERM)
        shutil.rmtree(data, ignore_errors=True)


@pytest.fixture(scope="module")
def seen(manager):
    """What a crew sees of a project that makes skills, for which another one asks."""
    chance = random.Random(1)
    is_gold = [n % 2 == 0 for n in range(11000)]
    chance.shuffle(is_gold)
    items = [an_item(chance, n, is_gold=known) for n, known in enumerate(is_gold)]
    a_project(manager, "hidden", [items])
    for name, source in [("birds", "gold"), ("peers", "consensus")]:
        manager.call("POST", "/skills/", {"name": name, "source": source, "project": "hidden"})
    a_project(manager, "wanting", [items[:10]], requirements={"all": WANTED})
    crew = Crew(manager, "hidden", seed=2)
    crew.work(n_claims=20)
    crew.watch(n_rounds=40)
    crew.give_back(n_rounds=28)
    crew.list_all()
    return crew.seen


def test_gold_cannot_be_told_from_other_work(manager, seen):
    assert len(seen.rows) > 3000
    found = measured(seen, gold_of(manager, "hidden"))
    assert found.high < 0.55, found


@pytest.mark.parametrize("view", [Seen.after_answers, Seen.after_changes])
def test_nothing_that_can_be_read_after_an_answer_tells_gold(manager, seen, view):
    assert len(seen.readings) >= 1500
    found = measured(view(seen), gold_of(manager, "hidden"))
    assert found.high < OF_FEWER, found


def test_no_task_that_is_given_back_is_told_by_what_becomes_of_it(manager, seen):
    assert len(seen.returns) >= 1500
    found = measured(seen.after_returns(), gold_of(manager, "hidden"))
    assert found.high < OF_FEWER, found


def test_gold_that_betrays_itself_is_told_by_the_same_measure(manager):
    chance = random.Random(3)
    items = [an_item(chance, n, is_gold=n < 400) for n in range(1400)]
    for item in items:
        item["payload"]["ref"] = item["external_id"]
    a_project(manager, "betrayed", [items[:400], items[400:]])
    crew = Crew(manager, "betrayed", seed=4)
    crew.work(n_claims=6)
    crew.list_all()

    found = measured(crew.seen, gold_of(manager, "betrayed"))
    assert found.low > 0.9, found
