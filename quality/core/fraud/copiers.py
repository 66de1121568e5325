"""Pairs of workers whose answers agree more than truth and task explain: copiers."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, fields

import numpy as np
from numpy.typing import NDArray

from quality.core.fraud.discoveries import discoveries
from quality.core.fraud.pairs import Meetings, Shared
from quality.core.fraud.questions import BUDGETS, Budgets, Question, workers_of
from quality.core.votes import Codes, Floats

# A copier takes this share of the answers; where both answer by themselves they agree as others do.
COPIED = 0.8
# Pairs with fewer tasks in common are not tested.
LEAST_SHARED = 4
# A worker's score is over so many of the partners with whom they agree most.
N_PARTNERS = 3
# Meetings of pairs handled at once.
STRIP = 1_000_000
# Pairs less surprising than this are counted, and not kept.
KEPT = 0.1


@dataclass(frozen=True, slots=True)
class Copying:
    """Pairs that agree strangely often, in order of worker_a and worker_b, and workers.

    Of pairs with a p-value of at most KEPT or the budget, (n_pairs,), a the lower-numbered:
    worker_a, worker_b
    n_shared: tasks that both answered
    n_equal: of those, answered alike
    n_expected: to be expected alike if neither copies
    n_common_errors: alike, and not what the others make likeliest
    log_ratio: log of how many times likelier the agreement is if one copies, in nats
    p_value: at most this share of pairs that do not copy have so high a ratio
    is_discovered: by Benjamini and Hochberg's procedure over all pairs tested
    first: the share of shared tasks that worker_a answered before worker_b, ties as halves; who
        answered first may have been copied from unknowingly

    Of workers, (n_workers,):
    score: higher is worse; the sum of log_ratio with the worker's strangest partners
    is_flagged: whether the worker is in a pair that is discovered
    n_tested: how many pairs were tested in all
    """

    worker_a: Codes
    worker_b: Codes
    n_shared: Codes
    n_equal: Codes
    n_expected: Floats
    n_common_errors: Codes
    log_ratio: Floats
    p_value: Floats
    is_discovered: NDArray[np.bool_]
    first: Floats
    score: Floats
    is_flagged: NDArray[np.bool_]
    n_tested: int


def copying(questions: Sequence[Question], budgets: Budgets = BUDGETS) -> Copying:
    """Test every pair of workers with enough tasks in common, over all questions together.

    log_ratio weighs one who copies a share of the other's answers against two who do not heed each
    other, given the other's answers. If they do not, and agree no more than is expected of them,
    the ratio is at most 1 in the mean: an e-value, and 1 / ratio a p-value however the pairs depend
    on each other. Raises ValueError for questions that do not fit each other.
    Source: Wang & Ramdas (2022), "False Discovery Rate Control with E-Values", Journal of the Royal
    Statistical Society B 84(3), 822-852.
    """
    n_workers = workers_of(questions)
    meetings = [Meetings(question) for question in questions]
    partners = np.full((n_workers, N_PARTNERS), -np.inf)
    kept, n_tested = [_no_pairs()], 0
    for workers in _strips(np.sum([one.load for one in meetings], axis=0)):
        pairs = _tested(_often(meetings, workers))
        n_tested += pairs.pair.size
        partners = _with_more(partners, pairs, n_workers)
        kept.append(pairs.only(pairs.p_value <= max(KEPT, budgets.copying)))
    pairs = _joined(kept)
    is_discovered = discoveries(pairs.p_value, budgets.copying, n_tested=n_tested)
    worker_a, worker_b = np.divmod(pairs.pair, max(n_workers, 1))
    is_flagged = np.zeros(n_workers, dtype=np.bool_)
    is_flagged[worker_a[is_discovered]] = True
    is_flagged[worker_b[is_discovered]] = True
    return Copying(
        worker_a=worker_a,
        worker_b=worker_b,
        n_shared=pairs.n_shared,
        n_equal=pairs.n_equal,
        n_expected=pairs.n_expected,
        n_common_errors=pairs.n_common_errors,
        log_ratio=pairs.log_ratio,
        p_value=pairs.p_value,
        is_discovered=is_discovered,
        first=pairs.first,
        score=np.where(np.isfinite(partners), partners, 0.0).sum(axis=1),
        is_flagged=is_flagged,
        n_tested=n_tested,
    )


@dataclass(frozen=True, slots=True)
class _Pairs:
    """Some pairs tested, in ascending order; see Copying."""

    pair: Codes
    n_shared: Codes
    n_equal: Codes
    n_expected: Floats
    n_common_errors: Codes
    log_ratio: Floats
    p_value: Floats
    first: Floats

    def only(self, which: NDArray[np.bool_]) -> "_Pairs":
        return _Pairs(*(getattr(self, field.name)[which] for field in fields(self)))


def _no_pairs() -> _Pairs:
    none, nothing = np.zeros(0, dtype=np.int64), np.zeros(0)
    return _Pairs(none, none, none, nothing, none, nothing, nothing, nothing)


def _joined(parts: Sequence[_Pairs]) -> _Pairs:
    columns = ([getattr(part, field.name) for part in parts] for field in fields(_Pairs))
    return _Pairs(*map(np.concatenate, columns))


def _often(meetings: Sequence[Meetings], workers: slice) -> Shared:
    """What pairs share that share enough, in order of pair."""
    votes = [one.of(workers) for one in meetings]
    keys = [one.pairs(*both) for one, both in zip(meetings, votes, strict=True)]
    _, place, n_shared = np.unique(np.concatenate(keys), return_inverse=True, return_counts=True)
    is_often = n_shared[place] >= LEAST_SHARED
    cuts = np.cumsum([key.size for key in keys])[:-1]
    parts = [
        one.shared(a[often], b[often])
        for one, (a, b), often in zip(meetings, votes, np.split(is_often, cuts), strict=True)
    ]
    joined = Shared(
        *(np.concatenate([getattr(part, field.name) for part in parts]) for field in fields(Shared))
    )
    return joined[np.argsort(joined.pair, kind="stable")]


def _tested(shared: Shared) -> _Pairs:
    if not shared.pair.size:
        return _no_pairs()
    starts = np.flatnonzero(np.append(True, shared.pair[1:] != shared.pair[:-1]))
    n_shared = np.diff(np.append(starts, shared.pair.size))
    expected = shared.expected
    alone = 1.0 - COPIED
    worth = np.log((COPIED + alone * expected) / (alone * expected))
    reached = np.add.reduceat(worth * shared.is_equal, starts)
    log_ratio = reached + n_shared * np.log(alone)
    return _Pairs(
        pair=shared.pair[starts],
        n_shared=n_shared,
        n_equal=np.add.reduceat(shared.is_equal.astype(np.int64), starts),
        n_expected=np.add.reduceat(expected, starts),
        n_common_errors=np.add.reduceat(shared.is_common_error.astype(np.int64), starts),
        log_ratio=log_ratio,
        p_value=np.exp(-np.maximum(log_ratio, 0.0)),
        first=np.add.reduceat(shared.a_first, starts) / n_shared,
    )


def _with_more(partners: Floats, pairs: _Pairs, n_workers: int) -> Floats:
    """The highest ratios of each worker, (n_workers, N_PARTNERS), with those of more pairs."""
    worker = np.concatenate(
        [np.repeat(np.arange(n_workers), N_PARTNERS), *np.divmod(pairs.pair, max(n_workers, 1))]
    )
    ratio = np.concatenate([partners.ravel(), pairs.log_ratio, pairs.log_ratio])
    order = np.lexsort((-ratio, worker))
    starts = np.searchsorted(worker[order], np.arange(n_workers))
    return ratio[order][starts[:, None] + np.arange(N_PARTNERS)]


def _strips(load: Codes) -> Iterator[slice]:
    """The workers, some at a time: as many as have STRIP meetings, or one."""
    first, n_workers = 0, load.size - 1
    while first < n_workers:
        reach = int(np.searchsorted(load, load[first] + STRIP, side="right")) - 1
        last = min(max(reach, first + 1), n_workers)
        yield slice(first, last)
        first = last
