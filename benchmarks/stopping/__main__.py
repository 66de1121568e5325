"""`python -m benchmarks.stopping FOLDER`: replay the redundant sets of a folder."""

import argparse
import os
import sys
from collections.abc import Sequence
from concurrent.futures import ProcessPoolExecutor
from pathlib import Path

from benchmarks import sets, tables
from benchmarks.sets import CATEGORICAL, AnswerSet, Unusable
from benchmarks.stopping.replay import SEED, Point, Replay, Stopped
from benchmarks.stopping.savings import LEAST_GAIN, Outcome, outcome

LEAST_REDUNDANCY = 8
N_SEEDS = 5
TAU = 0.95


def main() -> int:
    asked = _arguments()
    if asked.folder is None or not asked.folder.is_dir():
        print(sets.WHERE_FROM if asked.folder is None else f"{asked.folder} is not a folder")
        return 1
    redundant = _read(asked.folder, asked.only)
    if not redundant:
        print("No set to replay.")
        return 1
    outcomes = _replayed(redundant, asked)
    _show(outcomes, asked.tau)
    counted = [one for one in outcomes if one.counts]
    tables.conclude(
        {
            "mean_saved": tables.mean(one.saved for one in counted),
            "worst_saved": min((one.saved for one in counted), default=None),
            "confidence_gap": tables.mean(one.gap for one in counted),
            "n_sets": len(counted),
            "n_sets_not_counted": len(outcomes) - len(counted),
            "confidence_gap_all_sets": tables.mean(one.gap for one in outcomes),
            "tau": asked.tau,
            "n_seeds": asked.seeds,
            "seed": SEED,
            "saved": {one.name: one.saved for one in outcomes},
        }
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--tau", type=float, default=TAU, help="a task closes at this posterior")
    parser.add_argument("--seeds", type=int, default=N_SEEDS)
    parser.add_argument("--only", nargs="*", metavar="SET", help="only these sets")
    return parser.parse_args()


def _read(folder: Path, only: Sequence[str] | None) -> list[AnswerSet]:
    found = []
    for path, of in sets.read_all(folder):
        if only is not None and path.name not in only:
            continue
        if isinstance(of, Unusable):
            print(f"skipped: {path.name}: {of}")
        elif of.kind != CATEGORICAL:
            print(f"skipped: {path.name}: {of.kind}, not categorical")
        elif of.redundancy < LEAST_REDUNDANCY:
            print(f"skipped: {path.name}: {of.redundancy:.2f} answers a task, fewer than 8")
        else:
            found.append(of)
    return found


def _replayed(redundant: Sequence[AnswerSet], asked: argparse.Namespace) -> list[Outcome]:
    found = []
    with ProcessPoolExecutor(os.cpu_count()) as pool:
        jobs = {
            of.name: [pool.submit(_one, of, seed, asked.tau) for seed in range(asked.seeds)]
            for of in redundant
        }
        for of in redundant:
            curves, ends = zip(*(job.result() for job in jobs[of.name]), strict=True)
            found.append(outcome(of.name, of.redundancy, curves, ends))
            tables.progress(f"{of.name}: saved {found[-1].saved:.3f}")
    return found


def _one(of: AnswerSet, seed: int, tau: float) -> tuple[list[Point], Stopped]:
    replay = Replay(of, seed)
    return replay.even(), replay.stopped(tau)


def _show(outcomes: Sequence[Outcome], tau: float) -> None:
    columns = ["answers a task", "all", "used", "even needs", "saved", "accuracy"]
    columns += ["even, same answers", "confidence", "gap", "closed: says", "is", "gain of all"]
    rows = [
        [
            one.name if one.counts else f"({one.name})",
            *(one.redundancy, float(one.n_all), one.used, one.needed, one.saved, one.accuracy),
            *(one.even_accuracy, one.confidence, one.gap),
            *(one.closed_confidence, one.closed_accuracy, one.gain),
        ]
        for one in outcomes
    ]
    title = (
        f"Stopping at stop_posterior >= {tau:g}, means of the seeds; in brackets, and not counted: "
        f"sets where all answers are worth less than {LEAST_GAIN} more than one a task"
    )
    tables.show(title, ["set", *columns], rows)


if __name__ == "__main__":
    sys.exit(main())
