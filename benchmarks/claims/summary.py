"""Tables and ratios of what was measured: medians of rounds, each round's ratio from neighbours."""

from collections.abc import Sequence
from statistics import median
from typing import Any

from benchmarks import tables
from benchmarks.claims.load import Load
from benchmarks.claims.site import CLIENTS, Site

FEW, MANY = CLIENTS


def of(sites: Sequence[Site]) -> dict[str, Any]:
    """Print the tables; every figure by its name."""
    by_size = {f"10^{site.power}": at_size(site) for site in sites}
    _show_pairs(sites)
    _show_alone(sites)
    smallest, largest = sites[0], sites[-1]
    at_largest = by_size[f"10^{largest.power}"]
    return {
        **{name: at_largest[name] for name in ("pairs_per_s", "of_bare_views", "of_pgbench")},
        "bare_views_pairs_per_s": median(
            one.pairs_per_s for site in sites for one in site.views[FEW]
        ),
        "pgbench_pairs_per_s": median(largest.pgbench[FEW]),
        "claim_growth": growth(
            [claim_p50s(largest.ours[FEW]), claim_p50s(smallest.ours[FEW])],
        ),
        "heavy_worker_growth": growth(
            [claim_p50s(largest.heavy), claim_p50s(largest.ordinary)],
        ),
        "heavy_worker_growth_from_smallest": growth(
            [claim_p50s(largest.heavy), claim_p50s(smallest.heavy)],
        ),
        "p99_ms": at_largest["claim_p99_ms"],
        "submit_p99_ms": at_largest["submit_p99_ms"],
        "sizes": by_size,
    }


def at_size(site: Site) -> dict[str, float]:
    """The figures of one size."""
    figures: dict[str, float] = {}
    for clients in CLIENTS:
        ours, views = site.ours[clients], site.views[clients]
        suffix = "" if clients == FEW else f"_{clients}_clients"
        pairs = [one.pairs_per_s for one in ours]
        figures |= {
            f"pairs_per_s{suffix}": median(pairs),
            f"of_bare_views{suffix}": growth([pairs, [one.pairs_per_s for one in views]]),
            f"of_pgbench{suffix}": growth([pairs, site.pgbench[clients]]),
            f"bare_views_pairs_per_s{suffix}": median(one.pairs_per_s for one in views),
            f"pgbench_pairs_per_s{suffix}": median(site.pgbench[clients]),
            f"claim_p50_ms{suffix}": median(claim_p50s(ours)),
            f"claim_p99_ms{suffix}": median(one.claim_ms(99) for one in ours),
            f"submit_p50_ms{suffix}": median(one.submit_ms(50) for one in ours),
            f"submit_p99_ms{suffix}": median(one.submit_ms(99) for one in ours),
        }
    return figures | {
        "heavy_p50_ms": median(claim_p50s(site.heavy)),
        "heavy_slowest_ms": max(one.claim_ms(100) for one in site.heavy),
        "ordinary_p50_ms": median(claim_p50s(site.ordinary)),
        "processor_ms_per_pair": median(site.cost),
        "processor_ms_per_pair_settled": median(site.cost_settled),
        "bare_views_processor_ms_per_pair": median(site.views_cost),
        "settled_after_s": median(site.quiet),
    }


def growth(both: Sequence[Sequence[float]]) -> float:
    """The median of the first's ratios to the second, round by round."""
    first, second = both
    return median(a / b for a, b in zip(first, second, strict=True))


def claim_p50s(loads: Sequence[Load]) -> list[float]:
    """The median claim of each round, in milliseconds."""
    return [one.claim_ms(50) for one in loads]


def _show_pairs(sites: Sequence[Site]) -> None:
    rows = []
    for clients in CLIENTS:
        for site in sites:
            ours, views = site.ours[clients], site.views[clients]
            pairs = [one.pairs_per_s for one in ours]
            rows += [
                [
                    f"10^{site.power}, {clients} clients",
                    *(median(pairs), median(one.pairs_per_s for one in views)),
                    median(site.pgbench[clients]),
                    growth([pairs, [one.pairs_per_s for one in views]]),
                    growth([pairs, site.pgbench[clients]]),
                    *(median(one.claim_ms(q) for one in ours) for q in (50, 99)),
                    *(median(one.submit_ms(q) for one in ours) for q in (50, 99)),
                    *(median(one.claim_ms(q) for one in views) for q in (50, 99)),
                ]
            ]
    columns = ["open tasks", "pairs/s", "bare views", "pgbench", "of views", "of pgbench"]
    columns += ["claim p50", "p99", "submit p50", "p99", "bare claim p50", "p99"]
    tables.show("Pairs of a claim and an answer a second, and latency in ms", columns, rows)


def _show_alone(sites: Sequence[Site]) -> None:
    rows = []
    for site in sites:
        heavy, ordinary = claim_p50s(site.heavy), claim_p50s(site.ordinary)
        rows.append(
            [
                f"10^{site.power}",
                *(median(heavy), median(ordinary), growth([heavy, ordinary])),
                max(one.claim_ms(100) for one in site.heavy),
                *(median(site.cost), median(site.cost_settled)),
                *(median(site.views_cost), median(site.quiet)),
            ]
        )
    columns = ["open tasks", "heavy p50", "ordinary p50", "times", "heavy slowest"]
    columns += ["CPU ms a pair", "when settled", "bare views'", "settled after s"]
    tables.show(
        "Claims in ms of one client: a worker who has done the most urgent tasks, and another",
        columns,
        rows,
    )
