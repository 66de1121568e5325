"""Boxes of several workers on one picture, matched and gathered into objects."""

from collections import defaultdict
from collections.abc import Iterator, Sequence
from itertools import accumulate, pairwise

import numpy as np
from scipy.optimize import linear_sum_assignment
from scipy.sparse import csr_array
from scipy.sparse.csgraph import maximum_bipartite_matching

from quality.core.votes import Codes, Floats

# Boxes that overlap less are not of one object.
LEAST_OVERLAP = 0.5
# Of fractions an overlap may miss what it should be by this much.
SLACK = 1e-9
# What a shared label adds to an overlap when boxes are paired.
SAME_LABEL = 0.1

# A box of one worker: the worker's place in the list, and the box's among theirs.
Place = tuple[int, int]


def overlaps(left: Floats, right: Floats) -> Floats:
    """Intersection over union of boxes (x, y, width, height), (n_left, n_right)."""
    low = np.maximum(left[:, None, :2], right[None, :, :2])
    high = np.minimum((left[:, :2] + left[:, 2:])[:, None], (right[:, :2] + right[:, 2:])[None])
    shared = np.clip(high - low, 0.0, None).prod(axis=2)
    areas = left[:, 2:].prod(axis=1)[:, None] + right[:, 2:].prod(axis=1)[None]
    # Boxes too thin for a float to hold their area overlap nothing.
    union = areas - shared
    return np.divide(shared, union, out=np.zeros_like(shared), where=union > 0)


def objects(drawn: Sequence[tuple[Floats, Codes]]) -> list[list[Place]]:
    """Groups of boxes of one object, at most one of each worker.

    drawn: boxes (n, 4) and their labels (n,) of each worker

    Any two workers' boxes are paired so that overlaps add up to the most; pairs are then joined,
    those that overlap most first, unless a group would hold two boxes of one worker. Groups do
    not depend on the order of workers or boxes.
    Source: Kuhn (1955), "The Hungarian Method for the Assignment Problem", Naval Research
    Logistics Quarterly 2, 83-97.
    """
    rows = _canonical(drawn)
    places = [place for row in rows for place in row]
    group = {i: [i] for i in range(len(places))}
    for _, left, right in sorted(_pairs(drawn, rows)):
        ours, theirs = group[left], group[right]
        if not {places[i][0] for i in ours} & {places[i][0] for i in theirs}:
            ours += theirs
            group |= dict.fromkeys(theirs, ours)
    return [[places[i] for i in members] for i, members in group.items() if members[0] == i]


def found_again(drawn: tuple[Floats, Codes], known: tuple[Floats, Codes], *, least: float) -> float:
    """How far drawn boxes are the known ones: 2 pairs / (boxes of both), 1 without any box.

    drawn, known: boxes (n, 4) and their labels (n,)
    least: what two boxes of one label must overlap to be a pair; each is in one pair at most
    Source: Hopcroft and Karp (1973), "An n^(5/2) Algorithm for Maximum Matchings in Bipartite
    Graphs", SIAM Journal on Computing 2(4), 225-231.
    """
    n_boxes = len(drawn[0]) + len(known[0])
    if not len(drawn[0]) or not len(known[0]):
        return 0.0 if n_boxes else 1.0
    alike = drawn[1][:, None] == known[1][None]
    may_pair = alike & (overlaps(drawn[0], known[0]) >= least - SLACK)
    paired = maximum_bipartite_matching(csr_array(may_pair), perm_type="column")
    return 2 * int(np.count_nonzero(paired >= 0)) / n_boxes


def _canonical(drawn: Sequence[tuple[Floats, Codes]]) -> list[list[Place]]:
    """Every worker's boxes in order of place and label, workers in order of their boxes."""
    keyed: list[list[tuple[list[float], int, Place]]] = [
        sorted(
            (box, label, (worker, i))
            for i, (box, label) in enumerate(zip(boxes.tolist(), labels.tolist(), strict=True))
        )
        for worker, (boxes, labels) in enumerate(drawn)
    ]
    keyed.sort(key=lambda row: [entry[:2] for entry in row])
    return [[place for _, _, place in row] for row in keyed if row]


def _pairs(
    drawn: Sequence[tuple[Floats, Codes]], rows: Sequence[Sequence[Place]]
) -> Iterator[tuple[float, int, int]]:
    """Boxes of one object by any two workers: how ill they fit, and their numbers in `rows`."""
    boxes = np.array([drawn[worker][0][i] for row in rows for worker, i in row]).reshape(-1, 4)
    labels = np.array([drawn[worker][1][i] for row in rows for worker, i in row])
    ends = list(accumulate(map(len, rows), initial=0))
    owner = np.repeat(np.arange(len(rows)), [len(row) for row in rows])
    for start, end in pairwise(ends):
        overlap = overlaps(boxes[start:end], boxes[end:])
        alike = labels[start:end, None] == labels[end:]
        score = np.where(overlap >= LEAST_OVERLAP, overlap + SAME_LABEL * alike, 0.0)
        for left, right in _best(score, owner[end:]):
            yield -round(float(score[left, right]), 12), start + left, end + right


def _best(score: Floats, owner: Codes) -> Iterator[tuple[int, int]]:
    """The best pairing of the rows with each owner's columns, pairs that score nothing left out."""
    found: dict[int, list[tuple[int, int]]] = defaultdict(list)
    for left, right in np.argwhere(score > 0).tolist():
        found[int(owner[right])].append((left, right))
    for of, pairs in found.items():
        if all(len(set(side)) == len(pairs) for side in zip(*pairs, strict=True)):
            yield from pairs
            continue
        columns = np.flatnonzero(owner == of)
        block = score[:, columns]
        for left, right in zip(*linear_sum_assignment(block, maximize=True), strict=True):
            if block[left, right] > 0:
                yield int(left), int(columns[right])
