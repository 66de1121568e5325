"""Consensus that is sure becomes gold, if the manager wants it."""

import pytest

from quality import ballots, feed, settling, snapshots
from quality.gold import promotion, results
from quality.models import GoldResult, Promotion
from tasks_app import claims, progress
from tasks_app.models import Task
from tests.factories import NOON, a_project, a_worker, later, some_items
from tests.quality.crowds import record, settled

pytestmark = pytest.mark.django_db


@pytest.fixture
def sure(tenant):
    """A project with tasks that seven agree on, one that they do not, and one with few answers."""
    project = a_project(tenant, gold_rate=1.0, target_confidence=0.9)
    items = some_items(project, 30)
    for n, item in enumerate(items):
        label = ["owl", "wren", "other"][n % 3]
        rows = [(item.external_id, f"w{worker}", {"kind": label}) for worker in range(7)]
        if n == 0:
            rows[0] = (item.external_id, "w0", {"kind": "wren"})
        record(project, rows[:4] if n == 1 else rows)
    settled(project)
    assert set(Task.objects.values_list("state", flat=True)) == {"resolved"}
    return project, items


def promote(project, *items):
    return promotion.promote(
        project=project, external_ids=[item.external_id for item in items], now=later(5)
    )


def test_what_all_agree_on_is_a_candidate(sure):
    project, items = sure

    found = promotion.offered(project, list(promotion.candidates(project).order_by("pk")))

    assert [one.task.item for one in found] == items[2:]
    assert found[0].gold == {"kind": "other"}
    assert 0.9 < found[0].confidence <= 1


def test_a_promoted_task_is_gold_for_those_who_have_not_had_it(tenant, sure):
    project, items = sure
    # Gold stops when the real work does.
    some_items(project, 1)
    before = progress.counts([project.pk])[project.pk]
    told = feed.changes(project, after=0, limit=1000)

    (task_id,) = promote(project, items[2])

    task = Task.objects.get(pk=task_id)
    assert (task.is_gold, task.slots, task.state, task.is_open) == (True, None, "open", True)
    assert task.item.gold == {"kind": "other"}
    (lease,) = claims.claim(
        project_ids=[project.pk], worker_id=a_worker(tenant).pk, count=1, now=NOON
    )
    assert lease.task_id == task_id
    assert promotion.candidates(project).count() == len(items) - 3
    after = progress.counts([project.pk])[project.pk]
    assert (after.resolved, after.open_tasks) == (before.resolved - 1, before.open_tasks)
    settled(project, now=later(20))
    assert feed.changes(project, after=0, limit=1000)[: len(told)] == told


def test_settling_writes_no_row_for_it_any_more(sure):
    project, items = sure
    promote(project, items[2])
    head = feed.head(project)
    record(project, [(items[2].external_id, "late", {"kind": "owl"})])

    settled(project, now=later(20))

    told = {row["external_id"] for row in feed.changes(project, after=head, limit=1000)}
    assert items[2].external_id not in told
    assert ballots.read(project).gold == {items[2].tasks.get().pk: {"kind": "other"}}


def test_the_answers_it_was_made_from_are_no_results(sure):
    project, items = sure
    (task_id,) = promote(project, items[2])
    record(project, [(items[2].external_id, "late", {"kind": "owl"})])

    results.take_in(project=project, task_ids=[task_id])

    (result,) = GoldResult.objects.all()
    assert (result.worker.username, result.score) == ("late", 0.0)


def test_a_snapshot_taken_before_stays_as_it_was(sure):
    project, items = sure
    head = feed.head(project)
    before = list(snapshots.rows(project=project, field=None, up_to_seq=head))
    promote(project, items[2])

    assert list(snapshots.rows(project=project, field=None, up_to_seq=head)) == before
    record(project, [(items[1].external_id, "late", {"kind": "wren"})])
    settling.settle(project=project, now=later(20))
    assert feed.head(project) > head
    later_rows = snapshots.rows(project=project, field=None, up_to_seq=feed.head(project))
    assert items[2].external_id not in {row["external_id"] for row in later_rows}


def test_what_is_no_candidate_is_named_and_nothing_is_promoted(sure):
    project, items = sure

    with pytest.raises(promotion.NotACandidate, match=items[0].external_id):
        promote(project, items[0], items[2])
    with pytest.raises(promotion.NotACandidate, match="nothing"):
        promotion.promote(project=project, external_ids=["nothing"], now=NOON)

    assert not Promotion.objects.exists()
    assert not Task.objects.filter(is_gold=True).exists()


def test_a_task_that_somebody_works_on_is_not_promoted(tenant, sure):
    project, items = sure
    task = items[2].tasks.get()
    wim = a_worker(tenant)
    task.assignments.create(
        project=project,
        worker=wim,
        guideline_version=1,
        leased_at=NOON,
        leased_until=later(600),
    )

    with pytest.raises(promotion.StillLeased, match=items[2].external_id):
        promote(project, items[2])


def test_gold_is_not_promoted_again(sure):
    project, items = sure
    promote(project, items[2])

    with pytest.raises(promotion.NotACandidate):
        promote(project, items[2])
