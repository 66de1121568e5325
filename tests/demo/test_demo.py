"""The demo, small, against a real service whose every request is written down."""

import json
import shutil
import signal
import subprocess
import sys
import tempfile
from collections import Counter
from pathlib import Path

import pytest

from tests.demo.recording import Recorder
from tests.embedded.processes import ROOT, Up, free_port

N_RECORDED, N_SENTENCES, N_PEOPLE, N_CLICKERS = 60, 24, 8, 1
N_HOSTILE, N_OF_HOSTILE = 6, 20


@pytest.fixture
def service():
    # pytest's own directory is closed to the account that PostgreSQL is lent when root tests.
    data = Path(tempfile.mkdtemp(prefix="concord-"))
    up = Up(data, port=free_port())
    try:
        up.read_until("Ctrl-C stops it.")
        lines = (data / "first-keys.env").read_text().splitlines()
        yield dict(line.split("=", 1) for line in lines)
    finally:
        up.end(signal.SIGTERM)
        shutil.rmtree(data, ignore_errors=True)


def a_demo(url, key):
    sizes = {
        "--recorded": N_RECORDED,
        "--sentences": N_SENTENCES,
        "--workers": N_PEOPLE,
        "--clickers": N_CLICKERS,
        "--hostile": N_HOSTILE,
        "--hostile-sentences": N_OF_HOSTILE,
    }
    options = [str(word) for pair in sizes.items() for word in pair]
    return subprocess.run(  # noqa: S603 -- argv is our own
        [sys.executable, "-m", "examples.demo", "--url", url, "--key", key, *options],
        cwd=ROOT,
        stdin=subprocess.DEVNULL,
        capture_output=True,
        text=True,
        timeout=240,
        check=False,
    )


def test_the_truth_never_reaches_the_service(service):
    with Recorder(service["CONCORD_URL"]) as recorder:
        done = a_demo(recorder.url, service["CONCORD_MANAGER_KEY"])

    assert done.returncode == 0, done.stdout + done.stderr
    _assert_it_says_what_it_found(done.stdout)
    assert [sent for sent in recorder.sent if '"truth"' in f"{sent.path}{sent.body.decode()}"] == []
    items = [json.loads(line) for body in _bodies(recorder, "/items/") for line in body]
    # With the hostile and without them the sentences are the same.
    assert len(items) == N_RECORDED + N_SENTENCES + 2 * N_OF_HOSTILE
    assert items[-N_OF_HOSTILE:] == items[-2 * N_OF_HOSTILE : -N_OF_HOSTILE]
    _assert_nobody_is_told_who_is_hostile(recorder)
    assert {(*item, *item["payload"]) for item in items} == {("external_id", "payload", "text")}
    answers = [line for body in _bodies(recorder, "/answers/") for line in body]
    assert answers[0] == b"external_id,worker,sentiment"


def _assert_it_says_what_it_found(said):
    found = json.loads(said.splitlines()[-1])
    assert "simulated from measured error rates" in said
    assert found["live_tasks"] == N_SENTENCES
    assert found["clickers"] == N_CLICKERS
    assert found["poor"] + found["honest"] == N_PEOPLE
    assert found["settle_samples"] == round(N_SENTENCES * found["live_answers_per_task"])
    assert found["feed_changes"] >= N_SENTENCES
    assert (found["feed_gaps"], found["webhook_missing"], found["webhook_unverified"]) == (0, 0, 0)

    kinds = ("random", "constant", "prior", "sleeper", "bad_copier", "skilled_copier")
    assert [found[f"hostile_{kind}"] for kind in kinds] == [1] * N_HOSTILE
    assert found["hostile_poor"] + found["hostile_honest"] == N_PEOPLE
    assert found["hostile_answers_per_task"] >= 3
    assert found["hostile_studied"] == 1
    assert 0 <= found["hostile_flagged_share"] <= 1
    assert {"hostile_accuracy", "hostile_accuracy_without"} <= set(found)


def _assert_nobody_is_told_who_is_hostile(recorder):
    invited = [json.loads(sent.body)["username"] for sent in recorder.sent if _invites(sent)]
    crowds = Counter(name.rsplit("-", 1)[0].rsplit("-", 1)[0] for name in invited)
    assert crowds == {
        "demo-live": N_PEOPLE + N_CLICKERS,
        "demo-hostile": N_PEOPLE + N_HOSTILE,
        "demo-without": N_PEOPLE,
    }


def _invites(sent):
    return (sent.method, sent.path) == ("POST", "/api/v1/workers/")


def _bodies(recorder, end):
    return [sent.body.splitlines() for sent in recorder.sent if sent.path.endswith(end)]
