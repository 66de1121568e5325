"""The words of all tasks' texts, column by column."""

from collections import Counter, defaultdict
from collections.abc import Iterable
from itertools import groupby, pairwise

import numpy as np

from quality.core.texts.alignment import NOTHING, aligned
from quality.core.texts.answers import TextVotes, commonest
from quality.core.texts.words import Speller, Word, normalised

# Texts with more words, each or all to a task together, are compared as wholes: the work grows
# with the square of either.
MOST_WORDS = 2_000
MOST_TOGETHER = 40_000

_Keys = tuple[str, ...]


class Network:
    """Columns of all tasks in order, their candidate words, and who said which.

    column_task: (n_columns,) the task of each column
    column: (n_candidates,) the column of each candidate, ascending, then by alphabet
    spelling: n_candidates words as most often written, "" for no word in this place
    is_silent: (n_candidates,) whether the candidate is no word
    candidate, vote: (n_said,) what was said in a column, and by which vote
    """

    def __init__(self, votes: TextVotes) -> None:
        self._column_task: list[int] = []
        self._column: list[int] = []
        self._candidate: list[int] = []
        self._vote: list[int] = []
        self.spelling: list[str] = []
        silent: list[bool] = []
        speller = Speller()
        order = np.argsort(votes.task, kind="stable").tolist()
        for task, rows in groupby(order, key=lambda row: int(votes.task[row])):
            texts = {row: speller.words(votes.text[row]) for row in rows}
            if _is_too_much(list(map(len, texts.values()))):
                texts = {row: [_whole(votes.text[row])] for row in texts}
            for said in _columns(texts):
                silent += self._enter(task, said)
        self.column_task = np.array(self._column_task, dtype=np.int64)
        self.column = np.array(self._column, dtype=np.int64)
        self.candidate = np.array(self._candidate, dtype=np.int64)
        self.vote = np.array(self._vote, dtype=np.int64)
        self.is_silent = np.array(silent, dtype=np.bool_)

    def _enter(self, task: int, said: dict[int, Word | None]) -> list[bool]:
        """One column more; which of its candidates are no word."""
        rows_of: dict[str | None, list[int]] = defaultdict(list)
        for row, word in said.items():
            rows_of[None if word is None else word.key].append(row)
        keys = sorted(rows_of, key=lambda key: (key is None, key or ""))
        for key in keys:
            spellings = [word.spelling for row in rows_of[key] if (word := said[row])]
            self._candidate += [len(self.spelling)] * len(rows_of[key])
            self._vote += rows_of[key]
            self._column.append(len(self._column_task))
            self.spelling.append(commonest(spellings) if spellings else "")
        self._column_task.append(task)
        return [key is None for key in keys]


def _columns(texts: dict[int, list[Word]]) -> Iterable[dict[int, Word | None]]:
    """What each answer to one task says, column by column."""
    rows_of: dict[_Keys, list[int]] = defaultdict(list)
    for row, words in texts.items():
        rows_of[tuple(word.key for word in words)].append(row)
    order = _central_first({keys: len(rows) for keys, rows in rows_of.items()})
    code_of: dict[str, int] = {}
    sequences = [
        np.array([code_of.setdefault(key, len(code_of)) for key in keys], dtype=np.int64)
        for keys in order
    ]
    counts = np.array([len(rows_of[keys]) for keys in order], dtype=np.float64)
    # Where in its text each sequence stands at each column.
    table = aligned(sequences, counts)
    place = (table != NOTHING).cumsum(axis=1) - 1
    for column in range(table.shape[1]):
        yield {
            row: texts[row][place[line, column]] if table[line, column] != NOTHING else None
            for line, keys in enumerate(order)
            for row in rows_of[keys]
        }


def _central_first(counted: dict[_Keys, int]) -> list[_Keys]:
    """The sequences, those first that share most words and pairs of words with all the texts.

    The order hangs on the texts alone, never on who gave them or when.
    """
    features = {keys: Counter([*keys, *pairwise(("", *keys, ""))]) for keys in counted}
    everyone: Counter[object] = Counter()
    for keys, own in features.items():
        for feature, n in own.items():
            everyone[feature] += n * counted[keys]
    closeness = {
        keys: sum(n * everyone[feature] for feature, n in own.items())
        / np.sqrt(sum(n * n for n in own.values()))
        for keys, own in features.items()
    }
    return sorted(counted, key=lambda keys: (-round(float(closeness[keys]), 9), keys))


def _is_too_much(n_words: list[int]) -> bool:
    return max(n_words) > MOST_WORDS or sum(n_words) > MOST_TOGETHER


def _whole(text: str) -> Word:
    return Word(normalised(text), text.strip())
