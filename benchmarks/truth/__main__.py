"""`python -m benchmarks.truth FOLDER`: every set of a folder, ours and the peers' in one run."""

import argparse
import os
import queue
import sys
import time
from collections.abc import Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import ExitStack
from pathlib import Path

from benchmarks import sets, tables
from benchmarks.peers.client import Failed, Peers
from benchmarks.sets import CATEGORICAL, NUMERIC, TEXT, AnswerSet, Unusable
from benchmarks.truth import classes, numbers, summary, texts
from benchmarks.truth.classes import Figures, Outcomes


def main() -> int:
    asked = _arguments()
    if asked.folder is None or not asked.folder.is_dir():
        print(sets.WHERE_FROM if asked.folder is None else f"{asked.folder} is not a folder")
        return 1
    of_kind = _read(asked.folder, asked.only)
    if not any(of_kind.values()):
        print("No set to score.")
        return 1
    began = time.monotonic()
    with ExitStack() as stack:
        crew = [stack.enter_context(Peers(asked.limit)) for _ in range(asked.jobs)]
        versions = crew[0].versions()
        found = _classes(of_kind[CATEGORICAL], crew)
        of_numbers = {of.name: numbers.errors_on(of) for of in of_kind[NUMERIC]}
        of_texts = {of.name: texts.rates_on(of, crew[0]) for of in of_kind[TEXT]}
    _show(found, of_numbers, of_texts)
    tables.conclude(
        {
            **(summary.figures(found) if found else {}),
            "rmse": numbers.figures(of_numbers),
            "word_error_rate": texts.figures(of_texts),
            "limit_s": asked.limit,
            "seconds": time.monotonic() - began,
        },
        **versions,
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", nargs="?", type=Path)
    parser.add_argument("--limit", type=float, default=120.0, metavar="S", help="per peer and set")
    parser.add_argument("--jobs", type=int, default=min(2, os.cpu_count() or 1), metavar="N")
    parser.add_argument("--only", nargs="*", metavar="SET", help="only these sets")
    return parser.parse_args()


def _read(folder: Path, only: Sequence[str] | None) -> dict[str, list[AnswerSet]]:
    found: dict[str, list[AnswerSet]] = {CATEGORICAL: [], NUMERIC: [], TEXT: []}
    for path, of in sets.read_all(folder):
        if only is not None and path.name not in only:
            continue
        if isinstance(of, Unusable):
            print(f"skipped: {path.name}: {of}")
        else:
            found[of.kind].append(of)
    return found


def _classes(all_sets: Sequence[AnswerSet], crew: Sequence[Peers]) -> summary.Sets:
    """Ours one after the other, then the peers', as many sets at once as there are processes."""
    mine = {of.name: _said(of, dict(classes.ours_on(of)), "ours") for of in all_sets}
    idle: queue.Queue[Peers] = queue.Queue()
    for peers in crew:
        idle.put(peers)

    def theirs(of: AnswerSet) -> Outcomes:
        peers = idle.get()
        try:
            return _said(of, dict(classes.peers_on(of, peers)), "peers")
        finally:
            idle.put(peers)

    # The longest first, so that none is waited for at the end.
    by_size = sorted(all_sets, key=lambda of: -of.task.size)
    with ThreadPoolExecutor(len(crew)) as pool:
        outcomes = dict(zip((of.name for of in by_size), pool.map(theirs, by_size), strict=True))
    return {of.name: (mine[of.name], outcomes[of.name]) for of in all_sets}


def _said(of: AnswerSet, outcomes: Outcomes, whose: str) -> Outcomes:
    seconds = sum(one.seconds for one in outcomes.values() if isinstance(one, Figures))
    tables.progress(f"{of.name}: {whose}, {seconds:.1f} s")
    for name, one in outcomes.items():
        if isinstance(one, Failed):
            tables.progress(f"{of.name}: {name} failed: {one}")
    return outcomes


def _show(
    found: summary.Sets, of_numbers: dict[str, numbers.Errors], of_texts: dict[str, texts.Rates]
) -> None:
    for name, (mine, theirs) in found.items():
        summary.show_set(name, mine, theirs)
    if found:
        summary.show_means(found)
        summary.show_duels(found)
    if of_numbers:
        numbers.show(of_numbers)
    if of_texts:
        texts.show(of_texts)


if __name__ == "__main__":
    sys.exit(main())
