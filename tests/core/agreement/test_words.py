from itertools import permutations

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.agreement import word_error_rate
from quality.core.agreement.words import edits_between, words
from tests.core.factories import any_order, codes

WORDS = st.lists(st.sampled_from("abcd"), max_size=9).map(tuple)
ANSWERS = st.lists(st.tuples(st.integers(0, 2), WORDS), max_size=9)


def edits_by_table(one, other):
    """Wagner and Fischer's table, cell by cell."""
    row = list(range(len(other) + 1))
    for i, word in enumerate(one, 1):
        above, row = row, [i]
        for j, facing in enumerate(other, 1):
            row.append(min(above[j] + 1, row[-1] + 1, above[j - 1] + (word != facing)))
    return row[-1]


@given(one=WORDS, other=WORDS)
def test_edits_are_those_of_the_table(one, other):
    assert edits_between(one, other) == edits_by_table(one, other)


@given(answers=ANSWERS)
def test_the_rate_is_its_definition(answers):
    texts = [" ".join(said) for _, said in answers]
    rate = word_error_rate(codes([t for t, _ in answers]), texts, n_draws=5)

    edits = length = 0.0
    for task in {t for t, _ in answers}:
        unit = [said for of, said in answers if of == task]
        if len(unit) > 1:
            pairs = list(permutations(unit, 2))
            edits += sum(edits_by_table(a, b) for a, b in pairs) / (len(unit) - 1)
            length += sum(len(a) for a, _ in pairs) / (len(unit) - 1)
    if length:
        assert rate.value == pytest.approx(edits / length)
    else:
        assert np.isnan(rate.value)
        assert rate.undefined_because in {"no task has two answers", "no text has a word"}


def test_one_word_of_six_changed_is_a_sixth():
    rate = word_error_rate(codes([0, 0]), ["The cat sat on the mat", "the cat sits on the mat."])

    assert rate.value == pytest.approx(1 / 6)
    assert (rate.measure, rate.level, rate.n_answers) == ("word_error_rate", "words", 2)


def test_case_and_punctuation_are_no_errors():
    assert words("“Don't STOP,” she said … ") == ("don't", "stop", "she", "said")
    assert word_error_rate(codes([0, 0]), ["E\u0301toile!", "étoile"]).value == 0.0


@given(answers=ANSWERS, data=st.data())
def test_names_and_order_do_not_matter(answers, data):
    task, texts = codes([t for t, _ in answers]), [" ".join(said) for _, said in answers]
    order = data.draw(any_order(task.size))

    ours = word_error_rate(task, texts, n_draws=0)
    theirs = word_error_rate(6 - task[order], [texts[row] for row in order], n_draws=0)

    assert ours.value == pytest.approx(theirs.value, nan_ok=True)


def test_unequal_lengths_are_refused():
    with pytest.raises(ValueError, match="one entry per answer"):
        word_error_rate(codes([0, 0]), ["one"])
