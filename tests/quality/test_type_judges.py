"""What the judges of texts, comparisons, rankings, spans and boxes make of answers."""

import numpy as np
import pytest

from quality.core.orders import NoisyBradleyTerry, PairVotes
from quality.judges import JUDGES, FieldVotes, Learned
from quality.judges.things import Things

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
    fitted = JUDGES[votes.field["type"]].fit(votes, target=0.9, least=1)
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

    fitted = judge.fit(votes, target=0.9, least=1)
    again = judge.judge(votes, fitted.learned)

    for before, after in zip(fitted.opinion.verdicts, again.verdicts, strict=True):
        assert after.value == before.value
        assert after.share == before.share
        assert after.confidence == pytest.approx(before.confidence, abs=1e-3)


@pytest.mark.parametrize(("field", "one", "other"), CASES)
def test_a_newcomer_has_parameters_like_everybody(field, one, other):
    votes, judge = votes_of(field, one, other), JUDGES[field["type"]]

    learned = judge.fit(votes, target=0.9, least=1).learned

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
    y = {"id": "y", "seen": 1}
    payloads = [{"a": "x", "b": {"id": "y"}}, {"a": y, "b": "z"}, {"a": "x", "b": "z"}]
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


@pytest.mark.parametrize(
    ("one", "other", "same"),
    [
        (1, "1", False),
        ({"id": 1}, "1", False),
        ({"id": "x"}, "x", False),
        ({"id": 1}, {"id": "1"}, False),
        (None, "null", False),
        (True, "true", False),
        ({"id": None, "x": 1}, {"id": None, "x": 2}, False),
        ({"id": 1, "x": 1}, {"id": 1, "x": 2}, True),
        ({"x": 1, "y": [2]}, {"y": [2], "x": 1}, True),
        ("x", "x", True),
    ],
)
def test_things_are_the_same_text_the_same_id_or_equal_json(one, other, same):
    payloads = [{"a": one, "b": [0]}, {"a": [0], "b": other}]

    things = Things(votes_of(COMPARISON, ["left"], ["left"], payloads=payloads))

    assert things.is_shared.all()
    assert (things.pairs[0, 0] == things.pairs[1, 1]) is np.bool_(same)
    assert (things.pair_names[0] == things.pair_names[1]) is np.bool_(same)


def a_tournament():
    """Tasks that compare six things with each other, and two that compare things of their own."""
    payloads = [{"a": i, "b": j} for i in range(6) for j in range(i)] + [{"a": 0, "b": 0}, None]
    sides = np.random.default_rng(0).choice(["left", "left", "right"], (len(payloads), 3))
    return [list(row) for row in sides.tolist()], payloads


def test_comparisons_do_not_swing_between_two_fits():
    rows, payloads = a_tournament()
    judge = JUDGES["comparison"]
    fitted = judge.fit(votes_of(COMPARISON, *rows, payloads=payloads), target=0.9, least=1)

    for row, payload, verdict in zip(rows, payloads, fitted.opinion.verdicts, strict=True):
        alone = votes_of(COMPARISON, row, payloads=[payload])
        assert judge.judge(alone, fitted.learned).verdicts == [verdict]


def test_comparisons_are_judged_as_their_model_was_fitted():
    rows, payloads = a_tournament()
    votes = votes_of(COMPARISON, *rows, payloads=payloads)
    things = Things(votes)
    left, right = things.pairs.T
    outcome = np.array([float(side == "left") for side in votes.values])

    verdicts = verdicts_of(votes)

    model = NoisyBradleyTerry().fit(
        PairVotes(votes.task, votes.worker, outcome, left, right, things.names.size, 3)
    )
    told = [verdict.distribution["left"] for verdict in verdicts]
    np.testing.assert_allclose(told, model.posterior_[:, 0], atol=1e-4)


def test_answers_after_a_fit_move_the_task_they_are_to():
    rows, payloads = a_tournament()
    judge = JUDGES["comparison"]
    votes = votes_of(COMPARISON, *rows, payloads=payloads)
    learned = judge.fit(votes, target=0.9, least=1).learned
    newcomer = judge.newcomer(votes, learned.population)
    crowd = Learned(learned.population, [newcomer] * 30)

    def left(row, payload):
        (verdict,) = judge.judge(votes_of(COMPARISON, row, payloads=[payload]), crowd).verdicts
        return verdict.distribution["left"]

    for payload in (payloads[0], {"a": 0, "b": "new"}):
        once, often = ([side] * n for side, n in (("right", 3), ("right", 30)))
        assert left([*once, *(["left"] * 27)], payload) > left(often, payload) + 0.3


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


def told_box(field, **sides):
    (verdict,) = verdicts_of(votes_of(field, [[BOX | sides]] * 3))
    (box,) = verdict.value
    return box["x"], box["width"]


def test_edges_of_boxes_are_told_to_a_hundredth_of_a_pixel():
    fractions = BOXES | {"unit": "fraction"}

    assert told_box(BOXES, x=1234.567, width=2345.678) == (1234.57, 2345.67)
    assert told_box(fractions, x=0.1234567, width=0.2345612) == (0.123457, 0.234561)


def test_a_box_however_thin_keeps_an_area_within_the_image():
    fractions = BOXES | {"unit": "fraction"}

    assert told_box(BOXES, x=0, width=1e-9) == (0, 0.01)
    assert told_box(fractions, x=0.3, width=1e-9) == (0.299999, 1e-6)
    assert told_box(fractions, x=1 - 1e-9, width=1e-9) == (0.999999, 1e-6)


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

    fitted = judge.fit(votes_of(field, texts), target=0.9, least=1)

    assert fitted.parameters == {"aggregator": name}
    assert judge.called(field)[0] == field.get("aggregator", "rover_or_vote")


def test_what_a_fit_decided_of_texts_holds_for_what_it_judges():
    judge = JUDGES["text"]
    learned = judge.fit(votes_of(TEXT, [WORDS] * 3, [WORDS] * 3), target=0.9, least=1).learned

    short = votes_of(TEXT, ["an owl sat", "an elk ran", "no owl ran"])
    (verdict,) = judge.judge(short, learned).verdicts

    assert verdict.value == "an owl ran"
