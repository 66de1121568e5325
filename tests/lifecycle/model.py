"""What must hold of work, in plain Python: it is told each deed and says what must come of it."""

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import Any

# A reply's status, and its code if it is a refusal.
Outcome = tuple[int, str | None]
LOST: Outcome = (409, "lease_lost")
ANSWERED: Outcome = (409, "already_answered")
MAX_EXTENSIONS = 3


@dataclass
class Project:
    """A project as far as work depends on it."""

    pk: int
    slug: str
    priority: int
    lease_s: int
    claim_limit: int
    gold_rate: float
    is_split: bool
    state: str = "open"
    restricted: set[int] = field(default_factory=set)

    def admits(self, worker: int) -> bool:
        return self.state == "open" and worker not in self.restricted


@dataclass
class Task:
    """A task and its places, as the service must count them between two settlings."""

    uid: str
    project: Project
    external_id: str
    part: int | None
    priority: int
    is_gold: bool
    state: str
    slots: int
    open_slots: int
    answers_due: int
    n_answers: int

    def places(self) -> tuple[Any, ...]:
        counts = (self.slots, self.open_slots, self.answers_due, self.n_answers)
        return (self.state, *((None,) * 3 if self.is_gold else counts))


@dataclass
class Lease:
    """An assignment; `told` is the reply to its answer, acknowledged for ever."""

    uid: str
    task: Task
    worker: int
    until: datetime
    state: str = "leased"
    n_extended: int = 0
    label: str | None = None
    is_late: bool = False
    told: Any = None

    def is_live(self, now: datetime) -> bool:
        return self.state == "leased" and self.until > now

    def row(self) -> tuple[Any, ...]:
        return (self.task.uid, self.worker, self.state, self.until, self.n_extended)


