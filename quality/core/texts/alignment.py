"""Word sequences of one text laid over each other: a network of columns."""

from collections.abc import Sequence

import numpy as np
from numpy.typing import NDArray

from quality.core.votes import Codes, Floats

# What stands in a column where a sequence has no word.
NOTHING = -1
# Path costs closer than this are equal.
CLOSE = 1e-9

Step = tuple[int, int]


def aligned(sequences: Sequence[Codes], counts: Floats) -> NDArray[np.int64]:
    """The sequences as rows of one table whose columns hold like words, (n_sequences, n_columns).

    sequences: word codes, none below 0; the first is the frame into which the others are laid,
        one after the other, so their order matters
    counts: (n_sequences,), how many texts each sequence stands for

    A word costs the share of texts that have another word in its column; one that needs a column of
    its own costs 1, as does skipping a column that all the texts so far fill.
    Source: Fiscus (1997), "A Post-Processing System to Yield Reduced Word Error Rates: Recognizer
    Output Voting Error Reduction (ROVER)", IEEE ASRU, 347-354.
    """
    network = sequences[0][None, :].astype(np.int64)
    for n_laid, sequence in enumerate(sequences[1:], start=1):
        share = counts[:n_laid] / counts[:n_laid].sum()
        network = _laid(network, sequence, _path(network, sequence, share))
    return network


def _path(network: NDArray[np.int64], sequence: Codes, share: Floats) -> list[Step]:
    """The cheapest way through words and columns; NOTHING where one of them stands alone."""
    skipping = 1 - share @ (network == NOTHING)
    differing = np.ones((sequence.size, network.shape[1]))
    for row, weight in zip(network, share, strict=True):
        differing -= weight * (row == sequence[:, None])
    cost = _costs(skipping, differing)
    word, column = differing.shape
    path: list[Step] = []
    while word or column:
        if word and column and _is_from(cost, word, column, differing[word - 1, column - 1]):
            word, column = word - 1, column - 1
            path.append((word, column))
        elif column and cost[word, column] >= cost[word, column - 1] + skipping[column - 1] - CLOSE:
            column -= 1
            path.append((NOTHING, column))
        else:
            word -= 1
            path.append((word, NOTHING))
    return path[::-1]


def _costs(skipping: Floats, differing: Floats) -> Floats:
    """The least cost of the first words over the first columns, (n_words + 1, n_columns + 1)."""
    skipped = np.concatenate([[0.0], skipping.cumsum()])
    cost = np.empty((differing.shape[0] + 1, skipped.size))
    cost[0] = skipped
    for word, row in enumerate(differing):
        last, now = cost[word], cost[word + 1]
        np.add(last, 1.0, out=now)
        np.minimum(now[1:], last[:-1] + row, out=now[1:])
        # Skipping columns adds up along the row, so what was skipped is taken out before.
        now -= skipped
        np.minimum.accumulate(now, out=now)
        now += skipped
    return cost


def _is_from(cost: Floats, word: int, column: int, step: float) -> bool:
    return bool(cost[word, column] >= cost[word - 1, column - 1] + step - CLOSE)


def _laid(network: NDArray[np.int64], sequence: Codes, path: Sequence[Step]) -> NDArray[np.int64]:
    """The network with one row more, and a column more for every word that needs one."""
    word, column = np.array(path, dtype=np.int64).T
    wider = np.where(column == NOTHING, NOTHING, network[:, column])
    row = np.where(word == NOTHING, NOTHING, sequence[word])
    return np.vstack([wider, row])
