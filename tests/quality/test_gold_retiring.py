"""Gold that is wrong, was shown or is not wanted any more is out of use."""

from datetime import timedelta

import pytest
from django.db import IntegrityError, transaction

from quality import ballots, feed, reliability
from quality.gold import health, retiring
from quality.models import GoldResult, Retirement, Settling
from tasks_app import answers, claims
from tasks_app.models import Answer, Task
from tests.factories import NOON, a_project, a_task, a_worker, later, some_items
from tests.quality.crowds import a_crowd, record, settled

pytestmark = pytest.mark.django_db

BY_HAND = Retirement.Because.BY_HAND


def retire(task, now=NOON, because=BY_HAND):
    return retiring.retire(
        project=task.project, task_ids=[task.pk], because=because, note="wrong", now=now
    )


def claim(project, worker, count=1):
    return claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=count, now=NOON)


def test_retired_gold_is_served_to_nobody(tenant):
    project = a_project(tenant, gold_rate=1.0)
    gone, kept = (a_task(project, gold={"kind": "owl"}) for _ in range(2))
    retire(gone)

    assert [lease.task_id for lease in claim(project, a_worker(tenant), 5)] == [kept.pk]


def test_a_live_lease_on_retired_gold_is_honoured_and_counts_nothing(tenant):
    project, wim = a_project(tenant, gold_rate=1.0), a_worker(tenant)
    gold = a_task(project, gold={"kind": "owl"})
    (lease,) = claim(project, wim)
    retire(gold)

    answered = answers.submit(
        uid=lease.uid, worker_id=wim.pk, values={"kind": "wren"}, elapsed_s=None, now=NOON
    )
    settled(project)

    assert answered.is_new
    assert list(GoldResult.objects.values_list("score", "counts")) == [(0.0, False)]


def test_answers_to_retired_gold_count_for_nothing_any_more(tenant):
    project = a_project(tenant)
    items = some_items(project, 2, gold={"kind": "owl"})
    record(project, [(item.external_id, "wim", {"kind": "wren"}) for item in items])
    settled(project)
    wim = Answer.objects.first().worker_id
    gone, kept = (item.tasks.get() for item in items)

    assert retire(gone, now=later(1)) == [gone.pk]

    assert reliability.figures(project, [wim])[wim].gold["n"] == 1
    assert ballots.read(project).gold.keys() == {kept.pk}
    assert ballots.read(project).counting() == {kept.pk: 1}
    assert Settling.objects.get(project=project).refit_at == later(1)


def test_answers_before_gold_was_shown_go_on_counting_and_those_after_do_not(tenant):
    project = a_project(tenant, gold_rate=1.0)
    wim, wanda = a_worker(tenant), a_worker(tenant)
    gold = a_task(project, gold={"kind": "owl"})
    leases = {worker: claim(project, worker)[0] for worker in (wim, wanda)}

    def answer(worker):
        answers.submit(
            uid=leases[worker].uid,
            worker_id=worker.pk,
            values={"kind": "wren"},
            elapsed_s=None,
            now=NOON,
        )

    answer(wim)
    retire(gold, because=Retirement.Because.SHOWN)
    answer(wanda)
    settled(project)

    counts = dict(GoldResult.objects.values_list("worker", "counts"))
    assert counts == {wim.pk: True, wanda.pk: False}


def test_after_gold_was_shown_a_refit_follows_once_all_is_quiet(tenant):
    gold = a_task(a_project(tenant), gold={"kind": "owl"})

    retire(gold, because=Retirement.Because.SHOWN)

    assert not Settling.objects.filter(refit_at__isnull=False).exists()
    settled(gold.project, now=later(1))
    assert Settling.objects.get(project=gold.project).refit_at == later(6)


def test_gold_that_was_shown_and_is_wrong_besides_counts_no_more(tenant):
    project, wim = a_project(tenant, gold_rate=1.0), a_worker(tenant)
    gold = a_task(project, gold={"kind": "owl"})
    (lease,) = claim(project, wim)
    answers.submit(
        uid=lease.uid, worker_id=wim.pk, values={"kind": "wren"}, elapsed_s=None, now=NOON
    )
    retire(gold, because=Retirement.Because.SHOWN)
    assert GoldResult.objects.get().counts

    assert retire(gold, now=later(5)) == [gold.pk]
    assert not GoldResult.objects.get().counts
    assert Retirement.objects.get().because == "by_hand"


def test_what_is_retired_keeps_its_reason(tenant):
    gold = a_task(a_project(tenant), gold={"kind": "owl"})
    retire(gold)

    assert retire(gold, now=later(5), because=Retirement.Because.SHOWN) == []

    row = Retirement.objects.get()
    assert (row.task, row.because, row.note, row.at) == (gold, "by_hand", "wrong", NOON)


