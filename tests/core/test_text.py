import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.texts import TextSkills, TextVote, TextVotes, infer_texts, normalised
from tests.core.factories import any_order, any_votes, codes

SPELLINGS = ["wren", "Wren", " wren. ", "owl", "OWL!", "", "crow"]


@st.composite
def any_text_votes(draw):
    votes = draw(any_votes())
    size = votes.task.size
    texts = draw(st.lists(st.sampled_from(SPELLINGS), min_size=size, max_size=size))
    return TextVotes(votes.task, votes.worker, tuple(texts), votes.n_tasks, votes.n_workers)


def texts_of(*rows):
    """Each task's texts, by workers 0, 1, 2, ..."""
    entries = [
        (task, worker, text) for task, row in enumerate(rows) for worker, text in enumerate(row)
    ]
    task, worker, text = zip(*entries, strict=True)
    return TextVotes(codes(task), codes(worker), text, len(rows), max(map(len, rows)))


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("  The  Wren. ", "the wren"),
        ("Cafe\u0301", "caf\u00e9"),
        ("STRASSE", "stra\u00dfe"),
        ("\u201cit's\u201d", "it's"),
        ("a\n\tb", "a b"),
        ("?!", "?!"),
        ("", ""),
    ],
)
def test_spelling_matters_only_inside(text, expected):
    assert normalised(text) == normalised(expected)


@given(st.text())
def test_what_is_normal_stays_as_it_is(text):
    assert normalised(normalised(text)) == normalised(text)


@given(any_text_votes())
def test_the_value_is_one_of_the_answers_and_the_confidence_a_probability(votes):
    fitted = TextVote().fit(votes)

    for task, value in enumerate(fitted.value_):
        given_texts = [votes.text[i].strip() for i in np.flatnonzero(votes.task == task)]
        assert value in given_texts if given_texts else value is None
    assert np.all((fitted.confidence_ >= 0) & (fitted.confidence_ < 1))


@given(any_text_votes(), st.data())
def test_names_and_order_do_not_matter(votes, data):
    order = data.draw(any_order(votes.task.size))
    renamed = data.draw(any_order(votes.n_workers))
    other = TextVotes(
        votes.task[order],
        renamed[votes.worker[order]],
        tuple(votes.text[i] for i in order),
        votes.n_tasks,
        votes.n_workers,
    )

    ours, theirs = TextVote().fit(votes), TextVote().fit(other)

    assert ours.value_ == theirs.value_
    np.testing.assert_allclose(ours.confidence_, theirs.confidence_, atol=1e-9)


@given(any_text_votes())
def test_inference_gives_the_fitted_consensus_again(votes):
    fitted = TextVote().fit(votes)

    consensus = infer_texts(votes, fitted.model_)

    assert consensus.value == fitted.value_
    np.testing.assert_array_equal(consensus.confidence, fitted.confidence_)


def test_the_commonest_spelling_of_the_winner_is_given():
    votes = texts_of(["Wren", "wren.", "Wren", "owl"], ["b", "a"])

    assert TextVote().fit(votes).value_ == ("Wren", "a")


def test_a_lone_answer_is_right_as_often_as_its_worker():
    fitted = TextVote().fit(texts_of(["wren"]))

    assert fitted.confidence_[0] == pytest.approx(fitted.model_.accuracy[0])
    assert 0.6 < fitted.confidence_[0] < 0.8


def test_agreement_raises_confidence_and_disagreement_lowers_it():
    alone, together, apart = TextVote().fit(texts_of(["a"], ["a", "a"], ["a", "b"])).confidence_

    assert together > 0.9
    assert apart < alone < together


def test_who_agrees_with_the_others_weighs_more():
    rows = [[f"t{i}", f"t{i}", f"wrong{i}"] for i in range(20)]
    votes = texts_of(*rows, ["good", "", "poor"])
    without_the_second = np.flatnonzero(~((votes.task == 20) & (votes.worker == 1)))
    votes = TextVotes(
        votes.task[without_the_second],
        votes.worker[without_the_second],
        tuple(votes.text[i] for i in without_the_second),
        21,
        3,
    )

    fitted = TextVote().fit(votes)

    assert fitted.model_.accuracy[0] > 0.9 > 0.3 > fitted.model_.accuracy[2]
    assert fitted.value_[20] == "good"


def test_what_is_claimed_is_what_holds():
    rng = np.random.default_rng(0)
    accuracy = rng.beta(6, 3, 30)
    worker = rng.permuted(np.tile(np.arange(30), (1500, 1)), axis=1)[:, :3]
    hit = rng.random(worker.shape) < accuracy[worker]
    said = np.where(hit, 0, 1 + rng.integers(15, size=worker.shape)).ravel()
    task = np.repeat(np.arange(1500), 3)

    fitted = TextVote().fit(TextVotes(task, worker.ravel(), tuple(map(str, said)), 1500, 30))

    right = np.array(fitted.value_) == "0"
    assert abs(right.mean() - fitted.confidence_.mean()) < 0.04


@pytest.mark.parametrize(
    ("worker", "text", "complaint"),
    [
        ([0, 0], ("a", "b"), "more than once"),
        ([0, 1], ("a",), "one entry per vote"),
        ([0, 1], ("a", None), "row 1: the text is missing"),
    ],
)
def test_broken_texts_are_refused(worker, text, complaint):
    with pytest.raises(ValueError, match=complaint):
        TextVotes(codes([0, 0]), codes(worker), text, 1, 2)


def test_a_model_of_other_workers_is_refused():
    with pytest.raises(ValueError, match="one accuracy per worker"):
        infer_texts(texts_of(["a", "b"]), TextSkills(0.7, np.ones(1)))
