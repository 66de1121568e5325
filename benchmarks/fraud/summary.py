"""Tables and figures of all trials."""

from collections.abc import Sequence
from typing import Any

from benchmarks import tables
from benchmarks.fraud.injection import KINDS
from benchmarks.fraud.trial import ANY, PEERS, SCORES, Trial

# Which kinds of bad workers each figure is over, and by which of our scores.
ASKED = {
    "low_information": (("random", "constant", "prior"), "low_information"),
    "drift": (("sleeper",), "drift"),
    "copying": (("collude_ok",), "copying"),
    "copying_bad": (("collude_bad",), "copying"),
}
Trials = dict[str, list[Trial]]


def show(trials: Trials) -> None:
    every = [one for of_set in trials.values() for one in of_set]
    for title, field in (
        ("AUC of bad workers against honest ones, means of sets and seeds", "auc"),
        ("Share of the bad found where 5 % of the honest are", "found"),
    ):
        rows = [
            [name, *(_mean(every, (kind,), field, name) for kind in KINDS)]
            for name in (*SCORES, *_peers_in(every))
        ]
        tables.show(title, ["score", *KINDS], rows)
    rows = [
        [name, *(_share(_of_kind(every, (kind,)), name, 0) for kind in KINDS)]
        for name in (*SCORES, ANY)
    ]
    tables.show("Share of the bad flagged at the shipped budgets", ["score", *KINDS], rows)
    rows = [[name, _share(every, name, 1), _share(every, name, 2)] for name in (*SCORES, ANY)]
    tables.show("Real workers flagged, over all runs", ["score", "honest", "poor"], rows)
    rows = [
        [name, of_set[0].n_honest, of_set[0].n_poor, *_set_figures(of_set).values()]
        for name, of_set in trials.items()
    ]
    columns = ["honest", "poor", *_set_figures(every)]
    tables.show("By set", ["set", *columns], rows)


def figures(trials: Trials) -> dict[str, Any]:
    every = [one for of_set in trials.values() for one in of_set]
    return {
        **_set_figures(every),
        **{
            f"{figure}_found": _mean(every, kinds, "found", score)
            for figure, (kinds, score) in ASKED.items()
        },
        "peers": {
            peer: {
                f"{figure}_{field}": _mean(every, kinds, field, peer)
                for figure, (kinds, _) in ASKED.items()
                for field in ("auc", "found")
            }
            for peer in _peers_in(every)
        },
        "flagged": {
            kind: {name: _share(_of_kind(every, (kind,)), name, 0) for name in (*SCORES, ANY)}
            for kind in KINDS
        },
        "honest_flagged_by": {name: _share(every, name, 1) for name in SCORES},
        "sets": {name: _set_figures(of_set) for name, of_set in trials.items()},
        "n_runs": len(every),
    }


def _set_figures(trials: Sequence[Trial]) -> dict[str, float | None]:
    return {
        **{
            f"{figure}_auc": _mean(trials, kinds, "auc", score)
            for figure, (kinds, score) in ASKED.items()
        },
        "honest_flagged": _share(trials, ANY, 1),
        "natural_poor_flagged": _share(trials, ANY, 2),
    }


def _peers_in(trials: Sequence[Trial]) -> list[str]:
    """The peers that were asked and did not always fail."""
    return [peer for peer in PEERS if any(peer in one.auc for one in trials)]


def _of_kind(trials: Sequence[Trial], kinds: Sequence[str]) -> list[Trial]:
    return [one for one in trials if one.kind in kinds]


def _mean(trials: Sequence[Trial], kinds: Sequence[str], field: str, name: str) -> float | None:
    return tables.mean(getattr(one, field).get(name) for one in _of_kind(trials, kinds))


def _share(trials: Sequence[Trial], name: str, group: int) -> float | None:
    """Of all bad (0), honest (1) or poor (2) workers of these runs, those flagged."""
    n = sum((one.n_bad, one.n_honest, one.n_poor)[group] for one in trials)
    return sum(one.flagged[name][group] for one in trials) / n if n else None
