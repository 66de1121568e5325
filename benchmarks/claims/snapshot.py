"""What a transaction costs that is left open while many tasks are closed."""

from benchmarks import tables
from benchmarks.claims import state
from benchmarks.claims.site import Site

N_CLOSED = 10_000
CLIENTS = 8


def measured(site: Site, *, seconds: float) -> dict[str, float]:
    """Claims while such a transaction is open, against those before and after it."""
    tables.progress(f"10^{site.power} tasks, a transaction left open elsewhere")
    n_closed = min(N_CLOSED, site.planted.n_tasks // 5)

    def p50(seed: int) -> float:
        found = site.run(clients=CLIENTS, seconds=seconds, seed=seed).claim_ms(50)
        state.await_quiet(site.service)
        return found

    before = p50(201)
    with site.service.connect() as elsewhere, site.service.connect() as session:
        elsewhere.execute("BEGIN ISOLATION LEVEL REPEATABLE READ")
        # It holds a snapshot, and as a writer it also holds back the horizon of transactions.
        elsewhere.execute("SELECT pg_current_xact_id(), count(*) FROM tasks_app_project")
        state.close_most_urgent(session, site.planted.project, n_closed)
        held = p50(202)
        elsewhere.execute("ROLLBACK")
    after = p50(203)
    rest = (before + after) / 2
    tables.show(
        f"Claim p50 in ms, {CLIENTS} clients, 10^{site.power} tasks, {n_closed} of them closed "
        "behind an old snapshot",
        ["", "before", "while open", "after", "times"],
        [["ours", before, held, after, held / rest]],
    )
    return {"old_snapshot": held / rest, "old_snapshot_p50_ms": held}
