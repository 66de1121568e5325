"""How far rankings of the same items agree."""

from collections.abc import Callable, Hashable, Sequence

import numpy as np

from quality.core.agreement.resampling import (
    NO_SHARED_TASK,
    Agreement,
    Measure,
    mean_over_answers,
)
from quality.core.agreement.sharing import beside, by_task
from quality.core.votes import Codes, Floats

Ranking = Sequence[Hashable]


def kendall_tau(
    task: Codes, rankings: Sequence[Ranking], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Kendall's tau-b, mean over the pairs of rankings of each task, averaged over answers.

    task: (n_answers,) codes; tasks with one answer do not count
    rankings: n_answers sequences of items, the best first; items of a task that a ranking leaves
        out are tied below all that it names

    Tasks where no two rankings tell items apart do not count. Raises ValueError for unequal lengths
    and for a ranking that names an item twice.
    Source: Kendall (1945), "The Treatment of Ties in Ranking Problems", Biometrika 33(3), 239-251.
    """
    return _averaged("kendall_tau", _mean_tau, task, rankings, n_draws, seed)


def kendall_w(
    task: Codes, rankings: Sequence[Ranking], *, n_draws: int = 1000, seed: int = 0
) -> Agreement:
    """Kendall's coefficient of concordance W with ties, per task, averaged over answers.

    1 for equal rankings and 0 for rankings that cancel out; arguments and errors as kendall_tau.
    Source: Kendall & Babington Smith (1939), "The Problem of m Rankings", Annals of Mathematical
    Statistics 10(3), 275-287.
    """
    return _averaged("kendall_w", _concordance, task, rankings, n_draws, seed)


def _averaged(
    name: str,
    of_task: Callable[[Floats], float],
    task: Codes,
    rankings: Sequence[Ranking],
    n_draws: int,
    seed: int,
) -> Agreement:
    for row, ranking in enumerate(rankings):
        if len(set(ranking)) < len(ranking):
            raise ValueError(f"ranking {row} names an item twice")
    grouped = by_task(task, rankings)
    size = np.array([len(answers) for answers in grouped], dtype=np.float64)
    value = np.array([of_task(_middle_ranks(answers)) for answers in grouped])
    defined = np.isfinite(value)
    columns = beside([size[defined], (size * value)[defined]])
    reason = None if defined.any() else "no two rankings of a task tell its items apart"
    reason = reason if grouped else NO_SHARED_TASK
    measure = Measure(name, "ranking", columns, mean_over_answers, reason)
    return measure.taken(n_draws=n_draws, seed=seed)


def _middle_ranks(rankings: Sequence[Ranking]) -> Floats:
    """1 for the best, ties at their mean rank, (n_rankings, n_items)."""
    code_of: dict[Hashable, int] = {}
    for ranking in rankings:
        for item in ranking:
            code_of.setdefault(item, len(code_of))
    ranks = np.empty((len(rankings), len(code_of)))
    for row, ranking in enumerate(rankings):
        ranks[row] = (len(ranking) + 1 + len(code_of)) / 2
        ranks[row, [code_of[item] for item in ranking]] = np.arange(1, len(ranking) + 1)
    return ranks


def _mean_tau(ranks: Floats) -> float:
    """Tau-b is the cosine between the signs of all differences: one sum serves all pairs."""
    one, other = np.triu_indices(ranks.shape[1], k=1)
    signs = np.sign(ranks[:, one] - ranks[:, other])
    length = np.sqrt((signs**2).sum(axis=1))
    telling = signs[length > 0] / length[length > 0, None]
    n_rankings = len(telling)
    if n_rankings < 2:
        return float("nan")
    return float(((telling.sum(axis=0) ** 2).sum() - n_rankings) / (n_rankings * (n_rankings - 1)))


def _concordance(ranks: Floats) -> float:
    """W from the spread of the rank sums against its largest possible value."""
    n_rankings, n_items = ranks.shape
    spread = ((ranks.sum(axis=0) - n_rankings * (n_items + 1) / 2) ** 2).sum()
    own = ((ranks - (n_items + 1) / 2) ** 2).sum()
    return float(spread / (n_rankings * own)) if own > 0 else float("nan")
