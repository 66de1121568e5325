"""`python -m examples.demo`: run the three acts and say what came out."""

import argparse
import secrets
import sys
import time
from collections.abc import Callable
from pathlib import Path

from rich.console import Console
from rich.progress import (
    BarColumn,
    MofNCompleteColumn,
    Progress,
    TextColumn,
    TimeElapsedColumn,
)

from examples.demo import hostile, live, recorded, service, study
from examples.demo.client import Client, Refused
from examples.demo.crowd import Broken
from examples.demo.report import Report
from examples.demo.study import Study


def main() -> int:
    asked = _arguments()
    said, shown = Console(stderr=True), Console()
    begun = time.monotonic()
    try:
        whole = study.read(asked.data)
        said.print(f"Seed {asked.seed}. The truth stays here; only sentences and answers are sent.")
        with service.reached(asked.url, asked.key) as client:
            report = _run(client, whole, asked, said, begun)
    except (study.Unreadable, service.NotRunning, Refused, Broken) as fault:
        said.print(str(fault), markup=False)
        return 1
    report.show(shown)
    sys.stdout.write(report.json() + "\n")
    return 0


def _run(
    client: Client, whole: Study, asked: argparse.Namespace, said: Console, begun: float
) -> Report:
    run_id = secrets.token_hex(4)
    past = whole if asked.recorded is None else whole.first(asked.recorded)
    size = live.Size(asked.sentences, asked.workers, asked.clickers, asked.seed)
    mixed = hostile.Size(asked.hostile_sentences, asked.workers, asked.hostile, asked.seed)
    with _progress(said) as bars:
        of_past = _bar(bars, f"Settling {len(past.answers):,} recorded answers", len(past.payloads))
        before = recorded.run(client, past, slug=f"demo-recorded-{run_id}", progress=of_past)
        of_live = _bar(
            bars, f"{size.n_people + size.n_clickers} simulated workers", size.n_sentences
        )
        now = live.run(client, whole, run_id=run_id, size=size, progress=of_live)
        of_hostile = _bar(
            bars, f"The same with {mixed.n_hostile} hostile, and without", 2 * mixed.n_sentences
        )
        after = hostile.run(client, whole, run_id=run_id, size=mixed, progress=of_hostile)
    return Report(before, now, after, size, time.monotonic() - begun)


def _progress(said: Console) -> Progress:
    return Progress(
        TextColumn("{task.description}"),
        BarColumn(),
        MofNCompleteColumn(),
        TextColumn("tasks"),
        TimeElapsedColumn(),
        console=said,
    )


def _bar(bars: Progress, words: str, total: int) -> Callable[[int], None]:
    bar = bars.add_task(words, total=total)
    return lambda n_done: bars.update(bar, completed=n_done)


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(prog="python -m examples.demo", description=__doc__)
    parser.add_argument("--url", help="A running service; without it, one is started.")
    parser.add_argument("--key", help="A manager's key of that service.")
    parser.add_argument(
        "--data", type=Path, default=study.SENTIMENT, help="A folder like examples/sentiment."
    )
    parser.add_argument("--seed", type=int, default=1, help="Fixes every draw.")
    # For a quick look; the figures are promised for the full size only.
    parser.add_argument("--recorded", type=int, help=argparse.SUPPRESS)
    parser.add_argument("--sentences", type=int, default=1000, help=argparse.SUPPRESS)
    parser.add_argument("--workers", type=int, default=60, help=argparse.SUPPRESS)
    parser.add_argument("--clickers", type=int, default=6, help=argparse.SUPPRESS)
    parser.add_argument("--hostile", type=int, default=15, help=argparse.SUPPRESS)
    parser.add_argument("--hostile-sentences", type=int, default=1000, help=argparse.SUPPRESS)
    return parser.parse_args()


if __name__ == "__main__":
    sys.exit(main())
