"""Draws that a seed fixes, whatever process asks and in whatever order."""

import hashlib
from collections.abc import Iterable, Sequence


def drawn(seed: int, *words: object) -> float:
    """A number in [0, 1), always the same for the same seed and words."""
    text = "\x1f".join(map(str, (seed, *words)))
    digest = hashlib.blake2b(text.encode(), digest_size=8).digest()
    return int.from_bytes(digest, "big") / 2**64


def sample(seed: int, population: Iterable[str], n: int, *, of: str) -> list[str]:
    """At most `n` of them; `of` says what is drawn, so that draws do not repeat each other."""
    return sorted(population, key=lambda one: drawn(seed, of, one))[:n]


def chosen(options: Sequence[str], weights: Sequence[float], at: float) -> str:
    """The option in whose share of the weights the number `at` in [0, 1) falls."""
    left = at * sum(weights)
    for option, weight in zip(options, weights, strict=True):
        left -= weight
        if left < 0:
            return option
    return options[-1]
