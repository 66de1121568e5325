"""For how long gold lasts, and whether its answers are known."""

from datetime import timedelta

import pytest

from quality.gold import forecast, leaks, results, retiring
from quality.models import GoldResult
from tasks_app import claims
from tasks_app.models import Assignment, Task
from tests.factories import NOON, a_project, a_worker, later, some_items
from tests.quality.crowds import record

pytestmark = pytest.mark.django_db

DAY = timedelta(days=1)


def had(project, worker, n, ago):
    """The worker was given so much gold so long ago."""
    for lease in claims.claim(
        project_ids=[project.pk], worker_id=worker.pk, count=n, now=NOON - ago
    ):
        Assignment.objects.filter(pk=lease.id).update(state="answered")


def supply_of(project, worker):
    n_live, _ = forecast.counts(project)
    found = forecast.of_workers(project=project, n_live=n_live, now=NOON)
    return {one.worker_id: one for one in found}[worker.pk]


@pytest.fixture
def rich(tenant):
    project = a_project(tenant, gold_rate=1.0)
    some_items(project, 20, gold={"kind": "owl"})
    return project


def test_gold_lasts_as_long_as_the_pace_of_the_last_week_tells(tenant, rich):
    wim = a_worker(tenant)
    had(rich, wim, 2, ago=20 * DAY)
    had(rich, wim, 4, ago=2 * DAY)

    found = supply_of(rich, wim)

    assert (found.n_seen, found.n_left) == (6, 14)
    assert found.per_day == pytest.approx(4 / 7)
    assert found.days_left == pytest.approx(14 / (4 / 7))


def test_who_began_lately_is_judged_by_the_days_since(tenant, rich):
    wim, wanda = a_worker(tenant), a_worker(tenant)
    had(rich, wim, 4, ago=2 * DAY)
    had(rich, wanda, 5, ago=DAY / 24)

    assert supply_of(rich, wim).days_left == pytest.approx(16 / 2)
    assert supply_of(rich, wanda).days_left == pytest.approx(15 / 5)


def test_who_gets_no_gold_any_more_has_no_end_in_sight(tenant, rich):
    wim = a_worker(tenant)
    had(rich, wim, 4, ago=20 * DAY)

    assert supply_of(rich, wim).days_left is None


def test_retired_gold_is_no_supply(tenant, rich):
    wim = a_worker(tenant)
    had(rich, wim, 4, ago=2 * DAY)
    seen = Assignment.objects.values("task")
    fresh = list(Task.objects.exclude(pk__in=seen).values_list("pk", flat=True))[:3]
    retiring.retire(
        project=rich,
        task_ids=[*fresh, seen[0]["task"]],
        because="by_hand",
        note="",
        now=NOON,
    )

    found = supply_of(rich, wim)

    assert forecast.counts(rich) == (16, 4)
    assert (found.n_seen, found.n_left) == (4, 13)


def a_history(tenant, *, fresh, old):
    """Two who are first at all gold, then two who come late; right so often of ten."""
    project = a_project(tenant)
    items = some_items(project, 10, gold={"kind": "owl"})
    half = [items[:5], items[5:]]
    for worker in range(8):
        # Each is early at one half of the gold and late at the other.
        for is_late in (False, True):
            some = half[(worker + is_late) % 2]
            n_right = old if is_late else fresh
            record(
                project,
                [
                    (item.external_id, f"w{worker}", {"kind": "owl" if n < n_right else "wren"})
                    for n, item in enumerate(some)
                ],
            )
    tasks = list(Task.objects.filter(project=project).values_list("pk", flat=True))
    results.take_in(project=project, task_ids=tasks)
    for result in GoldResult.objects.select_related("answer__task__item"):
        name = int(result.worker.username[1:])
        place = items.index(result.answer.task.item)
        is_late = (place >= 5) != (name % 2 == 1)
        GoldResult.objects.filter(pk=result.pk).update(answered_at=later(1000 * is_late + name))
    return project


def test_workers_who_do_better_on_old_gold_betray_a_leak(tenant):
    project = a_history(tenant, fresh=2, old=5)

    told = leaks.of_project(project)

    assert (told["old"]["n"], told["fresh"]["n"]) == (40, 40)
    assert (told["old"]["value"], told["fresh"]["value"]) == (1.0, 0.4)
    assert (told["difference"], told["suspected"]) == (0.6, True)
    assert told["p_value"] < 0.001


def test_who_does_as_well_on_fresh_gold_is_not_suspected(tenant):
    project = a_history(tenant, fresh=4, old=4)

    told = leaks.of_project(project)

    assert (told["difference"], told["suspected"]) == (0.0, False)
    assert leaks.of_workers(project) == []


def test_a_worker_who_knows_the_answers_is_named(tenant):
    project = a_project(tenant)
    items = some_items(project, 40, gold={"kind": "owl"})
    rows = [
        (item.external_id, f"w{n % 2}", {"kind": "owl" if n % 3 else "wren"})
        for n, item in enumerate(items[:20])
    ]
    record(project, rows)
    told = [(item.external_id, "spy", {"kind": "owl"}) for item in items[:20]]
    guessed = [(item.external_id, "spy", {"kind": "wren"}) for item in items[20:]]
    record(project, [*told, *guessed])
    results.take_in(
        project=project,
        task_ids=list(Task.objects.filter(project=project).values_list("pk", flat=True)),
    )

    ((worker_id, figures),) = leaks.of_workers(project)

    assert GoldResult.objects.filter(worker=worker_id).first().worker.username == "spy"
    assert (figures["old"]["n"], figures["fresh"]["n"]) == (20, 20)
    assert figures["suspected"]


def test_without_answers_nothing_is_compared(tenant):
    told = leaks.of_project(a_project(tenant))

    nothing = {"n": 0, "value": None, "interval": None}
    assert (told["old"], told["fresh"]) == (nothing, nothing)
    assert (told["difference"], told["p_value"], told["suspected"]) == (None, None, False)
