"""Items fall into parts, always the same ones, and nothing is lost between them."""

from itertools import pairwise

import pytest
from hypothesis import given
from hypothesis import strategies as st

from tasks_app import splitting
from tasks_app.errors import Invalid

LIST = {"by": "list", "path": "/questions"}
LETTERS = st.sampled_from([*"ab .!?\n\t", "é", "漢", "。", "😀", "\u2003", "”", ")"])
TEXTS = st.text(LETTERS, max_size=200)


@st.composite
def rules(draw):
    size = draw(st.integers(1, 40))
    return {
        "by": "windows",
        "path": "/text",
        "size": size,
        "overlap": draw(st.integers(0, size - 1)),
    }


def windows(text, size, overlap=0):
    return [text[a:b] for a, b in splitting.windows(text, size=size, overlap=overlap)]


@given(TEXTS, rules())
def test_windows_cover_every_character_that_is_no_space(text, rule):
    found = splitting.windows(text, size=rule["size"], overlap=rule["overlap"])

    covered = {place for start, end in found for place in range(start, end)}
    assert covered >= {place for place, letter in enumerate(text) if not letter.isspace()}


@given(TEXTS, rules())
def test_no_window_is_empty_or_longer_than_its_size_and_starts_increase(text, rule):
    found = splitting.windows(text, size=rule["size"], overlap=rule["overlap"])

    starts, ends = [start for start, _ in found], [end for _, end in found]
    assert all(0 < end - start <= rule["size"] for start, end in found)
    assert starts == sorted(set(starts))
    # A window may end with the one before it: its next sentence may be too long for both.
    assert ends == sorted(ends)


@given(TEXTS, rules())
def test_windows_overlap_by_no_more_than_asked(text, rule):
    found = splitting.windows(text, size=rule["size"], overlap=rule["overlap"])

    for (_, end), (start, _) in pairwise(found):
        assert start >= end - rule["overlap"]


@given(TEXTS.filter(str.strip), rules())
def test_the_same_payload_gives_the_same_parts_and_each_shows_its_piece(text, rule):
    payload = {"text": text, "note": "kept"}

    found = splitting.parts(rule, payload)

    assert found == splitting.parts(dict(rule), dict(payload))
    assert [(part.index, part.of) for part in found] == [(i, len(found)) for i in range(len(found))]
    for part in found:
        shown = splitting.part_payload(rule, payload, part)
        assert shown == {"text": text[part.start : part.end], "note": "kept"}
    assert payload == {"text": text, "note": "kept"}


@given(st.lists(st.integers() | st.text() | st.none(), min_size=1, max_size=20))
def test_a_list_gives_a_part_for_each_element(elements):
    payload = {"questions": elements, "page": 7}

    found = splitting.parts(LIST, payload)

    shown = [splitting.part_payload(LIST, payload, part) for part in found]
    assert shown == [{"questions": element, "page": 7} for element in elements]
    assert {(part.of, part.start, part.end) for part in found} == {(len(elements), None, None)}


def test_a_window_holds_as_many_whole_sentences_as_fit():
    found = windows("One owl. Two owls. Three owls.", size=18)

    assert found == ["One owl. Two owls.", "Three owls."]


def test_a_sentence_longer_than_a_window_is_cut_at_its_last_space():
    found = windows("a long sentence of words", size=10)

    assert found == ["a long", "sentence", "of words"]


def test_a_word_longer_than_a_window_is_cut_hard():
    found = windows("abcdefghij", size=4)

    assert found == ["abcd", "efgh", "ij"]


def test_the_next_window_starts_at_the_first_sentence_within_the_overlap():
    found = windows("Aa. Bb. Cc. Dd.", size=11, overlap=5)

    assert found == ["Aa. Bb. Cc.", "Cc. Dd."]


def test_an_overlap_shorter_than_a_sentence_repeats_nothing():
    found = windows("Aa. Bb. Cc. Dd.", size=7, overlap=2)

    assert found == ["Aa. Bb.", "Cc. Dd."]


def test_places_are_counted_in_code_points():
    found = splitting.windows("😀😀. 漢字。 é", size=4, overlap=0)

    assert found == [(0, 3), (4, 7), (8, 9)]


@pytest.mark.parametrize(
    ("rule", "payload", "code"),
    [
        (LIST, {}, "split_path_missing"),
        (LIST, {"questions": "a text"}, "split_wrong_type"),
        (LIST, {"questions": []}, "split_empty"),
        ({"by": "windows", "path": "/text", "size": 5}, {"text": ["a"]}, "split_wrong_type"),
        ({"by": "windows", "path": "/text", "size": 5}, {"text": " \n"}, "split_empty"),
        ({"by": "windows", "path": "/a/b", "size": 5}, {"a": 1}, "split_path_missing"),
    ],
)
def test_a_payload_without_anything_to_split_is_refused_by_place(rule, payload, code):
    with pytest.raises(Invalid) as refusal:
        splitting.parts(rule, payload)

    (fault,) = refusal.value.faults
    assert (fault.code, fault.pointer) == (code, f"/payload{rule['path']}")


def test_an_overlap_as_long_as_the_window_is_refused():
    with pytest.raises(Invalid) as refusal:
        splitting.check({"by": "windows", "path": "/text", "size": 5, "overlap": 5})

    assert refusal.value.faults[0].code == "overlap_too_large"
