"""`python -m benchmarks.speed`: ours and crowd-kit's in turn, each in a fresh process."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from typing import Any

import numpy as np

from benchmarks import tables
from benchmarks.peers.client import ONE_THREAD, PYTHON, ROOT, Peers
from benchmarks.speed import crowds

OURS = [sys.executable, "-m", "benchmarks.speed.with_ours"]
THEIRS = [str(PYTHON), "-W", "ignore", "-m", "benchmarks.peers.timed"]
SIZES, LABELS = (10**5, 10**6, 10**7), (2, 5, 20)
# One round of crowd-kit on more answers than this takes minutes or fails.
MOST_FOR_THEM = 10**6
# The cost of a round is that of more rounds less that of few, per round, so that conversion and
# layout are no part of it. Both sides run both numbers of rounds, equally often: where our fits
# are shorter than what may disturb them, several times in each process.
FEW, SOME = 2, 10
N_TIMES = {("DawidSkene", 2): 3, ("DawidSkene", 5): 3}
COSTS = ("round", "conversion", "peak")
WHOLE = f"{SOME} rounds whole, times"
END_TO_END_ROUNDS = 20
TITLES = {
    "end_to_end": f"string ids, {END_TO_END_ROUNDS} rounds, 5 labels",
    "alpha": "Krippendorff's alpha, 20 labels",
}
# As when the service judges what is due between two fits.
FITTED, DUE = 10**5, 100
Reply = dict[str, Any]
Replies = list[Reply]


class Lab:
    """Crowds made once, and measurements on them in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ours(self, what: str, n: int, n_labels: int, **asked: Any) -> Reply:
        return self._measured(OURS, what, n, n_labels, asked)

    def theirs(self, what: str, n: int, n_labels: int, **asked: Any) -> Reply:
        return self._measured(THEIRS, what, n, n_labels, asked)

    def in_turn(
        self, what: str, n: int, n_labels: int, repeats: int, **asked: Any
    ) -> tuple[Replies, Replies]:
        """Ours and crowd-kit's, asked for the same, one after the other, so often."""
        mine, theirs = [], []
        for _ in range(repeats):
            mine.append(self.ours(what, n, n_labels, **asked))
            theirs.append(self.theirs(what, n, n_labels, **asked))
        return mine, theirs

    def apart(self) -> float:
        """How far the posteriors of both sides' last rounds differ."""
        mine, theirs = (np.load(self.folder / f"{whose}.npy") for whose in ("ours", "crowd-kit"))
        return float(np.abs(mine - theirs).max())

    def _measured(
        self, command: list[str], what: str, n: int, n_labels: int, asked: dict[str, Any]
    ) -> Reply:
        whose = "ours" if command is OURS else "crowd-kit"
        tables.progress(f"{whose}: {what}, {n:.0e} answers, {n_labels} labels")
        out = str(self.folder / f"{whose}.npy")
        request = {"what": what, "crowd": str(self._crowd(n, n_labels)), "out": out, **asked}
        done = subprocess.run(  # noqa: S603 -- argv is our own
            [*command, json.dumps(request)],
            cwd=ROOT,
            env={**os.environ, **ONE_THREAD},
            stdout=subprocess.PIPE,
            text=True,
            check=True,
        )
        return json.loads(done.stdout)

    def _crowd(self, n: int, n_labels: int) -> Path:
        path = self.folder / f"{n}-{n_labels}.npz"
        if not path.exists():
            np.savez(path, **asdict(crowds.made(n, n_labels)))
        return path


def main() -> int:
    asked = _arguments()
    with tempfile.TemporaryDirectory() as folder, Peers(limit_s=60) as peers:
        versions = peers.versions()
        lab = Lab(Path(folder))
        figures: dict[str, Any] = _rounds(lab, asked) | _of_what_is_due(lab)
        if asked.million:
            figures |= _beside_rounds(lab, 10**6, asked.repeats) | _of_the_default(lab, 10**6)
        if 10**7 in asked.sizes:
            figures |= _at_ten_million(lab)
    tables.conclude({**figures, "seed": crowds.SEED, "sizes": asked.sizes}, **versions)
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--sizes", type=_size, nargs="+", default=list(SIZES), metavar="N")
    parser.add_argument("--repeats", type=int, default=2, help="how often each is measured in turn")
    asked = parser.parse_args()
    asked.million = max(asked.sizes) >= 10**6
    return asked


def _size(text: str) -> int:
    return int(float(text))