def test_restored_gold_is_served_and_counts_again(tenant):
    project = a_project(tenant, gold_rate=1.0)
    (item,) = some_items(project, 1, gold={"kind": "owl"})
    gold = item.tasks.get()
    record(project, [(item.external_id, "wim", {"kind": "wren"})])
    settled(project)
    retire(gold)

    assert retiring.restore(project=project, task_id=gold.pk, now=later(1))
    assert not retiring.restore(project=project, task_id=gold.pk, now=later(2))

    assert Retirement.objects.get().restored_at == later(1)
    assert GoldResult.objects.get().counts
    assert [lease.task_id for lease in claim(project, a_worker(tenant))] == [gold.pk]


def test_only_gold_retires(tenant):
    task = a_task(a_project(tenant))

    assert retire(task) == []
    with pytest.raises(IntegrityError, match="task_gold_alone_retires"), transaction.atomic():
        Task.objects.filter(pk=task.pk).update(state="retired")


def test_a_retirement_has_a_known_cause(tenant):
    gold = a_task(a_project(tenant), gold={"kind": "owl"})
    retire(gold)

    with pytest.raises(IntegrityError, match="retirement_has_a_known_cause"), transaction.atomic():
        Retirement.objects.update(because="spite")


def test_withdrawn_gold_neither_retires_nor_counts(tenant):
    project = a_project(tenant)
    gold = a_task(project, gold={"kind": "owl"})
    Task.objects.filter(pk=gold.pk).update(state="withdrawn")

    assert retire(gold) == []
    assert not retiring.restore(project=project, task_id=gold.pk, now=NOON)


def refitted(project, now):
    """Settled, and fitted anew once all is quiet."""
    settled(project, now=now)
    settled(project, now=now + timedelta(seconds=6))


@pytest.fixture
def crowded(tenant):
    """A project whose five workers are good, and fail one gold together but not the other."""
    project = a_project(tenant, reliability_floor=0.7)
    a_crowd(project, some_items(project, 40), n_workers=5, accuracy=1.0)
    bad, good = (some_items(project, 1, gold={"kind": "owl"})[0] for _ in range(2))
    for worker in range(5):
        record(project, [(good.external_id, f"w{worker}", {"kind": "owl"})])
    settled(project)
    return project, bad, good


def test_gold_that_good_workers_keep_failing_is_retired_and_its_results_rescored(crowded):
    project, bad, good = crowded
    record(project, [(bad.external_id, f"w{n}", {"kind": "wren"}) for n in range(3)])
    refitted(project, now=later(10))
    assert not Retirement.objects.exists()

    record(project, [(bad.external_id, f"w{n}", {"kind": "wren"}) for n in (3, 4)])
    refitted(project, now=later(30))

    (row,) = Retirement.objects.all()
    assert (row.task, row.because) == (bad.tasks.get(), "failing")
    assert row.note == "0 of 5 good workers got it right"
    assert set(GoldResult.objects.filter(task=row.task).values_list("counts", flat=True)) == {False}
    assert health.of_tasks(project, [row.task_id])[row.task_id].n_good == 5
    assert Task.objects.get(item=good).state == "open"


def test_gold_that_bad_workers_fail_stays(tenant):
    project = a_project(tenant, reliability_floor=0.7)
    items = some_items(project, 40)
    a_crowd(project, items, n_workers=5, accuracy=1.0)
    (gold,) = some_items(project, 1, gold={"kind": "owl"})
    for worker in range(6):
        wrong = [(item.external_id, f"bad{worker}", {"kind": "wren"}) for item in items[worker::6]]
        record(project, [*wrong, (gold.external_id, f"bad{worker}", {"kind": "wren"})])
    refitted(project, now=later(10))

    assert GoldResult.objects.filter(score=0).count() == 6
    assert not Retirement.objects.exists()


def test_gold_that_was_put_back_is_judged_by_the_answers_since(crowded):
    project, bad, _ = crowded
    record(project, [(bad.external_id, f"w{n}", {"kind": "wren"}) for n in range(5)])
    refitted(project, now=later(10))
    task = bad.tasks.get()
    assert task.state == "retired"
    retiring.restore(project=project, task_id=task.pk, now=later(10**9))

    assert health.check(project=project, is_quiet=True, now=later(30)) == []
    task.refresh_from_db()
    assert task.state == "open"


def test_retired_gold_gives_no_row(crowded):
    project, bad, _ = crowded
    retire(bad.tasks.get(), now=later(5))
    refitted(project, now=later(10))

    told = {row["external_id"] for row in feed.changes(project, after=0, limit=1000)}
    assert bad.external_id not in told
