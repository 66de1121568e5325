"""While a project is fitted anew its answers go on being settled."""

import threading

import pytest

from marketplace.flows import deciding
from quality import feed, revisions, settling, writing
from quality.judges import JUDGES
from quality.models import Cause, Revision, SettleDue, Settling, StopRule
from tasks_app.models import Project, Task
from tests.factories import NOON, a_flag, a_project, a_worker, later, some_items
from tests.quality.crowds import a_crowd, answer, record

pytestmark = pytest.mark.django_db


@pytest.fixture
def project(tenant, monkeypatch):
    """A settled project, in which every moment of a refit is used."""
    monkeypatch.setattr(settling, "MEANWHILE_S", 0.01)
    project = a_project(tenant, min_answers=9, max_answers=9)
    a_crowd(project, some_items(project, 12), n_workers=3)
    settling.settle(project=project, now=NOON)
    Settling.objects.filter(project=project).update(refit_at=later(1))
    return project


@pytest.fixture
def a_long_fit(monkeypatch):
    """A fit that does not end before something is told; set once it is."""
    told, fit, write = threading.Event(), JUDGES["choice"].fit, revisions.write

    def fit_until_told(*arguments, **named):
        assert told.wait(timeout=20)
        return fit(*arguments, **named)

    def write_and_say(*arguments, **named):
        write(*arguments, **named)
        told.set()

    monkeypatch.setattr(JUDGES["choice"], "fit", fit_until_told)
    monkeypatch.setattr(revisions, "write", write_and_say)
    return told


def test_an_answer_is_told_before_a_long_fit_ends(tenant, project, a_long_fit):
    head = Settling.objects.get(project=project).head
    answer(project.tasks.order_by("pk")[0], a_worker(tenant), "owl", now=later(1))

    outcome = settling.settle(project=project, now=later(2))

    first, *_ = feed.changes(project, after=head, limit=10)
    assert (first["cause"], first["n_answers"]) == (Cause.ANSWER, 4)
    assert outcome.n_fitted == 37
    assert not SettleDue.objects.exists()


def test_an_answer_is_told_between_two_chunks_of_a_refits_news(tenant, project, monkeypatch):
    """Every row is news to the refit, each a transaction; the answer comes after the first."""
    head = Settling.objects.get(project=project).head
    monkeypatch.setattr(settling, "MEANWHILE_S", 0)
    monkeypatch.setattr(writing, "CHUNK", 1)
    Revision.objects.update(confidence=0.5)
    one, write = project.tasks.order_by("pk").last(), writing._write_chunk
    late = iter([a_worker(tenant)])

    def write_then_answer(*arguments):
        n_written = write(*arguments)
        for worker in late:
            answer(one, worker, "owl", now=later(2))
        return n_written

    monkeypatch.setattr(writing, "_write_chunk", write_then_answer)

    settling.settle(project=project, now=later(2))

    rows = feed.changes(project, after=head, limit=1000)
    place = next(i for i, row in enumerate(rows) if row["cause"] == Cause.ANSWER)
    assert (rows[place]["n_answers"], 0 < place < len(rows) - 1) == (4, True)


def test_a_task_that_lost_answers_during_a_refit_stays_open(tenant, monkeypatch, a_long_fit):
    """The flag is confirmed after the refit has read the answers, and settled before it writes."""
    a_long_fit.set()
    project = a_project(tenant, target_confidence=0.6)
    a_crowd(project, some_items(project, 12), n_workers=3, accuracy=1.0)
    settling.settle(project=project, now=NOON)
    assert {task.state for task in project.tasks.all()} == {Task.State.RESOLVED}
    Settling.objects.filter(project=project).update(refit_at=later(1))
    monkeypatch.setattr(settling, "MEANWHILE_S", 0.01)
    a_long_fit.clear()
    read, suspects = (
        settling.ballots.read,
        iter([a_flag(project, project.answers.order_by("pk")[0].worker)]),
    )

    def read_then_confirm(*arguments):
        found = read(*arguments)
        for flag in suspects:
            deciding.confirm(flag=flag, by=flag.worker, note="")
        return found

    monkeypatch.setattr(settling.ballots, "read", read_then_confirm)

    settling.settle(project=project, now=later(2))
    settle_until_quiet(project)

    assert {(task.state, task.open_slots) for task in project.tasks.all()} == {("open", 1)}


def test_a_settler_that_is_killed_at_the_end_leaves_a_refit_to_be_done(tenant, monkeypatch):
    project = a_project(tenant, min_answers=9, max_answers=9)
    a_crowd(project, some_items(project, 12), n_workers=3)
    monkeypatch.setattr(settling._Rounds, "end", killed)

    with pytest.raises(Killed):
        settling.settle(project=project, now=NOON)

    assert not SettleDue.objects.exists()
    assert Settling.objects.get(project=project).refit_at == NOON + settling.QUIET


def test_a_rule_made_meanwhile_is_not_made_twice(tenant, project, a_long_fit):
    """The target changed: both sides find that the field needs a new rule."""
    make_rule(project, version=1, target=project.target_confidence)
    Project.objects.filter(pk=project.pk).update(target_confidence=0.8)
    project.refresh_from_db()
    answer(project.tasks.order_by("pk")[0], a_worker(tenant), "owl", now=later(1))

    settling.settle(project=project, now=later(2))

    versions = StopRule.objects.filter(project=project).order_by("version")
    assert list(versions.values_list("version", flat=True)) == [1, 2]


def test_what_came_meanwhile_brings_another_refit(tenant, project, a_long_fit):
    answer(project.tasks.order_by("pk")[0], a_worker(tenant), "owl", now=later(1))

    settling.settle(project=project, now=later(2))
    refit_at = Settling.objects.get(project=project).refit_at
    settling.settle(project=project, now=refit_at)

    assert later(2) + settling.QUIET <= refit_at < later(60)
    assert Settling.objects.get(project=project).refit_at is None


def test_after_a_long_refit_growth_brings_none_for_a_while(tenant, monkeypatch):
    project = a_project(tenant, min_answers=9, max_answers=9)
    items = some_items(project, 12)
    a_crowd(project, items, n_workers=3)
    monkeypatch.setattr(settling, "LONG_S", 0)
    monkeypatch.setattr(settling, "REST_FACTOR", 1000)

    fitted = []
    for step, now in enumerate((NOON, later(1), later(10**7))):
        answered(project, items, f"later-{step}")
        fitted.append(settling.settle(project=project, now=now).n_fitted)

    assert fitted == [48, 0, 72]


class Killed(BaseException):
    """What no handler of errors takes for one."""


def killed(*_, **__):
    raise Killed


def make_rule(project, *, version, target):
    StopRule.objects.create(
        project=project,
        field="kind",
        version=version,
        target=target,
        tau=target,
        basis=StopRule.Basis.TARGET,
        n_checked=0,
        made_at=NOON,
    )


def settle_until_quiet(project):
    while (refit_at := Settling.objects.get(project=project).refit_at) is not None:
        settling.settle(project=project, now=refit_at)


def answered(project, items, worker):
    record(project, [(item.external_id, worker, {"kind": "owl"}) for item in items])
