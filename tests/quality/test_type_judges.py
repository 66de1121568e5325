"""What the judges of texts, comparisons, rankings, spans and boxes make of answers."""

import numpy as np
import pytest

from quality.judges import JUDGES, FieldVotes

COMPARISON = {"key": "f", "type": "comparison", "left": "/a", "right": "/b"}
TIES = COMPARISON | {"ties": True}
RANKING = {"key": "f", "type": "ranking", "path": "/birds"}
LABELS = {"key": "f", "type": "ranking", "labels": ["wren", "owl", "crow"]}
SPANS = {"key": "f", "type": "spans", "path": "/text", "labels": ["bird", "place"]}
BOXES = {"key": "f", "type": "boxes", "labels": ["bird", "nest"]}
TEXT = {"key": "f", "type": "text"}

SPAN = {"start": 2, "end": 5, "label": "bird"}
BOX = {"x": 0.1, "y": 0.2, "width": 0.3, "height": 0.4, "label": "nest"}
WORDS = "the owl sat in the oak"


def votes_of(field, *rows, payloads=None):
    """Each task's answers, by workers 0, 1, 2, ...; None where the worker gave none."""
    given = [
        (task, worker, value)
        for task, row in enumerate(rows)
        for worker, value in enumerate(row)
        if value is not None
    ]
    task, worker, values = zip(*given, strict=True)
    return FieldVotes(
        field=field,
        task=np.array(task),
        worker=np.array(worker),
        values=list(values),
        n_tasks=len(rows),
        n_workers=max(map(len, rows)),
        gold=[None] * len(rows),
        payloads=payloads,
    )


def verdicts_of(votes):
    fitted = JUDGES[votes.field["type"]].fit(votes, target=0.9)
    assert fitted.opinion.right is None
    assert fitted.threshold is None
    return fitted.opinion.verdicts


CASES = [
    (COMPARISON, ["left", "left", "right"], ["right", None, "right"]),
    (TIES, ["left", "tie", "right"], ["tie", None, "right"]),
    (RANKING, [["a", "b"], ["a", "b"], ["b", "a"]], [["c", "d", "e"], None, ["e", "c", "d"]]),
    (LABELS | {"top": 1}, [["owl"], ["owl"], ["wren"]], [["crow"], None, None]),
    (SPANS, [[SPAN], [SPAN], []], [[], None, [SPAN]]),
    (BOXES, [[BOX], [BOX], []], [[], None, [BOX]]),
    (TEXT, ["wren", "wren.", "owl"], ["owl", None, "owl"]),
    (TEXT, [WORDS, WORDS, "an owl sat in the oak"], ["no owl in the oak", None, WORDS]),
]


@pytest.mark.parametrize(("field", "one", "other"), CASES)
def test_a_judge_with_what_its_fit_learned_is_of_the_same_opinion(field, one, other):
    votes, judge = votes_of(field, one, other), JUDGES[field["type"]]

    fitted = judge.fit(votes, target=0.9)
    again = judge.judge(votes, fitted.learned)

    for before, after in zip(fitted.opinion.verdicts, again.verdicts, strict=True):
        assert after.value == before.value
        assert after.share == before.share
        assert after.confidence == pytest.approx(before.confidence, abs=1e-3)


@pytest.mark.parametrize(("field", "one", "other"), CASES)
def test_a_newcomer_has_parameters_like_everybody(field, one, other):
    votes, judge = votes_of(field, one, other), JUDGES[field["type"]]

    learned = judge.fit(votes, target=0.9).learned

    newcomer = judge.newcomer(votes, learned.population)
    assert newcomer.shape == learned.table[0].shape
    assert np.isfinite(newcomer).all()


@pytest.mark.parametrize(("field", "one", "other"), CASES)
def test_no_judge_of_these_stops_by_the_target(field, one, other):
    judge = JUDGES[field["type"]]

    assert not judge.stops_by_target
    assert all(judge.called(field))
    for verdict in verdicts_of(votes_of(field, one, other)):
        assert 0 <= verdict.confidence <= 1
        assert verdict.stop_posterior == verdict.confidence


