"""The queue of open tasks: bookmarks and the late lane hide nothing and keep the order."""

import random

import pytest
from django.db import connection
from django.db.models import F

from tasks_app import answers, claims, leases, queue
from tasks_app.models import Assignment, Bookmark, Front, Project, Task
from tests.factories import NOON, a_project, a_worker, later, some_items

pytestmark = pytest.mark.django_db(transaction=True)


class Crowd:
    """Workers who claim, answer and give back at random, and what they ought to find."""

    def __init__(self, tenant, seed):
        self.chance = random.Random(seed)
        self.project = a_project(tenant, claim_limit=50)
        self.workers = [a_worker(tenant).pk for _ in range(4)]
        self.now = 0

    def step(self):
        deed = self.chance.choices(
            [self.claim, self.add, self.answer, self.release, self.skip, self.expire, self.reopen],
            weights=[8, 2, 4, 2, 1, 1, 2],
        )[0]
        deed()

    def claim(self):
        worker_id, count = self.chance.choice(self.workers), self.chance.choice([1, 1, 2, 5])
        expected = self.wanted_by(worker_id)
        found = claims.claim(
            project_ids=[self.project.pk], worker_id=worker_id, count=count, now=self.time()
        )
        room = min(count, 50 - self.held(worker_id) + len(found))
        got = [lease.priority for lease in found]
        assert {lease.task_id for lease in found} <= {task_id for task_id, _ in expected}
        assert sorted(got, reverse=True) == [priority for _, priority in expected[:room]]

    def wanted_by(self, worker_id):
        had = Assignment.objects.filter(worker_id=worker_id).exclude(state="released")
        tasks = Task.objects.filter(is_open=True).exclude(pk__in=had.values("task"))
        return list(tasks.order_by("-priority").values_list("pk", "priority"))

    def held(self, worker_id):
        return Assignment.objects.filter(
            worker_id=worker_id, state="leased", leased_until__gt=self.time()
        ).count()

    def add(self):
        n = self.chance.choice([1, 1, 3])
        some_items(self.project, n, priority=self.chance.choice([0, 0, 1, 5]))

    def answer(self):
        lease = self.a_lease()
        if lease:
            answers.submit(
                uid=lease.uid,
                worker_id=lease.worker_id,
                values={"kind": "owl"},
                elapsed_s=1,
                now=self.time(),
            )

    def release(self):
        lease = self.a_lease()
        if lease:
            claims.release(lease=lease, now=self.time())

    def skip(self):
        lease = self.a_lease()
        if lease:
            claims.skip(lease=lease, because="", now=self.time())

    def a_lease(self):
        live = Assignment.objects.filter(state="leased", leased_until__gt=self.time())
        ids = list(live.values_list("pk", flat=True))
        return leases.of([self.chance.choice(ids)])[0] if ids else None

    def expire(self):
        self.now += self.project.lease_s + 1
        claims.expire(now=self.time())

    def reopen(self):
        closed = list(Task.objects.filter(is_open=False).values_list("pk", flat=True))
        if closed:
            Task.objects.filter(pk=self.chance.choice(closed)).update(
                slots=F("slots") + 1,
                open_slots=F("open_slots") + 1,
                answers_due=F("answers_due") + 1,
                is_open=True,
                rank=-1,
            )

    def time(self):
        return later(self.now)


@pytest.mark.parametrize("seed", range(6))
def test_a_claim_finds_what_there_is_and_the_most_urgent_first(tenant, seed):
    crowd = Crowd(tenant, seed)

    for _ in range(120):
        crowd.step()

    assert Bookmark.objects.exists()


def test_a_bookmark_passes_what_its_worker_has_had(tenant):
    project, wim = (
        a_project(tenant, claim_limit=1000, min_answers=5, max_answers=9),
        a_worker(tenant),
    )
    some_items(project, 400)
    claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=300, now=NOON)
    claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)

    mark = Bookmark.objects.get(worker=wim)
    had = Assignment.objects.filter(worker=wim).values("task")
    assert not Task.objects.filter(pk__lt=mark.task_id).exclude(pk__in=had).exists()
    assert mark.task_id > Task.objects.order_by("pk")[290].pk


def test_a_large_upload_ends_every_bookmark(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 1)
    claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=5, now=NOON)

    some_items(project, 1500, priority=7)

    found = claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=2, now=NOON)
    assert [lease.priority for lease in found] == [7, 7]
    assert Project.objects.get().queue_epoch == 1
    assert not Task.objects.filter(priority=7, late_xid__gt=0).exists()


def test_a_bookmark_of_another_server_is_void(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 3)
    claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)
    with connection.cursor() as cursor:
        cursor.execute(
            "UPDATE tasks_app_bookmark SET neg_priority = 2147483647, server_started = now()"
        )
        cursor.execute("UPDATE tasks_app_front SET neg_priority = 2147483647, epoch = 7")

    assert len(claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=5, now=NOON)) == 2


def test_old_fronts_are_forgotten_and_the_newest_stays(tenant):
    project = a_project(tenant)
    some_items(project, 1)
    claims.claim(project_ids=[project.pk], worker_id=a_worker(tenant).pk, count=1, now=NOON)
    (old,) = Front.objects.all()
    Front.objects.bulk_create([Front(**{**values_of(old), "id": old.pk + 500})])

    queue.prune()

    assert Front.objects.get().pk == old.pk + 500


def values_of(front):
    return {field.attname: getattr(front, field.attname) for field in Front._meta.fields}


def test_what_others_stamped_is_passed_over_and_not_walked(tenant):
    """As after many small uploads: each task has a stamp of its own, older than the bookmark."""
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 1)
    with connection.cursor() as cursor:
        cursor.execute(PLANT)
        cursor.execute("VACUUM ANALYZE tasks_app_task")
        for _ in range(2):
            claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)
        # By hand to the middle of the queue, as if the worker had had all before it.
        cursor.execute("UPDATE tasks_app_bookmark SET neg_priority = -2")
        before = blocks_read(cursor)
        claims.claim(project_ids=[project.pk], worker_id=wim.pk, count=1, now=NOON)

        assert blocks_read(cursor) - before < 60


PLANT = """
INSERT INTO tasks_app_task
       (uid, project_id, item_id, part_index, is_gold, state, priority, rank, slots, open_slots,
        answers_due, is_open, n_answers, late_xid)
SELECT gen_random_uuid(), project_id, item_id, n, false, 'open', n % 5, 0, 3, 3, 3, true, 0,
       1 + n % 500
  FROM tasks_app_task, generate_series(1, 40000) AS n
"""


def blocks_read(cursor):
    cursor.execute("SELECT pg_stat_force_next_flush()")
    cursor.execute(
        "SELECT idx_blks_hit + idx_blks_read FROM pg_statio_user_indexes"
        " WHERE indexrelname = 'task_late_urgent'"
    )
    return cursor.fetchone()[0]
