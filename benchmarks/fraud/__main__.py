"""`python -m benchmarks.fraud FOLDER`: bad workers among those of the sets of a folder."""

import argparse
import sys
import time
from collections.abc import Sequence
from contextlib import ExitStack
from pathlib import Path

import numpy as np

from benchmarks import sets, tables
from benchmarks.fraud import size, summary
from benchmarks.fraud.injection import KINDS, SEED, SHARE
from benchmarks.fraud.separation import LEAST_ANSWERS
from benchmarks.fraud.trial import Trial, trial
from benchmarks.peers.client import Peers
from benchmarks.sets import CATEGORICAL, AnswerSet, Unusable
from quality.core.fraud import BUDGETS

LEAST_REDUNDANCY, LEAST_WORKERS = 8, 20
N_SEEDS = 5


def main() -> int:
    asked = _arguments()
    if asked.folder is None or not asked.folder.is_dir():
        print(sets.WHERE_FROM if asked.folder is None else f"{asked.folder} is not a folder")
        return 1
    busy = _read(asked.folder, asked.only)
    if not busy:
        print("No set to put bad workers into.")
        return 1
    versions: dict[str, str] = {}
    with ExitStack() as stack:
        peers = None if asked.no_peers else stack.enter_context(Peers(asked.limit))
        if peers is not None:
            versions = peers.versions()
        trials = {of.name: _trials(of, asked.seeds, peers) for of in busy}
    summary.show(trials)
    sizes = {} if asked.no_size else _sizes()
    tables.conclude(
        {
            **summary.figures(trials),
            **sizes,
            "n_sets": len(trials),
            "n_seeds": asked.seeds,
            "seed": SEED,
            "share_injected": SHARE,
            "budgets": {name: getattr(BUDGETS, name) for name in BUDGETS.__slots__},
        },
        **versions,
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    parser.add_argument("--only", nargs="*", metavar="SET", help="only these sets")
    parser.add_argument("--limit", type=float, default=120.0, metavar="S", help="per peer and run")
    parser.add_argument("--no-peers", action="store_true", help="ours only")
    parser.add_argument("--no-size", action="store_true", help="no million answers at the end")
    return parser.parse_args()


def _read(folder: Path, only: Sequence[str] | None) -> list[AnswerSet]:
    found = []
    for path, of in sets.read_all(folder):
        if only is not None and path.name not in only:
            continue
        if isinstance(of, Unusable):
            print(f"skipped: {path.name}: {of}")
        elif why := _unfit(of):
            print(f"skipped: {path.name}: {why}")
        else:
            found.append(of)
    return found


def _unfit(of: AnswerSet) -> str | None:
    if of.kind != CATEGORICAL:
        return f"{of.kind}, not categorical"
    if of.redundancy < LEAST_REDUNDANCY:
        return f"{of.redundancy:.2f} answers a task, fewer than {LEAST_REDUNDANCY}"
    n_active = int((np.bincount(of.worker) >= LEAST_ANSWERS).sum())
    if n_active < LEAST_WORKERS:
        return f"{n_active} workers of ten answers, fewer than {LEAST_WORKERS}"
    return None


def _trials(of: AnswerSet, n_seeds: int, peers: Peers | None) -> list[Trial]:
    began = time.monotonic()
    done = [trial(of, kind, seed, peers) for seed in range(n_seeds) for kind in KINDS]
    tables.progress(f"{of.name}: {len(done)} runs, {time.monotonic() - began:.0f} s")
    return done


def _sizes() -> dict[str, float]:
    found = {shape: size.measured(shape) for shape in size.SHAPES}
    rows = [[shape, *of.values()] for shape, of in found.items()]
    title = "All scores at 10^6 answers, so many a task: seconds of processor time; megabytes"
    tables.show(title, ["answers a task", *found["five"]], rows)
    seconds = {
        shape: sum(value for name, value in of.items() if name != "memory_mb")
        for shape, of in found.items()
    }
    return {
        "seconds_1e6": seconds["five"],
        "memory_mb_1e6": found["five"]["memory_mb"],
        "seconds_1e6_fifty": seconds["fifty"],
        "memory_mb_1e6_fifty": found["fifty"]["memory_mb"],
    }


if __name__ == "__main__":
    sys.exit(main())
