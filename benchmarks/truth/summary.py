"""What the categorical sets say together."""

import math
from collections.abc import Callable, Iterable
from typing import Any

from scipy import stats

from benchmarks import ours, tables
from benchmarks.truth.classes import PEERS, Figures, Outcomes

MEASURES = ("accuracy", "macro_f1", "logloss", "ece", "seconds")
# Lower is better for these.
LOSSES = {"logloss", "ece"}
DEFAULT = "Default"

# Each set's outcomes: ours, then the peers'.
Sets = dict[str, tuple[Outcomes, Outcomes]]


def show_set(name: str, mine: Outcomes, theirs: Outcomes) -> None:
    rows = [
        [title, *(getattr(found, measure) for measure in MEASURES)]
        for title, found in _titled(mine, theirs)
        if isinstance(found, Figures)
    ]
    tables.show(name, ["aggregator", *MEASURES], rows)
    for title, found in _titled(mine, theirs):
        if not isinstance(found, Figures):
            print(f"failed: {title}: {found}")


def show_means(found: Sets) -> None:
    """One line each: its means, over how many sets, and the default's accuracy on the same."""
    lines = [(name, _all_of(found, name)) for name in ours.CATEGORICAL]
    lines += [(f"crowd-kit {name}", _all_of(found, name, peer=True)) for name in PEERS]
    rows = [
        [title, len(of), *_means(of), _regret(found, of), _default_on(found, of)]
        for title, of in lines
        if of
    ]
    columns = ["mean over sets", "sets", *MEASURES, "worst regret", "default's accuracy there"]
    tables.show(
        "Regret: accuracy of the best peer on the set, less the aggregator's", columns, rows
    )


def show_duels(found: Sets) -> None:
    """The default against each peer, set by set."""
    mine = _all_of(found, DEFAULT)
    rows = []
    for name in PEERS:
        theirs = _all_of(found, name, peer=True)
        accuracy, logloss = (_duel(mine, theirs, measure) for measure in ("accuracy", "logloss"))
        rows.append([f"crowd-kit {name}", *accuracy, *logloss])
    columns = ["default against", "won", "lost", "p", "log-loss won", "lost", "p"]
    tables.show("Accuracy and log-loss, set by set (Wilcoxon signed-rank p)", columns, rows)


def figures(found: Sets) -> dict[str, Any]:
    """For the last line."""
    wins, _, _ = _duel(_all_of(found, DEFAULT), _all_of(found, "DawidSkene", peer=True), "logloss")
    return {
        "default": _brief(found, _all_of(found, DEFAULT)),
        **{name: _brief(found, _all_of(found, name, peer=True)) for name in PEERS},
        "wins_logloss_vs_ds": wins,
        "n_sets": len(found),
        "ours": {name: _brief(found, _all_of(found, name)) for name in ours.CATEGORICAL},
    }


def _brief(found: Sets, of: dict[str, Figures]) -> dict[str, float | None]:
    accuracy, _, logloss, ece, seconds = _means(of)
    return {
        "accuracy": accuracy,
        "logloss": logloss,
        "ece": ece,
        "worst_regret": _regret(found, of),
        "n_sets": len(of),
        "seconds": seconds,
        "default_accuracy_same_sets": _default_on(found, of),
    }


def _titled(mine: Outcomes, theirs: Outcomes) -> Iterable[tuple[str, Any]]:
    yield from mine.items()
    for name, found in theirs.items():
        yield f"crowd-kit {name}", found


def _all_of(found: Sets, name: str, *, peer: bool = False) -> dict[str, Figures]:
    """The figures of one aggregator on the sets where it did not fail."""
    outcomes = {of_set: both[peer].get(name) for of_set, both in found.items()}
    return {of_set: figures for of_set, figures in outcomes.items() if isinstance(figures, Figures)}


def _means(of: dict[str, Figures]) -> list[float | None]:
    return [tables.mean(getattr(one, measure) for one in of.values()) for measure in MEASURES]


def _regret(found: Sets, of: dict[str, Figures]) -> float | None:
    gaps = [best - of[name].accuracy for name in of if (best := _best_peer(found[name][1]))]
    return max(gaps, default=None)


def _best_peer(theirs: Outcomes) -> float | None:
    did = (one.accuracy for one in theirs.values() if isinstance(one, Figures))
    return max(did, default=None)


def _default_on(found: Sets, of: dict[str, Figures]) -> float | None:
    mine = _all_of(found, DEFAULT)
    return tables.mean(mine[name].accuracy for name in of if name in mine)


def _duel(
    mine: dict[str, Figures], theirs: dict[str, Figures], measure: str
) -> tuple[int | None, int | None, float | None]:
    """On how many sets the first is better and worse, and p of no difference."""
    value: Callable[[Figures], float | None] = lambda of: getattr(of, measure)  # noqa: E731
    pairs = [(value(mine[name]), value(theirs[name])) for name in mine if name in theirs]
    gains = [a - b for a, b in pairs if a is not None and b is not None]
    if not gains:
        return None, None, None
    if measure in LOSSES:
        gains = [-gain for gain in gains]
    p = stats.wilcoxon(gains).pvalue if any(gains) else math.nan
    return sum(gain > 0 for gain in gains), sum(gain < 0 for gain in gains), float(p)
