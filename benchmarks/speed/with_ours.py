"""`python -m benchmarks.speed.with_ours REQUEST`: one measurement of ours, as JSON."""

import json
import sys
import time
from collections.abc import Callable
from typing import Any

import numpy as np
from numpy.typing import NDArray

from benchmarks.speed import clock, crowds
from benchmarks.speed.crowds import Crowd
from quality.core.agreement import krippendorff_alpha
from quality.core.categorical import DawidSkene, Default, OneCoin, Online, infer, model_of
from quality.core.votes import Votes, encode

MODELS = {"DawidSkene": DawidSkene, "OneCoin": OneCoin}
N_UPDATES, N_JUDGED = 500, 50


class Table:
    """Columns by name: all that is asked of a DataFrame."""

    def __init__(self, columns: dict[str, Any]) -> None:
        self.columns = list(columns)
        self._columns = columns

    def __getitem__(self, name: str) -> Any:
        return self._columns[name]


def rounds(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """Plain rounds, without acceleration: the model and the number of rounds of the peer."""
    conversion, votes = clock.timed(lambda: _votes(crowd))
    model = MODELS[asked["model"]]
    last: dict[int, Any] = {}

    def fit(n: int) -> None:
        last[n] = model(max_rounds=n, tol=0.0, accelerate=False).fit(votes)

    seconds = clock.fastest(fit, asked["rounds"], asked["n_times"])
    peak = clock.peak_mb()
    np.save(asked["out"], last[max(asked["rounds"])].posterior_)
    return {"conversion": conversion, "seconds": seconds, "peak_mb": peak}


def end_to_end(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """From shuffled columns of strings to the posterior."""
    table = Table(crowds.named(crowd))

    def run() -> Any:
        model = DawidSkene(max_rounds=asked["rounds"], tol=0.0, accelerate=False)
        return model.fit(encode(table).votes)

    return {"seconds": clock.timed(run)[0], "peak_mb": clock.peak_mb()}


def alpha(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    seconds, found = clock.timed(lambda: krippendorff_alpha(crowd.task, crowd.label, n_draws=0))
    return {"seconds": seconds, "value": found.value}


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


def due(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    """Some tasks judged by what a fit of all learned: the median, in microseconds a task."""
    votes = _votes(crowd)
    model = model_of(Default().fit(votes))
    rng = np.random.default_rng(crowds.SEED)
    waits = []
    for _ in range(N_JUDGED):
        tasks = np.sort(rng.choice(votes.n_tasks, asked["n_tasks"], replace=False))
        some = _of_tasks(votes, tasks)
        began = time.perf_counter()
        infer(some, model)
        waits.append(1e6 * (time.perf_counter() - began) / tasks.size)
    return {"us": float(np.median(waits))}


def _of_tasks(votes: Votes, tasks: NDArray[np.int64]) -> Votes:
    """The votes on these tasks, which are renumbered."""
    kept = np.isin(votes.task, tasks)
    return Votes(
        np.searchsorted(tasks, votes.task[kept]),
        votes.worker[kept],
        votes.label[kept],
        tasks.size,
        votes.n_workers,
        votes.n_labels,
    )


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
    "due": due,
}

if __name__ == "__main__":
    request = json.loads(sys.argv[1])
    with np.load(request["crowd"]) as arrays:
        recorded = Crowd(*(arrays[name][()] for name in Crowd.__dataclass_fields__))
    print(json.dumps(WHAT[request["what"]](request, recorded)))