def _rounds(lab: Lab, asked: argparse.Namespace) -> dict[str, float]:
    """The cost of a round of Dawid-Skene and one-coin at every size and number of labels."""
    figures, rows = {}, []
    for model, short in (("DawidSkene", "ds"), ("OneCoin", "onecoin")):
        for n in sorted(asked.sizes):
            for n_labels in LABELS if model == "DawidSkene" else (5,):
                row = _compared(lab, model, n, n_labels, asked.repeats)
                rows.append([model, f"{n:.0e}", n_labels, *row.values()])
                # The last size that crowd-kit manages is the one that counts.
                if row["times"] is not None:
                    figures[f"{short}_k{n_labels}"] = row["times"]
                    figures[f"{short}_k{n_labels}_whole_fit"] = row[WHOLE]
                    figures[f"{short}_k{n_labels}_apart"] = row["max |dP|"]
    tables.show(
        "Processor time per answer and round in ns, conversion in s, peak memory in MB "
        f"(crowd-kit is not run beyond {MOST_FOR_THEM:.0e} answers)",
        ["model", "answers", "labels", *row],
        rows,
    )
    return figures


def _compared(lab: Lab, model: str, n: int, n_labels: int, repeats: int) -> dict[str, Any]:
    """One row: what a round costs each side, and how far the posteriors differ."""
    is_shared = n <= MOST_FOR_THEM
    n_times = N_TIMES.get((model, n_labels), 1) if is_shared else 1
    asked = {"model": model, "rounds": [FEW, SOME], "n_times": n_times}
    if is_shared:
        mine, theirs = lab.in_turn("rounds", n, n_labels, repeats, **asked)
    else:
        mine, theirs = [lab.ours("rounds", n, n_labels, **asked)], []
    ours, others = _costs(mine, n), _costs(theirs, n) if theirs else dict.fromkeys(COSTS)
    return {
        "ours": ours["round"],
        "crowd-kit": others["round"],
        "times": others["round"] / ours["round"] if theirs else None,
        WHOLE: _least(theirs, SOME) / _least(mine, SOME) if theirs else None,
        "max |dP|": lab.apart() if theirs else None,
        "our conversion": ours["conversion"],
        "theirs": others["conversion"],
        "our peak": ours["peak"],
        "their peak": others["peak"],
    }


def _costs(replies: Replies, n: int) -> dict[str, Any]:
    """Of one side: nanoseconds per answer and round, seconds, megabytes."""
    conversion = min(one["conversion"] for one in replies)
    peak = max(one["peak_mb"] for one in replies)
    return dict(zip(COSTS, (per_round(replies) / n * 1e9, conversion, peak), strict=True))


def per_round(replies: Replies) -> float:
    """Seconds of a round: the least of SOME rounds, less the least of FEW."""
    return (_least(replies, SOME) - _least(replies, FEW)) / (SOME - FEW)


def _least(replies: Replies, n_rounds: int) -> float:
    """Whatever else a machine does only adds to the time."""
    return min(one["seconds"][str(n_rounds)] for one in replies)


def _beside_rounds(lab: Lab, n: int, repeats: int) -> dict[str, Any]:
    """From string ids to the posterior, and alpha."""
    found: dict[str, Any] = {}
    rows = []
    for what, n_labels in (("end_to_end", 5), ("alpha", 20)):
        replies = lab.in_turn(what, n, n_labels, repeats, rounds=END_TO_END_ROUNDS)
        ours, theirs = (min(one["seconds"] for one in side) for side in replies)
        found |= {what: theirs / ours, f"{what}_s": ours}
        rows.append([TITLES[what], ours, theirs, theirs / ours])
        if what == "alpha":
            values = [side[0]["value"] for side in replies]
    title = f"{n:.0e} answers, seconds of processor time"
    tables.show(title, ["", "ours", "crowd-kit", "times"], rows)
    print(f"alpha differs by {abs(values[0] - values[1]):.0e}")
    return found


def _of_what_is_due(lab: Lab) -> dict[str, float]:
    due = lab.ours("due", FITTED, 5, n_tasks=DUE)
    print(f"{DUE} tasks of {crowds.REDUNDANCY} answers judged by a fit: {due['us']:.0f} us a task")
    return {"infer_us_per_task": due["us"]}


def _of_the_default(lab: Lab, n: int) -> dict[str, Any]:
    default, online = lab.ours("default", n, 5), lab.ours("online", n, 5)
    print(
        f"default, 5 labels: {default['seconds']:.1f} s of processor time, "
        f"{default['rounds']} rounds, {default['peak_mb']:.0f} MB"
    )
    print(f"one online update: median {online['median_us']:.0f}, p99 {online['p99_us']:.0f} us")
    return {
        "default_million_s": default["seconds"],
        "default_million_mb": default["peak_mb"],
        "online_us": online["median_us"],
        "online_p99_us": online["p99_us"],
    }


def _at_ten_million(lab: Lab) -> dict[str, Any]:
    whole = lab.ours("converged", 10**7, 2)
    print(
        f"10^7 answers, 2 labels, Dawid-Skene to convergence: {whole['seconds']:.1f} s of "
        f"processor time, {whole['wall']:.1f} s by the clock, {whole['rounds']} rounds, "
        f"converged: {whole['converged']}, {whole['peak_mb']:.0f} MB"
    )
    return {
        "ten_million_s": max(whole["seconds"], whole["wall"]),
        "ten_million_mb": whole["peak_mb"],
    }


if __name__ == "__main__":
    sys.exit(main())
