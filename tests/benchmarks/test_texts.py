import pytest

from benchmarks.truth import texts


@pytest.mark.parametrize(
    ("text", "words"),
    [
        ("The cat, sat.", ("the", "cat", "sat")),
        ("Don't - or do!", ("dont", "or", "do")),
        ("well-known", ("well", "known")),
        ("  ", ()),
    ],
)
def test_case_and_punctuation_do_not_matter(text, words):
    assert texts.words(text) == words
