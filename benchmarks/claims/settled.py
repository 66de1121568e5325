"""How long an acknowledged answer takes to be visible in the consensus, read from the feed."""

import threading
import time
from collections import defaultdict
from collections.abc import Iterable, Mapping

from benchmarks import tables
from benchmarks.claims import load
from benchmarks.claims.site import ORDINARY, Site
from benchmarks.processes import Service

PATIENCE_S = 60
# More often than answers alone would bring them about.
REFIT_EVERY_S = 5
CLIENTS = 8
# A row of the feed: its task, the answers it counts, and when it was read.
Seen = tuple[str, int, float]


class Reader(threading.Thread):
    """Follows the feed as a client would."""

    def __init__(self, service: Service) -> None:
        super().__init__(daemon=True)
        self._service = service
        self._after: int = service.call("GET", "/projects/bench/changes/?limit=1")["head"]
        self._is_over = threading.Event()
        self.seen: list[Seen] = []

    def run(self) -> None:
        while not self._is_over.is_set():
            path = f"/projects/bench/changes/?after={self._after}&limit=1000&wait=1"
            page = self._service.call("GET", path, role="CLIENT")
            now = time.time()
            self.seen += [(row["task"], row["n_answers"], now) for row in page["results"]]
            self._after = page["next"]

    def end(self) -> None:
        """Stop following."""
        self._is_over.set()
        self.join()


def delays(
    acknowledged: Iterable[str], seen: Iterable[Seen], before: Mapping[str, int]
) -> tuple[list[float], int]:
    """Seconds from each answer to the first row that counts it, and how many were not seen.

    `acknowledged` holds "task time"; `before` the answers each task had at the beginning.
    """
    answered: dict[str, list[float]] = defaultdict(list)
    for line in acknowledged:
        task, at = line.split()
        answered[task].append(float(at))
    counted: dict[str, list[tuple[int, float]]] = defaultdict(list)
    for task, n_answers, at in seen:
        counted[task].append((n_answers, at))
    found, n_missing = [], 0
    for task, times in answered.items():
        rows = sorted(counted[task], key=lambda row: row[1])
        for n, at in enumerate(sorted(times), start=before.get(task, 0) + 1):
            first = next((read_at for n_answers, read_at in rows if n_answers >= n), None)
            if first is None:
                n_missing += 1
            else:
                found.append(max(0.0, first - at))
    return found, n_missing


def measured(site: Site, *, pairs_per_s: float, seconds: float) -> dict[str, float]:
    """Percentiles of the delay at a steady rate, and how many refits there were meanwhile."""
    tables.progress(f"10^{site.power} tasks, {pairs_per_s:.0f} pairs a second, following the feed")
    service, project = site.service, site.planted.project
    with service.connect() as session:
        before = dict(
            session.execute(
                "SELECT uid::text, n_answers FROM tasks_app_task "
                "WHERE project_id = %s AND n_answers > 0",
                [project],
            ).fetchall()
        )
        reader = Reader(service)
        reader.start()
        fits = _Fits(service, project)
        fits.start()
        loaded = load.over_http(
            site.target,
            clients=CLIENTS,
            seconds=seconds,
            workers=ORDINARY,
            seed=99,
            pairs_per_s=pairs_per_s,
        )
        patient_until = time.monotonic() + PATIENCE_S
        while delays(loaded.acknowledged, list(reader.seen), before)[1]:
            if time.monotonic() > patient_until:
                break
            time.sleep(0.5)
        reader.end()
        n_fits = fits.end()
    found, n_missing = delays(loaded.acknowledged, reader.seen, before)
    in_ms = [round(1000 * delay) for delay in found]
    return {
        "settle_pairs_per_s": len(loaded.acknowledged) / (loaded.seconds + load.WARM_S),
        "settle_p50_s": load.percentile(in_ms, 50) / 1000,
        "settle_p99_s": load.percentile(in_ms, 99) / 1000,
        "settle_max_s": max(in_ms, default=0) / 1000,
        "settle_unseen": n_missing,
        "settle_refits": n_fits,
    }


class _Fits(threading.Thread):
    """Asks for a fit of the whole project every few seconds, and counts those there were."""

    def __init__(self, service: Service, project: int) -> None:
        super().__init__(daemon=True)
        self._service, self._project = service, project
        self._is_over = threading.Event()
        self._found: set[int] = set()

    def run(self) -> None:
        asked_at = time.monotonic()
        with self._service.connect() as session:
            while not self._is_over.wait(0.2):
                (n_fitted,) = session.execute(
                    "SELECT n_fitted FROM quality_settling WHERE project_id = %s", [self._project]
                ).fetchone()
                self._found.add(n_fitted)
                if time.monotonic() - asked_at > REFIT_EVERY_S:
                    asked_at = time.monotonic()
                    session.execute(
                        # As if the answers had grown by half since the last one.
                        "UPDATE quality_settling SET n_fitted = n_fitted * 2 / 3"
                        " WHERE project_id = %s",
                        [self._project],
                    )

    def end(self) -> int:
        self._is_over.set()
        self.join()
        return len(self._found) - 1
