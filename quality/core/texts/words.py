"""Texts and words in the form in which they are compared."""

import string
import unicodedata
from typing import NamedTuple


class Word(NamedTuple):
    """A word as it is compared, and as it was written, marks and all."""

    key: str
    spelling: str


def normalised(text: str) -> str:
    """The form in which texts are compared: case, spaces and outer punctuation do not matter."""
    folded = unicodedata.normalize("NFC", unicodedata.normalize("NFC", text).casefold())
    collapsed = " ".join(folded.split())
    start, end = 0, len(collapsed)
    while start < end and _is_margin(collapsed[start]):
        start += 1
    while end > start and _is_margin(collapsed[end - 1]):
        end -= 1
    # A text of nothing but punctuation is its own meaning.
    return collapsed[start:end] or collapsed


class Speller:
    """Cuts texts into words, and remembers those it has met."""

    def __init__(self) -> None:
        self._keys: dict[str, str] = {}

    def words(self, text: str) -> list[Word]:
        """The words of a text, at least one; a mark that stands alone goes with its neighbour."""
        found: list[Word] = []
        before = ""
        for token in text.split():
            key = self._key(token)
            if key:
                found.append(Word(key, before + token))
                before = ""
            elif found:
                found[-1] = Word(found[-1].key, f"{found[-1].spelling} {token}")
            else:
                before += f"{token} "
        return found or [Word(normalised(text), text.strip())]

    def _key(self, token: str) -> str:
        """The word in a token; empty if it is nothing but marks."""
        key = self._keys.get(token)
        if key is None:
            key = "" if all(map(_is_margin, token)) else normalised(token)
            self._keys[token] = key
        return key


def _is_margin(character: str) -> bool:
    is_mark = unicodedata.category(character).startswith("P") or character in string.punctuation
    return is_mark or character.isspace()
