"""Where the majority contradicts itself: A above B above C above A."""

from dataclasses import dataclass

import numpy as np
from scipy import sparse
from scipy.sparse import csgraph

from quality.core.votes import Codes, Floats


@dataclass(frozen=True, slots=True)
class Cycles:
    """Contradictions in the graph of majorities, an edge from each pair's winner to its loser.

    groups: items of which each reaches each other one along the edges, two or more; the codes of a
        group rise, and groups are in order of their first
    n_triads: how many sets of three items form a cycle
    """

    groups: tuple[tuple[int, ...], ...]
    n_triads: int


def cycles(winner: Codes, loser: Codes, margin: Floats, n_items: int) -> Cycles:
    """The contradictions among votes; margin is what each vote, or pair, is worth to its winner."""
    leads = _majorities(winner, loser, margin, n_items)
    n_groups, group = csgraph.connected_components(leads, directed=True, connection="strong")
    size = np.bincount(group, minlength=n_groups)
    order = np.argsort(group, kind="stable")
    split = np.split(order, np.cumsum(size)[:-1])
    groups = sorted(tuple(items.tolist()) for items in split if items.size > 1)
    # Each cycle of three is met from each of its items.
    n_triads = round((leads @ leads).multiply(leads.T).sum() / 3)
    return Cycles(tuple(groups), n_triads)


def _majorities(winner: Codes, loser: Codes, margin: Floats, n_items: int) -> sparse.csr_array:
    shape = (n_items, n_items)
    won = sparse.coo_array((margin, (winner, loser)), shape=shape).tocsr()
    net = (won - won.T).tocsr()
    net.data = (net.data > 1e-9).astype(np.float64)
    net.eliminate_zeros()
    return net
