"""Which aggregator a field of texts gets."""

from collections.abc import Iterable
from statistics import median

# A name, a number, a plate: up to this many words an answer is right or wrong as a whole.
SHORT_WORDS = 3


def are_long(texts: Iterable[str]) -> bool:
    """True if the texts are to be aligned word by word, false if voted on as wholes.

    The rule: the median text has more than three words. Without texts, false.
    """
    n_words = [len(text.split()) for text in texts]
    return bool(n_words) and median(n_words) > SHORT_WORDS
