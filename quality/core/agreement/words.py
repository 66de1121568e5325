"""How far texts agree, word by word."""

import unicodedata
from collections import Counter
from collections.abc import Sequence

import numpy as np

from quality.core.agreement.resampling import (
    NO_SHARED_TASK,
    Agreement,
    Measure,
    ratio,
)
from quality.core.agreement.sharing import beside, by_task
from quality.core.votes import Codes, Floats

Words = tuple[str, ...]


def word_error_rate(
    task: Codes, texts: Sequence[str], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Word edits per word, each text of a task being the reference of the others in turn.

    task: (n_answers,) codes; tasks with one answer do not count
    texts: n_answers strings, compared as `words` splits them

    0 for equal texts; edits are substitutions, insertions and deletions, and pairs of a task weigh
    1 / (answers - 1), so that each answer counts once. Raises ValueError for unequal lengths.
    Source: Myers (1999), "A Fast Bit-Vector Algorithm for Approximate String Matching", Journal of
    the ACM 46(3), 395-415, in the form of Hyyro (2003), "A Bit-Vector Algorithm for Computing
    Levenshtein and Damerau Edit Distances", Nordic Journal of Computing 10(1), 29-39.
    """
    grouped = by_task(task, [words(text) for text in texts])
    size = np.array([len(answers) for answers in grouped], dtype=np.float64)
    edits = np.array([_edits_within(answers) for answers in grouped], dtype=np.float64)
    length = np.array([sum(map(len, answers)) for answers in grouped], dtype=np.float64)
    columns = beside([size, 2 * edits / np.maximum(size - 1, 1), length])
    reason = None if length.any() else "no text has a word"
    reason = reason if grouped else NO_SHARED_TASK
    measure = Measure("word_error_rate", "words", columns, _rate, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def words(text: str) -> Words:
    """The words of a text: case and the punctuation around a word do not matter."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    bare = (_bare(word) for word in folded.split())
    return tuple(word for word in bare if word)


def edits_between(one: Words, other: Words) -> int:
    """The Levenshtein distance in words, a whole column of the table per step."""
    if len(one) < len(other):
        one, other = other, one
    if not other:
        return len(one)
    where: dict[str, int] = {}
    for row, word in enumerate(other):
        where[word] = where.get(word, 0) | 1 << row
    last, mask = 1 << (len(other) - 1), (1 << len(other)) - 1
    # Bits tell where a column of the table rises or falls from one row to the next.
    rising, falling, distance = mask, 0, len(other)
    for word in one:
        equal = where.get(word, 0)
        diagonal = (((equal & rising) + rising) ^ rising) | equal | falling
        right_up = falling | ~(diagonal | rising) & mask
        right_down = rising & diagonal
        distance += bool(right_up & last) - bool(right_down & last)
        right_up, right_down = (right_up << 1 | 1) & mask, right_down << 1 & mask
        rising = right_down | ~(diagonal | right_up) & mask
        falling = right_up & diagonal
    return distance


def _edits_within(answers: list[Words]) -> int:
    """The edits between all pairs of one task; equal texts are compared once."""
    counts = sorted(Counter(answers).items())
    return sum(
        times * others * edits_between(one, other)
        for row, (one, times) in enumerate(counts)
        for other, others in counts[:row]
    )


def _rate(totals: Floats) -> Floats:
    return ratio(totals[:, 1], totals[:, 2])


def _bare(word: str) -> str:
    start, end = 0, len(word)
    while start < end and not word[start].isalnum():
        start += 1
    while end > start and not word[end - 1].isalnum():
        end -= 1
    return word[start:end]