def test_items_met_on_several_tasks_share_their_scores():
    payloads = [{"a": "x", "b": "y"}, {"a": {"id": "y"}, "b": "z"}, {"a": "x", "b": "z"}]
    rows = [["left"] * 5, ["left"] * 5, ["right"]]

    alone = verdicts_of(votes_of(COMPARISON, *rows))
    together = verdicts_of(votes_of(COMPARISON, *rows, payloads=payloads))

    assert alone[2].value == "right"
    assert together[2].value == "left"
    assert together[2].share is None


def test_things_without_an_id_are_told_by_all_they_hold():
    payloads = [{"a": {"x": 1, "y": 2}, "b": [1]}, {"a": [1], "b": {"y": 2, "x": 1}}]

    one, other = verdicts_of(votes_of(COMPARISON, ["left"] * 3, ["right"], payloads=payloads))

    assert (one.value, other.value) == ("left", "right")
    assert other.distribution["right"] == one.distribution["left"]


def test_a_thing_compared_with_itself_tells_of_no_other():
    payloads = [{"a": "x", "b": "x"}, {"a": "x", "b": "y"}]

    same, _ = verdicts_of(votes_of(COMPARISON, ["left", "left"], ["right"], payloads=payloads))

    assert same.value == "left"


def test_ties_win_where_most_say_so():
    tie, left, torn = verdicts_of(
        votes_of(TIES, ["tie", "tie", "left"], ["left", "left", "left"], ["left", "tie", "right"])
    )

    assert (tie.value, left.value) == ("tie", "left")
    assert set(torn.distribution) == {"left", "right", "tie"}
    assert sum(torn.distribution.values()) == pytest.approx(1, abs=1e-3)


def test_a_top_of_the_ranking_names_as_many():
    (verdict,) = verdicts_of(votes_of(LABELS | {"top": 2}, *[[["owl", "crow"]] * 3]))

    assert verdict.value == ["owl", "crow"]


def test_spans_tell_their_confidence_one_by_one():
    place = {"start": 6, "end": 9, "label": "place"}

    (verdict,) = verdicts_of(votes_of(SPANS, [[SPAN, place], [SPAN], [SPAN, place], [SPAN]]))

    assert [span["label"] for span in verdict.value] == ["bird", "place"]
    assert verdict.value[0]["confidence"] > verdict.value[1]["confidence"]
    assert verdict.confidence <= verdict.value[1]["confidence"]
    assert verdict.share == 0.5


def test_an_answer_shares_the_value_if_its_boxes_are_the_same_objects():
    near = BOX | {"x": 0.11}

    (verdict,) = verdicts_of(votes_of(BOXES, [[BOX], [near], [BOX], [BOX | {"label": "bird"}]]))

    (box,) = verdict.value
    assert (box["label"], verdict.share) == ("nest", 0.75)
    assert box["x"] + box["width"] == pytest.approx(0.4, abs=0.01)


@pytest.mark.parametrize(
    ("field", "texts", "name"),
    [
        (TEXT, ["owl", "owl", "wren"], "normalised_vote"),
        (TEXT, [WORDS] * 3, "rover"),
        (TEXT | {"aggregator": "rover"}, ["owl", "owl", "wren"], "rover"),
        (TEXT | {"aggregator": "normalised_vote"}, [WORDS] * 3, "normalised_vote"),
    ],
)
def test_texts_win_as_wholes_or_by_words_as_they_are_long_or_the_form_says(field, texts, name):
    judge = JUDGES["text"]

    fitted = judge.fit(votes_of(field, texts), target=0.9)

    assert fitted.parameters == {"aggregator": name}
    assert judge.called(field)[0] == field.get("aggregator", "rover_or_vote")


def test_what_a_fit_decided_of_texts_holds_for_what_it_judges():
    judge = JUDGES["text"]
    learned = judge.fit(votes_of(TEXT, [WORDS] * 3, [WORDS] * 3), target=0.9).learned

    short = votes_of(TEXT, ["an owl sat", "an elk ran", "no owl ran"])
    (verdict,) = judge.judge(short, learned).verdicts

    assert verdict.value == "an owl ran"
