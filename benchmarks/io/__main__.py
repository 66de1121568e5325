"""`make bench-io`: items in, consensus and feed out over HTTP, beside raw COPY; peak memory."""

import argparse
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from importlib.metadata import version
from pathlib import Path
from statistics import median
from typing import Any

from benchmarks import processes, tables
from benchmarks.io import memory, rows, transfers
from benchmarks.io.transfers import Transfer
from benchmarks.processes import Service

WHAT = ("import", "export", "feed")
PATHS = {"export": "consensus/", "feed": "changes/"}
# Which rows of a project's revisions each of them gives.
WHICH = {"export": "revision.is_latest", "feed": "revision.seq > 0"}


@dataclass
class Found:
    """What was measured at one size, of each thing in turn."""

    n: int
    ours: dict[str, list[Transfer]] = field(default_factory=lambda: {what: [] for what in WHAT})
    copies: dict[str, list[Transfer]] = field(default_factory=lambda: {what: [] for what in WHAT})
    peak_mb: dict[str, float] = field(default_factory=dict)
    # Microseconds of processor time a row took, the service's and of COPY the database's.
    cost_us: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in WHAT})
    copy_us: dict[str, list[float]] = field(default_factory=lambda: {what: [] for what in WHAT})

    def of_copy(self, what: str) -> float:
        """The rate of ours over that of raw COPY; 1 is as fast."""
        return _rate(self.ours[what]) / _rate(self.copies[what])


def main() -> int:
    asked = _arguments()
    with processes.a_service() as service:
        # Doors are loaded, and the processes have the size of ones that have worked.
        _measured(service, 2_000, repeats=2)
        found = [_measured(service, 10**power, asked.repeats) for power in asked.sizes]
    _show(found)
    largest = found[-1]
    tables.conclude(
        {
            **{f"{what}_of_copy": largest.of_copy(what) for what in WHAT},
            **{f"{what}_per_s": _rate(largest.ours[what]) for what in WHAT},
            **{f"copy_{what}_per_s": _rate(largest.copies[what]) for what in WHAT},
            **{f"{what}_processor_us": median(largest.cost_us[what]) for what in WHAT},
            **{f"copy_{what}_processor_us": median(largest.copy_us[what]) for what in WHAT},
            "memory_growth_mb": max(
                largest.peak_mb[what] - found[0].peak_mb[what] for what in WHAT
            ),
            "peak_mb": {f"{one.n:.0e}": one.peak_mb for one in found},
            "rows": largest.n,
        },
        **{name: version(name) for name in ("django", "granian", "psycopg")},
    )
    return 0


def _arguments() -> argparse.Namespace:
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument(
        "--sizes", type=int, nargs="+", default=[5, 6], help="powers of ten of rows"
    )
    parser.add_argument("--repeats", type=int, default=3, help="how often each is read in turn")
    asked = parser.parse_args()
    asked.sizes.sort()
    return asked


def _measured(service: Service, n: int, repeats: int) -> Found:
    tables.progress(f"{n:.0e} rows")
    found = Found(n)
    slug = f"io-{n}"
    project = {"slug": slug, "name": "Birds", "guidelines": "Look well.", "form": [rows.FORM]}
    service.call("POST", "/projects/", project)
    _import(service, slug, found)
    with service.connect() as session:
        (key,) = session.execute(
            "SELECT id FROM tasks_app_project WHERE slug = %s", [slug]
        ).fetchone()
        rows.plant_revisions(session, key)
    into = service.where.log / "copied"
    for what, path in PATHS.items():
        web = memory.web_processes(service.pid)
        memory.forget_peaks(web)
        statement = rows.COPY_OUT.format(project=key, which=WHICH[what])
        for _ in range(repeats):
            with _spent(service, found.cost_us[what], n):
                ours = transfers.download(service, f"/api/v1/projects/{slug}/{path}")
            if ours.rows != n:
                raise RuntimeError(f"{what}: {ours.rows} rows, not {n}")
            found.ours[what].append(ours)
            with _spent(service, found.copy_us[what], n):
                found.copies[what].append(transfers.copy_out(service, statement, n, into))
        found.peak_mb[what] = memory.highest_mb(web)
    into.unlink()
    return found


def _import(service: Service, slug: str, found: Found) -> None:
    """Raw COPY before and after, for an upload can be stored but once."""
    upload, copied = (Path(service.where.log / name) for name in ("items.ndjson", "items.copy"))
    rows.write(found.n, upload, copied)
    for number in range(2):
        table = f"bare_{found.n}_{number}"
        with service.connect() as session:
            session.execute(rows.BARE_ITEMS.format(name=table))
        with _spent(service, found.copy_us["import"], found.n):
            found.copies["import"].append(transfers.copy_in(service, table, copied, found.n))
        with service.connect() as session:
            session.execute(f"DROP TABLE {table}")
            session.execute("CHECKPOINT")
        if number == 0:
            web = memory.web_processes(service.pid)
            memory.forget_peaks(web)
            path = f"/api/v1/projects/{slug}/items/"
            with _spent(service, found.cost_us["import"], found.n):
                found.ours["import"].append(transfers.upload(service, path, upload))
            found.peak_mb["import"] = memory.highest_mb(web)
    upload.unlink()
    copied.unlink()


@contextmanager
def _spent(service: Service, into: list[float], n: int) -> Iterator[None]:
    """Note what all processes of the service spend within the block, a row of so many."""
    before = processes.processor_s(processes.family(service.pid))
    yield
    after = processes.processor_s(processes.family(service.pid))
    into.append(1e6 * (after - before) / n)


def _rate(found: list[Transfer]) -> float:
    return median(one.per_s for one in found)


def _show(found: list[Found]) -> None:
    lines: list[list[Any]] = []
    for what in WHAT:
        for one in found:
            ours, copies = one.ours[what], one.copies[what]
            lines.append(
                [
                    f"{what}, {one.n:.0e} rows",
                    *(_rate(ours), _rate(copies), one.of_copy(what)),
                    *(median(each.seconds for each in side) for side in (ours, copies)),
                    *(median(side[what]) for side in (one.cost_us, one.copy_us)),
                    *(side[0].mb for side in (ours, copies)),
                    one.peak_mb[what],
                ]
            )
    columns = [
        "",
        "rows/s",
        "COPY rows/s",
        "of COPY",
        "seconds",
        "COPY s",
        "CPU us",
        "COPY's",
        "MB",
        "COPY MB",
    ]
    tables.show(
        "Over HTTP beside raw COPY; processor time a row; the highest peak of a web process in MB",
        [*columns, "peak MB"],
        lines,
    )


if __name__ == "__main__":
    sys.exit(main())
