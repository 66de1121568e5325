"""The clients' own log: what was noted is in the file at once, and is read back as a story."""

import threading

from chaos import history
from chaos.history import History

ACK = {"assignment": "a1", "task": "t1", "worker": "w", "answer": {"kind": "owl"}}


def test_a_note_is_in_the_file_before_the_next_is_made(tmp_path):
    kept = History(tmp_path / "history.jsonl")

    kept.note("items", ids=["i1", "i2"])

    assert history.read(kept.path).items == {"i1", "i2"}
    kept.close()


def test_notes_of_many_threads_are_kept_whole(tmp_path):
    kept = History(tmp_path / "history.jsonl")

    def note(number):
        for n in range(200):
            kept.note("items", ids=[f"{number}-{n}"])

    threads = [threading.Thread(target=note, args=(number,)) for number in range(4)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    kept.close()

    assert len(history.read(kept.path).items) == kept.counts["items"] == 800


def test_an_answer_acknowledged_again_counts_once(tmp_path):
    kept = History(tmp_path / "history.jsonl")

    kept.note("ack", status=201, **ACK)
    kept.note("ack", status=200, **ACK)
    kept.close()

    story = history.read(kept.path)
    assert (story.n_acked, story.created["a1"]) == (1, 1)


def test_recorded_answers_are_acknowledged_too(tmp_path):
    kept = History(tmp_path / "history.jsonl")

    kept.note("recorded", rows=[{"external_id": "i1", "worker": "p", "answer": {"kind": "owl"}}])
    kept.note("retry", why="timeout", call="items/")
    kept.close()

    assert history.read(kept.path).n_acked == 1


def test_a_run_without_a_receiver_is_told_from_one_that_heard_nothing():
    assert not history.told_by([]).has_receiver
    assert history.told_by([{"kind": "receiver"}]).has_receiver
