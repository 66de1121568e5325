"""Texts laid over each other word by word."""

import numpy as np
import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.core.texts.alignment import NOTHING, aligned
from tests.core.factories import codes


def laid(*texts, counts=None):
    """The aligned texts, words for codes and `-` for nothing."""
    number = {word: i for i, word in enumerate(sorted({w for text in texts for w in text.split()}))}
    words = [*number, "-"]
    sequences = [codes([number[word] for word in text.split()]) for text in texts]
    table = aligned(sequences, np.array(counts or [1.0] * len(texts)))
    return [" ".join(words[code] for code in row) for row in table]


def distance(one, other):
    """Levenshtein's, straight from its definition."""
    if not one or not other:
        return len(one) + len(other)
    return min(
        distance(one[1:], other) + 1,
        distance(one, other[1:]) + 1,
        distance(one[1:], other[1:]) + (one[0] != other[0]),
    )


@pytest.mark.parametrize(
    ("texts", "expected"),
    [
        (["a b c", "a b c"], ["a b c", "a b c"]),
        (["a b c", "a x c"], ["a b c", "a x c"]),
        (["a b c", "a c"], ["a b c", "a - c"]),
        (["a c", "a b c"], ["a - c", "a b c"]),
        (["a", "b a c"], ["- a -", "b a c"]),
        (["a b c", "b c", "a b d c"], ["a b - c", "- b - c", "a b d c"]),
        (["a"], ["a"]),
    ],
)
def test_words_stand_under_their_likes(texts, expected):
    assert laid(*texts) == expected


def test_a_word_goes_where_most_texts_have_it():
    # The third text's x fits either column of the frame; two texts of three have it in the second.
    assert laid("a b", "a x", "x", counts=[1, 2, 1])[2] == "- x"


words = st.lists(st.integers(0, 3), min_size=1, max_size=5)


@given(words, words)
def test_two_texts_differ_in_as_many_columns_as_edits_turn_one_into_the_other(one, other):
    table = aligned([codes(one), codes(other)], np.ones(2))

    assert (table[0] != table[1]).sum() == distance(tuple(one), tuple(other))


@given(st.lists(words, min_size=1, max_size=5))
def test_no_word_is_lost_and_no_column_is_empty(texts):
    table = aligned([codes(text) for text in texts], np.ones(len(texts)))

    assert [row[row != NOTHING].tolist() for row in table] == texts
    assert (table != NOTHING).any(axis=0).all()
