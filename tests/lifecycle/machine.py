"""Histories of work over HTTP: uploads, claims, answers, and everything that may come between."""

from itertools import count
from typing import Any

from django.db import connection
from hypothesis import strategies as st
from hypothesis.stateful import RuleBasedStateMachine, initialize, invariant, rule

from marketplace.flows import settling, work
from tests.api.caller import Caller, Reply
from tests.factories import BIRDS, a_key, a_project, a_tenant, a_user, a_worker
from tests.lifecycle import audit
from tests.lifecycle.choices import (
    AMONG,
    CHANGES,
    COUNTS,
    DEEDS,
    LABELS,
    LEASE_S,
    SECONDS,
    WAYS,
    WHICH,
)
from tests.lifecycle.clock import Clock
from tests.lifecycle.doors import Doors, Person, knock, outcome
from tests.lifecycle.model import Lease, Project, World
from tests.webhooks.props import a_flag

_serial = count(1)


class Lifecycle(RuleBasedStateMachine):
    """One tenant with two projects, one of split items and one with gold, and three workers."""

    def __init__(self, clock: Clock) -> None:
        super().__init__()
        self.clock, self.world, self.doors = clock, World(), Doors()
        self.told: dict[tuple[str, int], Any] = {}

    @initialize(
        least=st.integers(1, 2),
        more=st.integers(0, 2),
        sureness=st.sampled_from([0.5, 0.95]),
        limit=st.integers(1, 5),
        gold_rate=st.sampled_from([0, 0.5, 1]),
        priority=st.integers(0, 1),
    )
    def begin(self, least, more, sureness, limit, gold_rate, priority) -> None:
        with connection.cursor() as cursor:
            cursor.execute("SELECT setseed(0.5)")
        tenant = a_tenant()
        users = [a_user(tenant, "manager"), *(a_worker(tenant) for _ in range(3))]
        self.rosa, *self.workers = [Person(user.pk, Caller(a_key(user))) for user in users]
        wanted = {
            "min_answers": least,
            "max_answers": least + more,
            "target_confidence": sureness,
            "claim_limit": limit,
            "lease_s": LEASE_S,
        }
        split = {"by": "list", "path": "/parts"}
        self._add(a_project(tenant, split=split, priority=priority, **wanted))
        self._add(a_project(tenant, gold_rate=gold_rate, **wanted))
        for project in self.world.projects.values():
            self._upload(project, 2, 0, is_gold=False, way="plain")

    def _add(self, row) -> None:
        self.world.projects[row.slug] = Project(
            pk=row.pk,
            slug=row.slug,
            priority=row.priority,
            lease_s=row.lease_s,
            claim_limit=row.claim_limit,
            gold_rate=row.gold_rate,
            is_split=row.split["by"] != "none",
        )

    def _project(self, which: int) -> Project:
        return list(self.world.projects.values())[which % 2]

    def _worker(self, which: int) -> Person:
        return self.workers[which % len(self.workers)]

    def _upload(self, project: Project, n: int, priority: int, is_gold: bool, way: str) -> None:
        sent = [
            self._item(project, priority % 3, is_gold and not project.is_split) for _ in range(n)
        ]
        path = f"/projects/{project.slug}/items/"
        reply = self.doors.post(self.rosa, path, sent, way=way)
        if project.state == "closed":
            assert outcome(reply) == (409, "project_closed")
            return
        assert (reply.status, reply["accepted"]) == (201, n)
        new = [task for task in audit.tasks(project) if task.uid not in self.world.tasks]
        assert len(new) == reply["tasks"] == n * (2 if project.is_split else 1)
        self.world.tasks |= {task.uid: task for task in new}

    def _item(self, project: Project, priority: int, is_gold: bool) -> dict[str, Any]:
        payload = {"parts": [1, 2]} if project.is_split else {}
        item = {"external_id": f"i{next(_serial)}", "payload": payload, "priority": priority}
        return item | ({"gold": {BIRDS["key"]: "owl"}} if is_gold else {})

    @rule(who=WHICH, where=WHICH, n=COUNTS, way=WAYS)
    def claim(self, who, where, n, way) -> None:
        self._claim(self._worker(who), self._project(where), n, way)

    def _claim(self, worker: Person, project: Project, n: int, way: str) -> None:
        reasons = self.world.reasons(worker.pk, project, self.clock.now())
        path = f"/projects/{project.slug}/claim/"
        reply = self.doors.post(worker, path, {"count": n}, way=way)
        if project.state != "open":
            assert outcome(reply) == (409, "project_not_open")
            return
        self._check_told(reply, reasons)
        self.world.claimed(worker.pk, project, n, reply["assignments"], self.clock.now())

    @rule(who=WHICH, n=COUNTS, way=WAYS)
    def claim_anywhere(self, who, n, way) -> None:
        worker, now = self._worker(who), self.clock.now()
        projects = sorted(self.world.projects.values(), key=lambda one: (-one.priority, one.slug))
        projects = [project for project in projects if project.state == "open"]
        why_not = [self.world.reasons(worker.pk, project, now) for project in projects]
        reply = self.doors.post(worker, "/claim/", {"count": n}, way=way)
        none = set().union(*why_not) or {"no_open_tasks"}
        self._check_told(reply, none if all(why_not) else set())
        rows = reply["assignments"]
        for project in projects:
            told = [row for row in rows if row["project"] == project.slug]
            assert told == rows[: len(told)], "projects come in their order"
            rows = rows[len(told) :]
            self.world.claimed(worker.pk, project, n, told, now)
            n -= len(told)
        assert not rows

    def _check_told(self, reply: Reply, reasons: set[str]) -> None:
        assert reply.status == (201 if reply["assignments"] else 200)
        if reply["assignments"]:
            assert not reasons or "no_open_tasks" in reasons, "only gold comes where no work is"
        else:
            assert {reason["code"] for reason in reply["reasons"]} == reasons

    @rule(which=WHICH, among=AMONG, deed=DEEDS, label=LABELS, way=WAYS)
    def deal(self, which, among, deed, label, way) -> None:
        """Answer, prolong or give back what is leased, or what is not any more."""
        leases = [lease for lease in self.world.leases.values() if lease.state in among]
        if leases:
            self._deal(leases[-1 - which % len(leases)], deed, label, way)
        else:
            self._claim(self._worker(which), self._project(which), 2, way)

    @rule(which=WHICH, who=WHICH, n=COUNTS, sweeps=st.booleans(), way=WAYS)
    def come_late(self, which, who, n, sweeps, way) -> None:
        """A lease ends, somebody else claims, and then its answer comes."""
        now = self.clock.now()
        leases = [lease for lease in self.world.leases.values() if lease.is_live(now)]
        if leases:
            lease = leases[which % len(leases)]
            self.clock.move((lease.until - now).total_seconds())
            if sweeps:
                self._sweep()
            self._claim(self._worker(who), lease.task.project, n, way)
            self.the_rows_are_as_promised()
            self._deal(lease, "submit", "owl", way)

    def _deal(self, lease: Lease, deed: str, label: str, way: str) -> None:
        now = self.clock.now()
        body: Any = {}
        if deed == "submit":
            body = {"answer": {BIRDS["key"]: label}}
            wanted = self.world.submitted(lease, label, now)
        elif deed == "extend":
            wanted = self.world.extended(lease, now)
        else:
            state = "released" if deed == "release" else "skipped"
            wanted = self.world.given_back(lease, state, now)
        worker = next(person for person in self.workers if person.pk == lease.worker)
        reply = self.doors.post(worker, f"/assignments/{lease.uid}/{deed}/", body, way=way)
        assert outcome(reply) == wanted
        if reply.status == 201:
            lease.told = reply.body
            assert reply["late"] == lease.is_late
        elif reply.status == 200 and deed == "submit":
            assert reply.body == lease.told

    @rule(seconds=SECONDS, then=st.sampled_from(["nothing", "sweep", "settle"]), which=WHICH)
    def wait(self, seconds, then, which) -> None:
        self.clock.move(seconds)
        if then == "sweep":
            self._sweep()
        elif then == "settle":
            project = self._project(which)
            assert settling.settle_project(project_id=project.pk)
            self.world.settled(project, audit.tasks(project))

    def _sweep(self) -> None:
        while work.expire():
            pass
        self.world.swept(self.clock.now())

    def _withdraw(self, which: int, way: str) -> None:
        task = list(self.world.tasks.values())[-1 - which % len(self.world.tasks)]
        path = f"/projects/{task.project.slug}/items/{task.external_id}/withdraw/"
        assert self.doors.post(self.rosa, path, {}, way=way).status == 200
        self.world.withdrawn(task.project, task.external_id)

    def _record(self, which: int, name: str, label: str, way: str) -> None:
        task = list(self.world.tasks.values())[which % len(self.world.tasks)]
        row = {"external_id": task.external_id, "worker": name, "answer": {"kind": label}}
        row |= {} if task.part is None else {"part": task.part}
        wanted = self.world.record(task, name, label)
        reply = self.doors.post(
            self.rosa, f"/projects/{task.project.slug}/answers/", [row], way=way
        )
        assert (reply.status, _first_code(reply)) == wanted

    def _move(self, deed: str, project: Project, way: str) -> None:
        reply = self.doors.post(self.rosa, f"/projects/{project.slug}/{deed}/", way=way)
        target = {"pause": "paused", "open": "open", "close": "closed"}[deed]
        if project.state == "closed" and target != "closed":
            assert outcome(reply) == (409, "bad_transition")
        else:
            assert (reply.status, reply["state"]) == (200, target)
            project.state = target

    def _ask_for(self, project: Project, least: int, more: int) -> None:
        wanted = {"redundancy": {"min": least, "max": least + more}}
        assert knock(self.rosa, "PATCH", f"/projects/{project.slug}/", wanted).status == 200

    def _suspect(self, deed: str, project: Project, worker: Person, way: str) -> None:
        flag = a_flag(audit.row_of(project), audit.user(worker.pk))
        assert self.doors.post(self.rosa, f"/flags/{flag.uid}/{deed}/", {}, way=way).status == 200
        other = {"confirm": "dismiss", "dismiss": "confirm"}[deed]
        refused = self.doors.post(self.rosa, f"/flags/{flag.uid}/{other}/", {}, way=way)
        assert outcome(refused) == (409, "already_decided")
        if deed == "confirm":
            project.restricted.add(worker.pk)

    @rule(what=CHANGES, which=WHICH, more=WHICH, way=WAYS)
    def manage(self, what, which, more, way) -> None:
        project = self._project(which)
        if what in {"items", "gold"}:
            self._upload(project, 1 + more % 2, more % 3, is_gold=what == "gold", way=way)
        elif what == "answer":
            self._record(which, "ann" if more % 2 else "bob", "wren" if more > 8 else "owl", way)
        elif what == "withdraw":
            self._withdraw(which, way)
        elif what == "redundancy":
            self._ask_for(project, 1 + more % 3, more // 4)
        elif what in {"confirm", "dismiss"}:
            self._suspect(what, project, self._worker(more), way)
        elif what == "look":
            self._look(project, self._worker(more), more)
        else:
            # What is closed stays so, and nothing more comes of it: seldom.
            self._move("close" if (what, more) == ("open", 11) else what, project, way)

    def _look(self, project: Project, worker: Person, which: int) -> None:
        """Read, and send again what was done."""
        if self.doors.kept:
            self.doors.kept[which % len(self.doors.kept)].send_again()
        held = knock(worker, "GET", "/me/assignments/?state=leased")["results"]
        live = [one for one in self.world.of_worker(worker.pk) if one.is_live(self.clock.now())]
        assert {row["id"] for row in held} == {lease.uid for lease in live}
        for row in knock(self.rosa, "GET", f"/projects/{project.slug}/changes/")["results"]:
            assert self.told.setdefault((project.slug, row["seq"]), row) == row

    @invariant()
    def the_rows_are_as_promised(self) -> None:
        if self.world.projects:
            audit.check(self.world, self.clock.now())
            people = [self.rosa.pk, *(worker.pk for worker in self.workers)]
            audit.check_replies(people, {(one.person.pk, one.key) for one in self.doors.kept})


def _first_code(reply) -> str | None:
    if reply.status == 422:
        return reply["errors"][0]["code"]
    return reply["code"] if reply.status >= 400 else None
