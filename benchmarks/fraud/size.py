"""`python -m benchmarks.fraud.size SHAPE`: time and memory of all scores at a million answers.

In a fresh process of one thread; the last line is JSON with seconds of processor time, and the
megabytes above what the answers and their posterior take.
"""

import json
import os
import subprocess
import sys

import numpy as np

from benchmarks.io import memory
from benchmarks.peers.client import ONE_THREAD, ROOT
from benchmarks.speed import clock, crowds
from quality.core.categorical import Majority
from quality.core.fraud import Question, copying, drift, low_information, too_fast
from quality.core.votes import Votes

N_ANSWERS, N_LABELS, N_WORKERS = 1_000_000, 5, 5_000
# Five answers a task, of workers of whom few do most; or fifty, of workers who do alike.
SHAPES = {"five": 5, "fifty": 50}


def measured(shape: str) -> dict[str, float]:
    """Seconds and megabytes of one shape, from a process of its own."""
    done = subprocess.run(  # noqa: S603 -- argv is our own
        [sys.executable, "-m", "benchmarks.fraud.size", shape],
        cwd=ROOT,
        env={**os.environ, **ONE_THREAD},
        capture_output=True,
        text=True,
        check=True,
    )
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    votes = _votes(sys.argv[1])
    question = Question(votes, Majority().fit(votes).posterior_, np.arange(N_ANSWERS) * 1.0)
    elapsed_s = np.random.default_rng(crowds.SEED).lognormal(3.0, 0.5, N_ANSWERS)
    pid = os.getpid()
    memory.forget_peaks([pid])
    before = memory.highest_mb([pid])
    seconds = {
        name: clock.timed(lambda score=score: score([question]))[0]
        for name, score in (
            ("low_information", low_information),
            ("drift", drift),
            ("copying", copying),
        )
    }
    seconds["speed"] = clock.timed(lambda: too_fast(votes.task, votes.worker, elapsed_s))[0]
    print(json.dumps({**seconds, "memory_mb": memory.highest_mb([pid]) - before}))


def _votes(shape: str) -> Votes:
    if SHAPES[shape] == crowds.REDUNDANCY:
        crowd = crowds.made(N_ANSWERS, N_LABELS)
        return Votes(crowd.task, crowd.worker, crowd.label, crowd.n_tasks, N_WORKERS, N_LABELS)
    rng = np.random.default_rng((crowds.SEED, SHAPES[shape]))
    n_tasks = N_ANSWERS // SHAPES[shape]
    worker = np.stack([rng.choice(N_WORKERS, SHAPES[shape], replace=False) for _ in range(n_tasks)])
    truth = rng.integers(N_LABELS, size=(n_tasks, 1))
    is_right = rng.random(worker.shape) < rng.beta(*crowds.SKILL, size=N_WORKERS)[worker]
    slip = rng.integers(1, N_LABELS, size=worker.shape)
    label = np.where(is_right, truth, (truth + slip) % N_LABELS)
    task = np.repeat(np.arange(n_tasks), SHAPES[shape])
    return Votes(task, worker.ravel(), label.ravel(), n_tasks, N_WORKERS, N_LABELS)


if __name__ == "__main__":
    main()
