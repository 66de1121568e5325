"""Long texts: words aligned, and each place voted on."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.texts import (
    Rover,
    RoverSkills,
    TextVotes,
    are_long,
    infer_words,
)
from quality.core.texts import network as networks
from tests.core.factories import any_order, any_votes, codes

WORDS = ["the", "wren", "Wren,", "sings", "in", "oaks.", "!"]


@st.composite
def any_long_texts(draw):
    votes = draw(any_votes())
    text = st.lists(st.sampled_from(WORDS), max_size=6).map(" ".join)
    texts = draw(st.lists(text, min_size=votes.task.size, max_size=votes.task.size))
    return TextVotes(votes.task, votes.worker, tuple(texts), votes.n_tasks, votes.n_workers)


def texts_of(*rows):
    """Each task's texts, by workers 0, 1, 2, ..."""
    entries = [
        (task, worker, text) for task, row in enumerate(rows) for worker, text in enumerate(row)
    ]
    task, worker, text = zip(*entries, strict=True)
    return TextVotes(codes(task), codes(worker), text, len(rows), max(map(len, rows)))


def a_choir(*, accuracy, n_tasks=150, length=12, seed=0):
    """Sentences heard by workers who mistake, drop and add words; and the truth."""
    rng = np.random.default_rng(seed)
    rows, truth = [], []
    for _ in range(n_tasks):
        sentence = [f"w{i}" for i in rng.integers(200, size=length)]
        truth.append(" ".join(sentence))
        rows.append([" ".join(_heard(sentence, a, rng)) for a in accuracy])
    return texts_of(*rows), truth


def _heard(sentence, accuracy, rng):
    for word in sentence:
        if rng.random() < accuracy:
            yield word
        else:
            yield from [[], [f"x{rng.integers(10**6)}"], [word, "uh"]][rng.integers(3)]


def test_the_text_is_put_together_from_what_most_say_at_each_place():
    votes = texts_of(
        [
            "a quick brown fox jumps over",
            "the slow brown fox jumps over",
            "the quick brown cat jumps over",
            "the quick brown fox over it",
        ]
    )

    assert Rover().fit(votes).value_ == ("the quick brown fox jumps over",)


def test_words_are_spelled_as_they_are_most_often():
    votes = texts_of(["Hello , World!", "hello, World!", "Hello , world", "Hullo , World!"])

    assert Rover().fit(votes).value_ == ("Hello , World!",)


def test_a_text_of_nothing_but_marks_is_a_word_of_its_own():
    assert Rover().fit(texts_of(["?!", "?!", "?!", "what is this"])).value_ == ("?!",)


def test_a_lone_text_is_the_value_and_each_word_as_sure_as_its_worker():
    fitted = Rover().fit(texts_of(["one two"]))

    assert fitted.value_ == ("one two",)
    sure = [confidence for _, confidence in fitted.consensus_.words[0]]
    assert sure == pytest.approx([fitted.model_.accuracy[0]] * 2)
    assert fitted.confidence_[0] == pytest.approx(sure[0] * sure[1])


def test_a_task_without_texts_has_no_value():
    fitted = Rover().fit(TextVotes(codes([1]), codes([0]), ("a b",), 3, 1))

    assert fitted.value_ == (None, "a b", None)
    assert fitted.confidence_[0] == fitted.confidence_[2] == 0


def test_who_hears_better_weighs_more():
    votes, truth = a_choir(accuracy=[0.98, 0.98, 0.7, 0.7, 0.7])

    fitted = Rover().fit(votes)

    accuracy = fitted.model_.accuracy
    assert accuracy[:2].min() > 0.93 > 0.8 > accuracy[2:].max()
    assert np.mean([ours == true for ours, true in zip(fitted.value_, truth, strict=True)]) > 0.6
    low, high = fitted.workers_.interval[0]
    assert low < fitted.workers_.value[0] < high


def test_put_together_texts_are_better_than_any_single_one():
    votes, truth = a_choir(accuracy=[0.85] * 5)

    fitted = Rover().fit(votes)

    ours = np.mean([value == true for value, true in zip(fitted.value_, truth, strict=True)])
    single = np.mean([votes.text[row] == truth[votes.task[row]] for row in range(len(votes.text))])
    assert ours > single + 0.5


@given(any_long_texts())
def test_every_word_was_given_and_confidence_is_a_probability(votes):
    fitted = Rover().fit(votes)

    for task, value in enumerate(fitted.value_):
        said = {w for i in np.flatnonzero(votes.task == task) for w in votes.text[i].split()}
        assert value is None or set(value.split()) <= said
    assert np.all((fitted.confidence_ >= 0) & (fitted.confidence_ <= 1))
    assert [value is None for value in fitted.value_] == [
        not (votes.task == task).any() for task in range(votes.n_tasks)
    ]


@given(any_long_texts(), st.data())
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

    ours, theirs = Rover().fit(votes), Rover().fit(other)

    assert ours.value_ == theirs.value_
    np.testing.assert_allclose(ours.confidence_, theirs.confidence_, atol=1e-9)
    np.testing.assert_allclose(ours.workers_.value, theirs.workers_.value[renamed], atol=1e-9)


@given(any_long_texts())
def test_inference_gives_the_fitted_consensus_again(votes):
    fitted = Rover().fit(votes)

    consensus = infer_words(votes, fitted.model_)

    assert consensus.value == fitted.value_
    np.testing.assert_array_equal(consensus.confidence, fitted.confidence_)


@pytest.mark.parametrize(("limit", "most"), [("MOST_WORDS", 3), ("MOST_TOGETHER", 11)])
def test_texts_too_long_to_align_are_compared_as_wholes(monkeypatch, limit, most):
    monkeypatch.setattr(networks, limit, most)

    fitted = Rover().fit(texts_of(["a b c d", "a b c d.", "a x c d"]))

    assert fitted.value_ == ("a b c d",)
    assert len(fitted.consensus_.words[0]) == 1


def test_a_model_of_other_workers_is_refused():
    with pytest.raises(ValueError, match="one accuracy per worker"):
        infer_words(texts_of(["a", "b"]), RoverSkills(0.7, np.ones(1), 0.3))


@pytest.mark.parametrize("broken", [{"max_rounds": 0}, {"strength": 0.0}])
def test_a_rover_without_rounds_or_strength_is_refused(broken):
    with pytest.raises(ValueError, match="positive"):
        Rover(**broken)


@pytest.mark.parametrize(
    ("texts", "long"),
    [
        ([], False),
        (["wren"], False),
        (["a b c", "a b c", "a b c d e f"], False),
        (["a b c d", "a", "b c d e f"], True),
    ],
)
def test_texts_are_long_if_the_median_has_more_than_three_words(texts, long):
    assert are_long(texts) is long
