"""`python -m benchmarks.speed`: ours and crowd-kit's in turn, each in a fresh process."""

import argparse
import json
import os
import subprocess
import sys
import tempfile
from dataclasses import asdict
from pathlib import Path
from statistics import median
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
# The cost of a round is that of more rounds less that of few, per round: SOME for crowd-kit, MANY
# for ours, a round of which hardly stands out from the noise. Whole fits are of equal rounds, SOME.
FEW, SOME, MANY = 2, 10, 40
WHOLE = f"{SOME} rounds whole, times"
END_TO_END_ROUNDS = 20
Reply = dict[str, Any]


class Lab:
    """Crowds made once, and measurements on them in processes of their own."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder

    def ours(self, what: str, n: int, n_labels: int, **asked: Any) -> Reply:
        return self._measured(OURS, what, n, n_labels, asked)

    def theirs(self, what: str, n: int, n_labels: int, **asked: Any) -> Reply:
        return self._measured(THEIRS, what, n, n_labels, asked)

    def _measured(
        self, command: list[str], what: str, n: int, n_labels: int, asked: dict[str, Any]
    ) -> Reply:
        whose = "ours" if command is OURS else "crowd-kit"
        tables.progress(f"{whose}: {what}, {n:.0e} answers, {n_labels} labels")
        request = {"what": what, "crowd": str(self._crowd(n, n_labels)), **asked}
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
        figures: dict[str, Any] = _rounds(lab, asked)
        if asked.million:
            figures |= _at_a_million(lab, asked.repeats)
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
    """One row: ours and theirs in turn, `repeats` times, and how far the posteriors differ."""
    mine, theirs = [], []
    out = lab.folder / "ours.npy", lab.folder / "theirs.npy"
    same = {"model": model, "compare": SOME}
    is_shared = n <= MOST_FOR_THEM
    many, n_times = (MANY, 5) if is_shared else (SOME, 1)
    for _ in range(repeats if is_shared else 1):
        asked = {"rounds": sorted({FEW, SOME, many}), "n_times": n_times}
        mine.append(lab.ours("rounds", n, n_labels, out=str(out[0]), **same, **asked))
        if is_shared:
            asked = {"rounds": [FEW, SOME], "n_times": 1}
            theirs.append(lab.theirs("rounds", n, n_labels, out=str(out[1]), **same, **asked))
    ours_ns = _per_round(mine, FEW, many) / n * 1e9
    their_ns = _per_round(theirs, FEW, SOME) / n * 1e9 if theirs else None
    return {
        "ours": ours_ns,
        "crowd-kit": their_ns,
        "times": their_ns / ours_ns if their_ns else None,
        WHOLE: _whole(theirs, SOME) / _whole(mine, SOME) if theirs else None,
        "max |dP|": _apart(*out) if theirs else None,
        "our conversion": median(one["conversion"] for one in mine),
        "theirs": median(one["conversion"] for one in theirs) if theirs else None,
        "our peak": median(one["peak_mb"] for one in mine),
        "their peak": median(one["peak_mb"] for one in theirs) if theirs else None,
    }


def _apart(one: Path, other: Path) -> float:
    return float(np.abs(np.load(one) - np.load(other)).max())


def _per_round(replies: list[Reply], low: int, high: int) -> float:
    """The median over the repeats."""
    return median(_difference(one["seconds"], low, high) for one in replies)


def _difference(seconds: dict[str, float], low: int, high: int) -> float:
    return (seconds[str(high)] - seconds[str(low)]) / (high - low)


def _whole(replies: list[Reply], n_rounds: int) -> float:
    return median(one["seconds"][str(n_rounds)] for one in replies)


def _at_a_million(lab: Lab, repeats: int) -> dict[str, Any]:
    """What is measured at one size only."""
    n, string_ids = 10**6, {"rounds": END_TO_END_ROUNDS}
    mine = [lab.ours("end_to_end", n, 5, **string_ids) for _ in range(repeats)]
    pairs = {
        f"string ids, {END_TO_END_ROUNDS} rounds, 5 labels": (
            median(one["seconds"] for one in mine),
            lab.theirs("end_to_end", n, 5, **string_ids)["seconds"],
        )
    }
    alphas = lab.ours("alpha", n, 20, n_times=3), lab.theirs("alpha", n, 20)
    pairs["Krippendorff's alpha, 20 labels"] = alphas[0]["seconds"], alphas[1]["seconds"]
    rows = [[what, mine, theirs, theirs / mine] for what, (mine, theirs) in pairs.items()]
    tables.show("10^6 answers, seconds of processor time", ["", "ours", "crowd-kit", "times"], rows)
    print(f"alpha differs by {abs(alphas[0]['value'] - alphas[1]['value']):.0e}")
    found = {"end_to_end": rows[0][3], "end_to_end_s": rows[0][1]}
    found |= {"alpha": rows[1][3], "alpha_s": rows[1][1]}
    return found | _of_the_default(lab, n)


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
