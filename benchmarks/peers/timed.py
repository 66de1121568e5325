"""`python -m benchmarks.peers.timed REQUEST`: one measurement of crowd-kit, as JSON."""

import json
import sys
import warnings
from typing import Any

import crowdkit.aggregation as crowdkit
import numpy as np
import pandas as pd
from crowdkit.metrics.data import alpha_krippendorff

from benchmarks.speed import clock, crowds
from benchmarks.speed.crowds import Crowd

MODELS = {"DawidSkene": crowdkit.DawidSkene, "OneCoin": crowdkit.OneCoinDawidSkene}
# The gain is never below this, so that the rounds asked for are the rounds run.
NEVER_DONE = -1.0


def rounds(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    conversion, frame = clock.timed(lambda: _frame(crowd))
    model = MODELS[asked["model"]]
    last: dict[int, Any] = {}

    def fit(n: int) -> None:
        last[n] = model(n_iter=n, tol=NEVER_DONE).fit(frame)

    seconds = clock.fastest(fit, asked["rounds"], asked["n_times"])
    peak = clock.peak_mb()
    posterior = last[max(asked["rounds"])].probas_.sort_index(axis=0).sort_index(axis=1)
    np.save(asked["out"], posterior.to_numpy())
    return {"conversion": conversion, "seconds": seconds, "peak_mb": peak}


def end_to_end(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    frame = pd.DataFrame(crowds.named(crowd))
    model = crowdkit.DawidSkene(n_iter=asked["rounds"], tol=NEVER_DONE)
    return {"seconds": clock.timed(lambda: model.fit(frame))[0], "peak_mb": clock.peak_mb()}


def alpha(asked: dict[str, Any], crowd: Crowd) -> dict[str, Any]:
    frame = _frame(crowd)
    seconds, value = clock.timed(lambda: alpha_krippendorff(frame))
    return {"seconds": seconds, "value": value}


def _frame(crowd: Crowd) -> pd.DataFrame:
    return pd.DataFrame({"task": crowd.task, "worker": crowd.worker, "label": crowd.label})


WHAT = {"rounds": rounds, "end_to_end": end_to_end, "alpha": alpha}

if __name__ == "__main__":
    warnings.simplefilter("ignore")
    request = json.loads(sys.argv[1])
    with np.load(request["crowd"]) as arrays:
        recorded = Crowd(*(arrays[name][()] for name in Crowd.__dataclass_fields__))
    print(json.dumps(WHAT[request["what"]](request, recorded)))
