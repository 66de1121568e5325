"""`make bench-rivals`: the same upload and the same answers on Concord and on Label Studio."""

import argparse
import sys
from dataclasses import dataclass, field
from importlib.metadata import version
from statistics import median

from benchmarks import processes, tables
from benchmarks.claims import load, state
from benchmarks.claims.load import Load, Workers
from benchmarks.processes import Service
from benchmarks.rivals import concord, debian, studio
from benchmarks.rivals.studio import Studio

N_ITEMS, OVERLAP, CLIENTS = 10_000, 5, 8
ROUNDS = 2
OURS, THEIRS = "Concord", "Label Studio"


@dataclass
class Side:
    """What one of them did, round by round."""

    imports_s: list[float] = field(default_factory=list)
    loads: list[Load] = field(default_factory=list)

    @property
    def pairs_per_s(self) -> float:
        """Tasks taken and answered a second, over all rounds."""
        return sum(len(one.submits_us) for one in self.loads) / sum(
            one.seconds for one in self.loads
        )

    @property
    def import_per_s(self) -> float:
        """Items a second of the upload that was neither the fastest nor the slowest."""
        return N_ITEMS / median(self.imports_s)

    def claim_ms(self, percent: float) -> float:
        """A percentile over all rounds."""
        return load.percentile([us for one in self.loads for us in one.claims_us], percent) / 1000

    def submit_ms(self, percent: float) -> float:
        """A percentile over all rounds."""
        return load.percentile([us for one in self.loads for us in one.submits_us], percent) / 1000


def main() -> int:
    asked = _arguments()
    try:
        processes.required("wrk", load.NO_WRK)
        studio.require()
    except processes.Missing as missing:
        tables.progress(str(missing))
        return 1
    with processes.a_service() as service, studio.a_studio(CLIENTS) as rival:
        sides = _measured(service, rival, seconds=asked.seconds / ROUNDS)
    faults = [
        f"{name}: {what}: {n}"
        for name, side in sides.items()
        for one in side.loads
        for what, n in one.faults.items()
    ]
    _show(sides)
    for fault in faults:
        tables.progress(fault)
    tables.conclude(_figures(sides) | {"faults": faults}, **_versions())
    return 1 if faults else 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--seconds", type=int, default=30, help="that clients work on each side")
    return parser.parse_args()


def _measured(service: Service, rival: Studio, *, seconds: float) -> dict[str, Side]:
    keys = concord.invited(service, CLIENTS)
    texts = [f"Which bird is to be seen on photograph {n}?" for n in range(N_ITEMS)]
    ours, theirs = Side(), Side()
    # Loads the doors of both.
    concord.add(service, concord.project(service, "warm", OVERLAP), texts[:10])
    rival.add(rival.project(OVERLAP), texts[:10])
    for number in range(ROUNDS):
        tables.progress(f"round {number + 1}")
        slug = concord.project(service, f"birds-{number}", OVERLAP)
        project = rival.project(OVERLAP)
        ours.imports_s.append(concord.add(service, slug, texts))
        theirs.imports_s.append(rival.add(project, texts))
        for side, target, tokens in (
            (theirs, rival.target(project), rival.tokens),
            (ours, concord.target(service, slug), keys),
        ):
            side.loads.append(
                load.over_http(
                    target,
                    clients=CLIENTS,
                    seconds=seconds,
                    workers=Workers(tokens=tokens),
                    seed=number,
                )
            )
        state.await_quiet(service)
    return {OURS: ours, THEIRS: theirs}


def _figures(sides: dict[str, Side]) -> dict[str, float]:
    ours, theirs = sides[OURS], sides[THEIRS]
    return {
        "pairs_ratio": ours.pairs_per_s / theirs.pairs_per_s,
        "import_ratio": ours.import_per_s / theirs.import_per_s,
        "pairs_per_s": ours.pairs_per_s,
        "label_studio_pairs_per_s": theirs.pairs_per_s,
        "import_per_s": ours.import_per_s,
        "label_studio_import_per_s": theirs.import_per_s,
    }


def _show(sides: dict[str, Side]) -> None:
    rows = [
        [
            name,
            *(side.pairs_per_s, side.claim_ms(50), side.claim_ms(99)),
            *(side.submit_ms(50), side.submit_ms(99), side.import_per_s),
        ]
        for name, side in sides.items()
    ]
    tables.show(
        f"{N_ITEMS} tasks, {OVERLAP} answers each, {CLIENTS} clients; latency in ms",
        ["", "pairs/s", "claim p50", "p99", "submit p50", "p99", "items/s"],
        rows,
    )


def _versions() -> dict[str, str]:
    ours = {name: version(name) for name in ("django", "granian", "psycopg")}
    their_postgresql = debian.binaries().parent.name
    return {**ours, "label-studio": studio.version(), "label-studio-postgresql": their_postgresql}


if __name__ == "__main__":
    sys.exit(main())