class World:
    """All that was done in one history."""

    def __init__(self) -> None:
        self.projects: dict[str, Project] = {}
        self.tasks: dict[str, Task] = {}
        self.leases: dict[str, Lease] = {}
        # What was recorded, by task and name of the worker.
        self.recorded: dict[tuple[str, str], str] = {}

    def of_worker(self, worker: int) -> list[Lease]:
        return [lease for lease in self.leases.values() if lease.worker == worker]

    def live(self, worker: int, project: Project, now: datetime) -> list[Lease]:
        return [
            lease
            for lease in self.of_worker(worker)
            if lease.task.project is project and lease.is_live(now)
        ]

    def on_offer(self, project: Project) -> list[Task]:
        tasks = (task for task in self.tasks.values() if task.project is project)
        return [task for task in tasks if not task.is_gold and task.open_slots > 0]

    def claimable(self, worker: int, project: Project) -> list[Task]:
        had = self._had(worker)
        return [task for task in self.on_offer(project) if task.uid not in had]

    def _had(self, worker: int) -> set[str]:
        return {lease.task.uid for lease in self.of_worker(worker) if lease.state != "released"}

    def reasons(self, worker: int, project: Project, now: datetime) -> set[str]:
        """Why a claim on this open project must come back empty; none if it must not."""
        if worker in project.restricted:
            return {"restricted"}
        if len(self.live(worker, project, now)) >= project.claim_limit:
            return {"lease_limit"}
        if self.claimable(worker, project):
            return set()
        return {"all_done_by_you"} if self.on_offer(project) else {"no_open_tasks"}

    def claimed(
        self, worker: int, project: Project, count: int, told: Sequence[Any], now: datetime
    ) -> None:
        """Take note of what a claim returned from a project, which must be what there was."""
        room = max(0, min(count, project.claim_limit - len(self.live(worker, project, now))))
        there = self.claimable(worker, project) if project.admits(worker) else []
        had = self._had(worker)
        tasks = [self.tasks[row["task"]] for row in told]
        assert all(task.project is project and task.uid not in had for task in tasks)
        assert len({task.uid for task in tasks}) == len(tasks) <= room
        golds = [task for task in tasks if task.is_gold]
        assert not golds or self._serves_gold(project, worker, there)
        assert all(task.state == "open" for task in golds)
        real = [task.priority for task in tasks if not task.is_gold]
        best = sorted((task.priority for task in there), reverse=True)
        assert sorted(real, reverse=True) == best[: room - len(golds)], "something was hidden"
        for row, task in zip(told, tasks, strict=True):
            self._lease(worker, task, row, now)

    def _serves_gold(self, project: Project, worker: int, there: Sequence[Task]) -> bool:
        ours = [task for task in self.tasks.values() if task.project is project]
        has_work = bool(there) or all(task.is_gold for task in ours)
        return project.admits(worker) and project.gold_rate > 0 and has_work

    def _lease(self, worker: int, task: Task, row: Any, now: datetime) -> None:
        until = now + timedelta(seconds=task.project.lease_s)
        assert (row["project"], row["state"]) == (task.project.slug, "leased")
        assert datetime.fromisoformat(row["leased_until"]) == until
        before = [mine for mine in self.of_worker(worker) if mine.task is task]
        assert [mine.uid for mine in before] == [row["id"]] * len(before)
        self.leases[row["id"]] = Lease(row["id"], task, worker, until)
        if not task.is_gold:
            task.open_slots -= 1

    def submitted(self, lease: Lease, label: str, now: datetime) -> Outcome:
        """Take an answer in, if it must be."""
        task, project = lease.task, lease.task.project
        if label not in {"wren", "owl", "other"}:
            return 422, "unknown_label"
        if lease.state == "answered":
            return (200, None) if label == lease.label else ANSWERED
        is_late = not lease.is_live(now)
        if is_late:
            if lease.state not in {"leased", "expired"} or not project.admits(lease.worker):
                return LOST
            # A lease that no sweep has ended holds its own slot.
            needs_slot = lease.state == "expired" and not task.is_gold
            if task.state != "open" or (needs_slot and task.open_slots == 0):
                return LOST
            task.open_slots -= needs_slot
        lease.state, lease.label, lease.is_late = "answered", label, is_late
        task.answers_due -= 1
        task.n_answers += 1
        return 201, None

    def given_back(self, lease: Lease, state: str, now: datetime) -> Outcome:
        """Release or skip."""
        if not lease.is_live(now):
            return (200, None) if lease.state == state else self._lost(lease)
        lease.state, lease.until = state, now
        self._give_slot_back(lease.task)
        return 200, None

    def extended(self, lease: Lease, now: datetime) -> Outcome:
        if not lease.is_live(now):
            return self._lost(lease)
        if lease.n_extended >= MAX_EXTENSIONS:
            return 409, "extend_limit"
        lease.n_extended += 1
        lease.until += timedelta(seconds=lease.task.project.lease_s)
        return 200, None

    def swept(self, now: datetime) -> None:
        for lease in self.leases.values():
            if lease.state == "leased" and lease.until <= now:
                lease.state = "expired"
                self._give_slot_back(lease.task)

    def withdrawn(self, project: Project, external_id: str) -> None:
        for task in self.parts(project, external_id):
            task.state = "withdrawn"
            task.slots -= task.open_slots
            task.answers_due -= task.open_slots
            task.open_slots = 0

    def parts(self, project: Project, external_id: str) -> list[Task]:
        tasks = (task for task in self.tasks.values() if task.project is project)
        return [task for task in tasks if task.external_id == external_id]

    def record(self, task: Task, name: str, label: str) -> Outcome:
        """Take a recorded answer in: it takes no slot, and counts."""
        if task.project.state == "closed":
            return 409, "project_closed"
        if task.state == "withdrawn":
            return 422, "item_withdrawn"
        if (task.uid, name) not in self.recorded:
            self.recorded[task.uid, name] = label
            task.n_answers += 1
        is_same = self.recorded[task.uid, name] == label
        return (201, None) if is_same else (422, "already_answered")

    def settled(self, project: Project, rows: Iterator[Task]) -> None:
        """Take over what a settling decided: it moves open places, never leases or answers."""
        for row in rows:
            task = self.tasks[row.uid]
            if task.is_gold:
                continue
            assert row.answers_due - row.open_slots == task.answers_due - task.open_slots
            assert row.slots - row.answers_due == task.slots - task.answers_due
            assert row.n_answers == task.n_answers
            assert (row.state == "withdrawn") == (task.state == "withdrawn")
            assert row.state == "open" or row.open_slots == 0
            assert row.state != "open" or row.answers_due > 0, "a task is stuck"
            vars(task).update(vars(row))

    def _lost(self, lease: Lease) -> Outcome:
        return ANSWERED if lease.state == "answered" else LOST

    def _give_slot_back(self, task: Task) -> None:
        if task.state == "open":
            task.open_slots += 1
        else:
            task.answers_due -= 1
            task.slots -= 1
