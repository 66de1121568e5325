"""`make bench-claims`: claims and answers over HTTP as the tasks grow, beside bare statements."""

import argparse
import sys
from contextlib import ExitStack
from importlib.metadata import version
from typing import Any

from benchmarks import processes, tables
from benchmarks.claims import load, settled, snapshot, summary
from benchmarks.claims.site import CLIENTS, Site, a_site

# A machine on which the bare views do less is busy with something else.
LEAST_OF_VIEWS = 400
SETTLING_S = 20


def main() -> int:
    asked = _arguments()
    try:
        processes.required("wrk", load.NO_WRK)
        processes.tool("pgbench")
    except processes.Missing as missing:
        tables.progress(str(missing))
        return 1
    with ExitStack() as stack:
        sites = [stack.enter_context(a_site(power)) for power in asked.sizes]
        figures = _measured(sites, asked)
        faults = [f"10^{site.power}: {fault}" for site in sites for fault in site.faults()]
    for fault in faults:
        tables.progress(fault)
    views = figures["bare_views_pairs_per_s"]
    is_void = views < LEAST_OF_VIEWS
    if is_void:
        tables.progress(
            f"VOID: the bare views did {views:.0f} pairs a second, fewer than {LEAST_OF_VIEWS}: "
            "the machine was busy with something else."
        )
    tables.conclude(
        {**figures, "void": is_void, "faults": faults},
        **{name: version(name) for name in ("django", "djangorestframework", "granian", "psycopg")},
    )
    return 1 if is_void or faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes",
        type=_sizes,
        default=[4, 5, 6, 7],
        help="powers of ten of open tasks, as 4,5,6,7",
    )
    parser.add_argument("--rounds", type=int, default=3, help="how often all are run in turn")
    parser.add_argument("--seconds", type=int, default=4, help="of one run")
    return parser.parse_args()


def _sizes(text: str) -> list[int]:
    return sorted({int(power) for power in text.split(",")})


def _measured(sites: list[Site], asked: argparse.Namespace) -> dict[str, Any]:
    for number in range(asked.rounds):
        for site in sites:
            site.alone(number)
        for clients in CLIENTS:
            for site in sites:
                site.round(number, clients=clients, seconds=asked.seconds)
    figures = summary.of(sites)
    figures |= snapshot.measured(sites[-1], seconds=asked.seconds)
    # The middle size where there is one: half of the rate that was reached there.
    site = next((site for site in sites if site.power == 5), sites[0])
    rate = figures["sizes"][f"10^{site.power}"]["pairs_per_s"] / 2
    return figures | settled.measured(site, pairs_per_s=rate, seconds=SETTLING_S)


if __name__ == "__main__":
    sys.exit(main())
