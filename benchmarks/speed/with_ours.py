"""`python -m benchmarks.speed.with_ours REQUEST`: one measurement of ours, as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np

from benchmarks.speed import clock, crowds
from benchmarks.speed.crowds import Crowd
from quality.core.agreement import krippendorff_alpha
from quality.core.categorical import DawidSkene, Default, OneCoin, Online
from quality.core.votes import Votes, encode

MODELS = {"DawidSkene": DawidSkene, "OneCoin": OneCoin}
N_UPDATES = 500


class Table:
    """Columns by name: all that is asked of a DataFrame."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]


def rounds(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """Plain rounds, without acceleration: the model and the number of rounds of the peer."""
    conversion, votes = clock.timed(lambda: _votes(crowd).sorted())
    make = MODELS[asked["model"]]

    def fit(n: int) -> Any:
        return make(max_rounds=n, tol=0.0, accelerate=False).fit(votes)

    seconds = clock.fastest(fit, asked["rounds"], asked["n_times"])
    peak = clock.peak_mb()
    np.save(asked["out"], fit(asked["compare"]).posterior_)
    return {"conversion": conversion, "seconds": seconds, "peak_mb": peak}


def end_to_end(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """From shuffled columns of strings to the posterior."""
    table = Table(crowds.named(crowd))

    def run() -> Any:
        model = DawidSkene(max_rounds=asked["rounds"], tol=0.0, accelerate=False)
        return model.fit(encode(table).votes)

    return {"seconds": clock.timed(run)[0], "peak_mb": clock.peak_mb()}


def alpha(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    found = [
        clock.timed(lambda: krippendorff_alpha(crowd.task, crowd.label, n_draws=0))
        for _ in range(asked["n_times"])
    ]
    return {"seconds": min(seconds for seconds, _ in found), "value": found[0][1].value}


def default(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """The default to its own convergence."""
    return _to_the_end(Default, crowd)


def converged(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """Dawid-Skene to its own convergence."""
    return _to_the_end(DawidSkene, crowd)


def online(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """The median and the 99th percentile of one update, in microseconds of the clock."""
    votes = _votes(crowd)
    model = Online(Default().fit(votes))
    rng = np.random.default_rng(crowds.SEED)
    waits = []
    for task in rng.choice(votes.n_tasks, N_UPDATES, replace=False).tolist():
        here = set(crowd.worker[crowd.task == task].tolist())
        worker = next(w for w in rng.permutation(votes.n_workers).tolist() if w not in here)
        label = int(rng.integers(votes.n_labels))
        began = time.perf_counter()
        model.update(task, worker, label)
        waits.append(1e6 * (time.perf_counter() - began))
    return {"median_us": float(np.median(waits)), "p99_us": float(np.quantile(waits, 0.99))}


def _to_the_end(make: Callable[[], Any], crowd: Crowd) -> dict[str, Any]:
    began = time.monotonic()
    seconds, model = clock.timed(lambda: make().fit(_votes(crowd)))
    return {
        "seconds": seconds,
        "wall": time.monotonic() - began,
        "rounds": model.rounds_,
        "converged": bool(model.converged_),
        "peak_mb": clock.peak_mb(),
    }


def _votes(crowd: Crowd) -> Votes:
    of = crowd
    return Votes(of.task, of.worker, of.label, of.n_tasks, of.n_workers, of.n_labels)


WHAT = {
    "rounds": rounds,
    "end_to_end": end_to_end,
    "alpha": alpha,
    "default": default,
    "converged": converged,
    "online": online,
}

if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    with np.load(request["crowd"]) as arrays:
        recorded = Crowd(*(arrays[name][()] for name in Crowd.__dataclass_fields__))
    print(json.dumps(WHAT[request["what"]](request, recorded)))
