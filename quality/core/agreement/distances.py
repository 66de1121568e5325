"""How far two answers are apart: ratios, and sets by MASI."""

from collections.abc import Hashable, Sequence

import numpy as np
from scipy import sparse

from quality.core.votes import Floats


def ratio_distances(value: Floats) -> Floats:
    """((a - b) / (a + b))^2 of all pairs, (n_values, n_values); 0 between zeros.

    Source: Krippendorff (2011), "Computing Krippendorff's Alpha-Reliability".
    """
    total = value[:, None] + value[None, :]
    apart = value[:, None] - value[None, :]
    return (apart / np.where(total > 0, total, 1.0)) ** 2


def masi_distances(sets: Sequence[frozenset[Hashable]]) -> Floats:
    """1 - MASI of all pairs, (n_sets, n_sets).

    MASI is the Jaccard similarity times 1 for equal sets, 2/3 where one holds the other, 1/3 where
    they overlap, 0 where they share nothing. Two empty sets are equal.
    Source: Passonneau (2006), "Measuring Agreement on Set-Valued Items (MASI) for Semantic and
    Pragmatic Annotation", LREC.
    """
    size = np.array([len(one) for one in sets], dtype=np.float64)
    members = _members(sets)
    common = (members @ members.T).toarray()
    together = size[:, None] + size[None, :] - common
    smaller = np.minimum(size[:, None], size[None, :])
    monotonic = np.where(common == smaller, 2 / 3, 1 / 3)
    similarity = monotonic * common / np.maximum(together, 1.0)
    similarity[common == together] = 1.0
    return 1.0 - similarity


def _members(sets: Sequence[frozenset[Hashable]]) -> sparse.csr_array:
    """Which set holds which member, (n_sets, n_members)."""
    code_of: dict[Hashable, int] = {}
    member = [code_of.setdefault(item, len(code_of)) for one in sets for item in one]
    ends = np.cumsum([0, *(len(one) for one in sets)])
    shape = (len(sets), max(len(code_of), 1))
    return sparse.csr_array((np.ones(len(member)), np.array(member, dtype=np.int64), ends), shape)
