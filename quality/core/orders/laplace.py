"""The normal approximation of scores: covariances from a sparse precision, group by group."""

from collections.abc import Iterator

import numpy as np
from numpy.typing import NDArray
from scipy import sparse

from quality.core.votes import Codes, Floats

# Groups larger than this are taken as independent, given how many comparisons they have.
MOST_JOINT = 500
# Entries of the covariances held in memory at once.
BLOCK = 4_000_000


def covariances(
    precision: sparse.csr_array, group: Codes
) -> Iterator[tuple[NDArray[np.intp], Floats]]:
    """The members of groups of one size, (n_groups, size), and (n_groups, size, size) covariances.

    precision: (n_items, n_items), nothing between groups
    group: (n_items,) codes 0, 1, 2, ..., none left out

    Of groups above MOST_JOINT only variances come, as groups of one: one over the precision's
    diagonal. Von Luxburg, Radl & Hein (2014), "Hitting and Commute Times in Large Random
    Neighborhood Graphs", JMLR 15, show that differences in large graphs vary by just that.
    """
    size = np.bincount(group)
    order = np.argsort(group, kind="stable")
    start = np.cumsum(size) - size
    place = np.empty_like(order)
    place[order] = np.arange(order.size) - np.repeat(start, size)
    loose = order[size[group[order]] > MOST_JOINT]
    if loose.size:
        variance: Floats = 1 / precision.diagonal()[loose]
        yield loose[:, None], variance[:, None, None]
    for width in np.unique(size[size <= MOST_JOINT]).tolist():
        of_width = np.flatnonzero(size == width)
        at_once = max(1, BLOCK // width**2)
        for first in range(0, of_width.size, at_once):
            groups = of_width[first : first + at_once]
            members = order[start[groups][:, None] + np.arange(width)]
            yield members, np.linalg.inv(_blocks(precision, members, place)).astype(np.float64)


def log_volume(precision: sparse.csr_array, group: Codes) -> float:
    """The logarithm of the covariances' determinant."""
    return sum(
        (float(np.linalg.slogdet(each)[1].sum()) for _, each in covariances(precision, group)), 0.0
    )


def times(precision: sparse.csr_array, group: Codes, vector: Floats) -> Floats:
    """The covariances times a vector, (n_items,)."""
    product = np.zeros(vector.size)
    for members, covariance in covariances(precision, group):
        product[members] = (covariance @ vector[members][:, :, None])[:, :, 0]
    return product


def variances(
    precision: sparse.csr_array, group: Codes, one: Codes, other: Codes
) -> tuple[Floats, Floats]:
    """Of all items, (n_items,), and of the differences of some pairs of them, (n_pairs,)."""
    alone, shared = np.zeros(group.size), np.zeros(one.size)
    block, row, place = np.full((3, group.size), -1)
    for number, (members, covariance) in enumerate(covariances(precision, group)):
        block[members] = number
        row[members], place[members] = np.indices(members.shape)
        alone[members] = np.diagonal(covariance, axis1=1, axis2=2)
        both = (block[one] == number) & (block[other] == number) & (row[one] == row[other])
        pairs = np.flatnonzero(both)
        at, to = one[pairs], other[pairs]
        shared[pairs] = covariance[row[at], place[at], place[to]]
    return alone, alone[one] + alone[other] - 2 * shared


def _blocks(
    precision: sparse.csr_array, members: NDArray[np.intp], place: NDArray[np.intp]
) -> Floats:
    """The dense blocks of the precision, (n_groups, size, size)."""
    n_groups, width = members.shape
    rows = precision[members.ravel()].tocoo()
    block, inner = np.divmod(rows.row, width)
    dense = np.zeros((n_groups, width, width))
    dense[block, inner, place[rows.col]] = rows.data
    return dense
