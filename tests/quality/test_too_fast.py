"""Speed is noted beside a suspicion, with the answers it shows in, and restricts nobody."""

import random

import pytest
from django.utils import timezone

from marketplace.accounts.models import User
from marketplace.flows import admitting, deciding
from quality import ballots, flags, settling, study
from quality.models import Flag, Settling, Standing, Study
from quality.study.suspicions import EVIDENCE_ANSWERS
from tasks_app.models import Admission, Answer
from tasks_app.staging import Record
from tests.factories import a_project, a_user, bring_answers, some_items

pytestmark = pytest.mark.django_db

LABELS = ["wren", "owl", "other"]
USUAL = [f"usual{n}" for n in range(8)]
N_TASKS = 60
FAST = 8.0


@pytest.fixture
def birds(tenant):
    """Eight usual workers, "clicker", who guesses fast, and "quick", who is as fast and good."""
    project = a_project(tenant, form=[{"key": "kind", "type": "choice", "labels": LABELS}])
    chance = random.Random(5)
    records, seconds = [], {}
    for item in some_items(project, N_TASKS):
        truth, usual_s = chance.choice(LABELS), chance.uniform(10, 600)
        for worker in [*USUAL, "clicker", "quick"]:
            guesses = worker == "clicker" or chance.random() > 0.9
            label = chance.choice(LABELS) if guesses else truth
            value = {"external_id": item.external_id, "worker": worker, "answer": {"kind": label}}
            records.append(Record(len(records) + 1, value))
            took = usual_s * chance.lognormvariate(0, 0.4)
            seconds[item.pk, worker] = took if worker in USUAL else took / FAST
    bring_answers(project, records)
    answers = list(Answer.objects.filter(project=project).select_related("worker", "task"))
    for answer in answers:
        answer.elapsed_s = seconds[answer.task.item_id, answer.worker.username]
    Answer.objects.bulk_update(answers, ["elapsed_s"])
    Settling.objects.update(refit_at=timezone.now())
    settling.settle(project=project, now=timezone.now())
    studied(project)
    return project


def studied(project):
    Study.objects.filter(project=project).update(
        due_at=timezone.now(), rests_until=None, is_quiet=True
    )
    return study.run(project=project, clock=timezone.now, follow=lambda _: None)


def kinds(name):
    return set(Flag.objects.filter(worker__username=name).values_list("kind", flat=True))


def score_of(name):
    return Standing.objects.get(worker__username=name).figures["scores"]["too_fast"]


def test_who_guesses_fast_is_flagged_for_both_and_who_is_just_quick_for_nothing(birds):
    assert kinds("clicker") >= {Flag.Kind.LOW_INFORMATION, Flag.Kind.TOO_FAST}
    assert kinds("quick") == set()
    assert score_of("clicker")["flagged"]
    assert score_of("quick")["flagged"]
    assert not any(score_of(name)["flagged"] for name in USUAL)


def test_the_evidence_has_the_fast_answers_and_what_is_fast_for_each_task(birds):
    flag = Flag.objects.get(kind=Flag.Kind.TOO_FAST)
    told = flag.evidence["answers"]
    assert 0 < len(told) <= EVIDENCE_ANSWERS
    ratios = [row["elapsed_s"] / row["fast_below_s"] for row in told]
    assert ratios == sorted(ratios)
    assert ratios[-1] < 1
    own = Answer.objects.filter(worker=flag.worker, task__item__external_id=told[0]["external_id"])
    assert own.get().elapsed_s == pytest.approx(told[0]["elapsed_s"], abs=0.001)
    assert flag.evidence["share_fast"] > 0.8
    assert flag.evidence["n"] == N_TASKS


def test_a_confirmed_flag_for_speed_restricts_nobody_and_one_beside_it_does(birds, tenant):
    manager = a_user(tenant, User.Role.MANAGER)
    by_kind = {flag.kind: flag for flag in Flag.objects.filter(worker__username="clicker")}
    worker_id = by_kind[Flag.Kind.TOO_FAST].worker_id
    asked = Settling.objects.get(project=birds).refit_at

    deciding.confirm(flag=by_kind[Flag.Kind.TOO_FAST], by=manager, note="seen")

    assert ballots.restricted(birds) == []
    assert Settling.objects.get(project=birds).refit_at == asked
    assert not _is_restricted(birds, worker_id)

    deciding.confirm(flag=by_kind[Flag.Kind.LOW_INFORMATION], by=manager, note="seen")

    assert ballots.restricted(birds) == [worker_id]
    assert Settling.objects.get(project=birds).refit_at != asked
    assert _is_restricted(birds, worker_id)


def _is_restricted(project, worker_id):
    admitting.meet(project=project, worker_ids=[worker_id], now=timezone.now())
    return project.admissions.get(worker_id=worker_id).reason_code == Admission.Reason.RESTRICTED


def test_once_the_other_suspicion_is_dismissed_speed_is_not_flagged_anew(birds, tenant):
    manager = a_user(tenant, User.Role.MANAGER)
    Flag.objects.filter(kind=Flag.Kind.TOO_FAST).delete()
    for flag in Flag.objects.filter(worker__username="clicker"):
        deciding.dismiss(flag=flag, by=manager, note="a misunderstanding")

    assert studied(birds).flags == []

    (other,) = Flag.objects.filter(kind=Flag.Kind.LOW_INFORMATION)
    alone = flags.Suspicion(other.worker_id, Flag.Kind.TOO_FAST, ("too_fast", "1"), 60, "fast", {})
    beside = flags.Suspicion(other.worker_id, Flag.Kind.DRIFT, ("drift", "1"), 60, "drifts", {})
    now = timezone.now()
    assert flags.raise_each(project=birds, suspicions=[alone], now=now) == []
    raised = flags.raise_each(project=birds, suspicions=[alone, beside], now=now)
    assert {flag.kind for flag in raised} == {Flag.Kind.TOO_FAST, Flag.Kind.DRIFT}
