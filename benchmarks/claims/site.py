"""The service with so many open tasks, the bare views beside it, and rounds of both in turn."""

from collections.abc import Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from pathlib import Path

from benchmarks import processes, tables
from benchmarks.claims import load, state
from benchmarks.claims.load import Load, Target, Workers
from benchmarks.processes import Service

CLIENTS = (8, 32)
ORDINARY = Workers(1, state.N_WORKERS - 1)
HEAVY = Workers(0, 0)
ALONE_S = 2


@dataclass
class Site:
    """One size: what runs there, and what was measured, round by round."""

    power: int
    service: Service
    bare: Target
    bare_pid: int
    planted: state.Planted
    ours: dict[int, list[Load]] = field(default_factory=lambda: {n: [] for n in CLIENTS})
    views: dict[int, list[Load]] = field(default_factory=lambda: {n: [] for n in CLIENTS})
    pgbench: dict[int, list[float]] = field(default_factory=lambda: {n: [] for n in CLIENTS})
    heavy: list[Load] = field(default_factory=list)
    ordinary: list[Load] = field(default_factory=list)
    # Milliseconds of processor time a pair took, all processes of the service together; first
    # while the clients ran, then with all that was settled after.
    cost: list[float] = field(default_factory=list)
    cost_settled: list[float] = field(default_factory=list)
    views_cost: list[float] = field(default_factory=list)
    # Seconds after a round until every answer was settled and refitted.
    quiet: list[float] = field(default_factory=list)

    @property
    def target(self) -> Target:
        """The service itself."""
        return Target("concord", self.service.url)

    def round(self, number: int, *, clients: int, seconds: float) -> None:
        """The service, the bare views and pgbench, one after the other."""
        tables.progress(f"10^{self.power} tasks, {clients} clients, round {number + 1}")
        seed = 10 * number + clients
        before = self._spent()
        loaded = self.run(clients=clients, seconds=seconds, seed=seed)
        loaded_until = self._spent()
        self.quiet.append(state.await_quiet(self.service))
        between = self._spent()
        with self.service.connect() as session:
            state.refill(session)
        views = load.over_http(
            self.bare, clients=clients, seconds=seconds, workers=ORDINARY, seed=seed
        )
        if clients == CLIENTS[0]:
            self.cost.append(_ms_each(loaded_until - before, loaded))
            self.cost_settled.append(_ms_each(between - before, loaded))
            self.views_cost.append(_ms_each(self._spent() - between, views))
        pgbench = load.by_pgbench(
            self.service.socket_directory,
            clients=clients,
            seconds=seconds,
            workers=ORDINARY,
            script=self.service.where.log / "pairs.sql",
        )
        self.ours[clients].append(loaded)
        self.views[clients].append(views)
        self.pgbench[clients].append(pgbench)
        tables.progress(
            f"  pairs a second: {loaded.pairs_per_s:.0f}, bare views {views.pairs_per_s:.0f}, "
            f"pgbench {pgbench:.0f}; claim p50 {loaded.claim_ms(50):.1f} ms"
        )

    def alone(self, number: int) -> None:
        """One client: the heavy worker, then somebody else, each on a connection of their own."""
        tables.progress(f"10^{self.power} tasks, the heavy worker, round {number + 1}")
        somebody = Workers(number + 1, number + 1)
        for workers, found in ((HEAVY, self.heavy), (somebody, self.ordinary)):
            found.append(self.run(clients=1, seconds=ALONE_S, seed=number, workers=workers))
            tables.progress(f"  claim p50 {found[-1].claim_ms(50):.1f} ms")
        state.await_quiet(self.service)

    def run(self, *, clients: int, seconds: float, seed: int, workers: Workers = ORDINARY) -> Load:
        """So many clients on the service."""
        return load.over_http(
            self.target, clients=clients, seconds=seconds, workers=workers, seed=seed
        )

    def faults(self) -> list[str]:
        """What a client was told that it should not have been, and rows that do not agree."""
        loads = [*self.ours[8], *self.ours[32], *self.heavy, *self.ordinary]
        told = {f"{name}: {n}" for one in loads for name, n in one.faults.items()}
        with self.service.connect() as session:
            return [*sorted(told), *state.faults(session, self.planted.project)]

    def _spent(self) -> float:
        family = processes.family(self.service.pid) + processes.family(self.bare_pid)
        return processes.processor_s(family)


def _ms_each(seconds: float, loaded: Load) -> float:
    return 1000 * seconds / max(1, loaded.n_pairs)


@contextmanager
def a_site(power: int) -> Iterator[Site]:
    """Everything of one size, planted and settled."""
    tables.progress(f"planting 10^{power} tasks")
    with processes.a_service() as service:
        planted = state.plant(service, 10**power)
        environment = {"DATABASE_URL": service.database_url, "SECRET_KEY": "bare" * 16}
        log = Path(service.where.log / "bare.log")
        target = "benchmarks.claims.bare_views:application"
        with processes.on_granian(target, environment, log) as (port, pid):
            site = Site(power, service, Target("bare", f"http://127.0.0.1:{port}"), pid, planted)
            # Each process of either side loads its doors at its first call.
            for target in (site.target, site.bare):
                load.over_http(target, clients=8, seconds=3, workers=ORDINARY, seed=0)
            # Nobody's first call of the day is measured: people work for hours.
            load.greet(site.target, state.N_WORKERS)
            state.await_quiet(service)
            yield site
