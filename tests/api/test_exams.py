"""Entrance exams, trainings and guidelines over the doors: the same claim, the same answer."""

from datetime import timedelta

import pytest
from django.utils import timezone

from marketplace.flows import settling
from quality.models import Promotion, Sitting
from tasks_app.models import Answer, Assignment, Project, Task
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_worker, some_items

pytestmark = pytest.mark.django_db
FORM = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"], "required": True}]
EXAM = {"n": 4, "pass_mark": 0.3}


def claim(caller, slug, count=1):
    return caller.post(f"/projects/{slug}/claim/", {"count": count})


def answer(caller, lease, label="owl"):
    return caller.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": label}})


def codes(reply):
    return [reason["code"] for reason in reply["reasons"]]


def a_caller(tenant):
    return Caller(a_key(a_worker(tenant)))


def take_all(caller, slug, labels):
    """Claim and answer one by one; the replies."""
    replies = []
    for label in labels:
        (lease,) = claim(caller, slug)["assignments"]
        replies.append(answer(caller, lease, label))
    return replies


@pytest.fixture
def exam(rosa):
    """An open project whose entrance exam has four tasks, and work behind it."""
    body = {
        "slug": "owls",
        "name": "Owls",
        "form": FORM,
        "exam": EXAM | {"retry_days": 1},
        "reward": {"amount": "0.0500", "currency": "USD"},
    }
    assert rosa.post("/projects/", body).status == 201
    rosa.post("/projects/owls/open/")
    project = Project.objects.get(slug="owls")
    some_items(project, 3)
    some_items(project, 9, gold={"kind": "owl"})
    return project


@pytest.fixture
def wim(tenant):
    return a_caller(tenant)


def test_an_exam_comes_first_and_who_passes_goes_on_to_the_work(exam, wim, rosa):
    told = claim(wim, "owls", count=10)

    assert len(told["assignments"]) == 4
    assert {float(lease["reward"]["amount"]) for lease in told["assignments"]} == {0.0}
    waiting = claim(wim, "owls")
    assert (waiting.status, codes(waiting)) == (200, ["requirement"])
    for lease in told["assignments"]:
        assert answer(wim, lease).status == 201
    work = claim(wim, "owls", count=10)
    assert {float(lease["reward"]["amount"]) for lease in work["assignments"]} == {0.05}
    assert len(work["assignments"]) == 3
    sitting = Sitting.objects.get()
    assert (sitting.n, sitting.score, sitting.passed) == (4, 4.0, True)


def test_who_fails_is_told_what_was_missing_and_when_to_try_again(exam, wim):
    take_all(wim, "owls", ["owl", "wren", "wren", "wren"])

    told = claim(wim, "owls")
    assert (told.status, codes(told)) == (200, ["requirement"])
    assert "1 of 4 right" in told["reasons"][0]["detail"]
    assert "try again from" in told["reasons"][0]["detail"]
    (work,) = wim.get("/work/")["results"]
    assert codes(work) == ["requirement"]


def test_the_pass_mark_is_held_against_the_lower_end_of_what_the_score_may_be(exam, wim):
    take_all(wim, "owls", ["owl", "owl", "owl", "wren"])

    assert codes(claim(wim, "owls")) == ["requirement"]
    assert Sitting.objects.get().score / 4 > EXAM["pass_mark"] > Sitting.objects.get().low


def test_a_second_try_has_other_tasks_and_counts_by_itself(exam, wim):
    first = claim(wim, "owls", count=4)["assignments"]
    for lease in first:
        answer(wim, lease, "wren")
    assert codes(claim(wim, "owls")) == ["requirement"]
    Sitting.objects.update(decided_at=timezone.now() - timedelta(days=2))
    for one in first:
        backdated(one, days=3)

    second = claim(wim, "owls", count=10)["assignments"]
    assert len(second) == 4
    assert not {lease["task"] for lease in first} & {lease["task"] for lease in second}
    for lease in second:
        answer(wim, lease)
    assert len(claim(wim, "owls", count=10)["assignments"]) == 3
    assert [sitting.passed for sitting in Sitting.objects.order_by("number")] == [False, True]


def backdated(lease, days):
    before = timezone.now() - timedelta(days=days)
    Assignment.objects.filter(uid=lease["id"]).update(leased_at=before)


def test_an_exam_task_that_was_skipped_was_not_right(exam, wim):
    first, *others = claim(wim, "owls", count=4)["assignments"]
    wim.post(f"/assignments/{first['id']}/skip/", {})
    for lease in others:
        answer(wim, lease)
    claim(wim, "owls")

    assert (Sitting.objects.get().n, Sitting.objects.get().score) == (4, 3.0)


def test_an_exam_that_nobody_could_pass_is_refused_with_what_would_do(rosa):
    body = {"slug": "owls", "name": "Owls", "form": FORM, "exam": {"n": 3, "pass_mark": 0.9}}
    told = rosa.post("/projects/", body)

    assert told.status == 422
    assert told["errors"][0]["pointer"] == "/exam/pass_mark"
    assert told["errors"][0]["code"] == "out_of_reach"


def test_a_training_tells_of_each_answer_and_sets_the_skill_that_work_asks_for(rosa, wim):
    training = {"slug": "school", "name": "School", "form": FORM, "training": EXAM}
    assert rosa.post("/projects/", training).status == 201
    items = [
        {"external_id": f"g{n}", "payload": {}, "gold": {"kind": "owl"}, "hint": "Look again."}
        for n in range(4)
    ]
    assert rosa.post("/projects/school/items/", items).status == 201
    refused = rosa.post("/projects/school/items/", [{"external_id": "x", "payload": {}}])
    assert refused["errors"][0]["code"] == "gold_missing"
    rosa.post("/projects/school/open/")
    skill = {"name": "schooled", "source": "training", "project": "school"}
    assert rosa.post("/skills/", skill).status == 201
    asked = {"skill": "schooled", "op": "gte", "value": 0.4, "bound": "lower"}
    work = {"slug": "work", "name": "Work", "form": FORM, "requirements": asked}
    assert rosa.post("/projects/", work).status == 201
    rosa.post("/projects/work/open/")
    some_items(Project.objects.get(slug="work"), 1)
    told = claim(wim, "work")
    assert codes(told) == ["requirement"]
    assert "take the training 'school'" in told["reasons"][0]["detail"]

    replies = take_all(wim, "school", ["wren", "owl", "owl", "owl"])
    assert replies[0]["feedback"]["hint"] == "Look again."
    assert replies[0]["feedback"]["fields"]["kind"]["accepted"] == ["owl"]
    settle("school")
    assert Sitting.objects.get().passed is False
    told = claim(wim, "work")
    assert "yours is 0.28 over 4 answers" in told["reasons"][0]["detail"]


def settle(slug):
    settling.settle_project(project_id=Project.objects.get(slug=slug).pk)


def test_guidelines_that_change_answers_are_confirmed_before_anybody_goes_on(tenant, rosa, wim):
    some_items(a_project(tenant, slug="owls"), 2)
    assert len(claim(wim, "owls")["assignments"]) == 1
    changed = {"guidelines": "An owl hoots.", "guidelines_change_answers": True}
    assert rosa.patch("/projects/owls/", changed).status == 200

    assert codes(claim(wim, "owls")) == ["guidelines_unconfirmed"]
    unknown = wim.post("/projects/owls/guidelines/confirm/", {"version": 9})
    assert (unknown.status, unknown["errors"][0]["code"]) == (422, "unknown_version")
    old = wim.post("/projects/owls/guidelines/confirm/", {"version": 1})
    assert codes(old) == ["guidelines_unconfirmed"]
    told = wim.post("/projects/owls/guidelines/confirm/", {"version": 2})
    assert (told.status, told["reasons"]) == (200, [])
    assert len(claim(wim, "owls")["assignments"]) == 1


def test_guidelines_that_only_read_better_ask_for_nothing(tenant, rosa, wim):
    some_items(a_project(tenant, slug="owls"), 1)
    rosa.patch("/projects/owls/", {"guidelines": "Look well!"})

    assert len(claim(wim, "owls")["assignments"]) == 1


def test_an_exam_task_given_back_is_paid_if_it_comes_again_as_work(exam, wim):
    first, *_ = claim(wim, "owls", count=4)["assignments"]
    wim.post(f"/assignments/{first['id']}/release/", {})

    assert Assignment.objects.get(uid=first["id"]).is_paid
    exam_again = claim(wim, "owls", count=4)["assignments"]
    assert {float(lease["reward"]["amount"]) for lease in exam_again} == {0.0}


def test_an_exam_is_found_from_the_door_to_all_projects(exam, wim):
    told = wim.post("/claim/", {"count": 2})
    assert (told.status, len(told["assignments"])) == (201, 2)


def test_gold_found_wrong_since_opens_a_failed_exam_again(exam, wim, rosa):
    leases = claim(wim, "owls", count=4)["assignments"]
    for lease, label in zip(leases, ["owl", "owl", "owl", "wren"], strict=True):
        answer(wim, lease, label)
    assert codes(claim(wim, "owls")) == ["requirement"]
    task = Assignment.objects.get(uid=leases[3]["id"]).task
    path = f"/projects/owls/gold/{task.item.external_id}/retire/"
    assert rosa.post(path, {"reason": "it is no owl"}).status == 200
    settle("owls")

    assert not Sitting.objects.exists()
    (more,) = claim(wim, "owls", count=4)["assignments"]
    answer(wim, more)
    assert len(claim(wim, "owls", count=10)["assignments"]) == 3


@pytest.fixture
def school(rosa):
    """A training of four tasks."""
    body = {"slug": "school", "name": "School", "form": FORM, "training": EXAM}
    assert rosa.post("/projects/", body).status == 201
    rosa.post("/projects/school/open/")
    project = Project.objects.get(slug="school")
    some_items(project, 4, gold={"kind": "owl"})
    return project


def test_a_training_whose_last_task_was_skipped_is_decided_at_the_next_claim(school, wim):
    *others, last = claim(wim, "school", count=4)["assignments"]
    for lease in others:
        answer(wim, lease)
    wim.post(f"/assignments/{last['id']}/skip/", {})

    assert codes(claim(wim, "school")) == ["requirement"]
    assert (Sitting.objects.get().n, Sitting.objects.get().score) == (4, 3.0)


@pytest.mark.parametrize("change", [{"gold_rate": 0}, {"gold_feedback": False}])
def test_a_training_stays_one(school, rosa, change):
    told = rosa.patch("/projects/school/", change)
    assert (told.status, told["errors"][0]["code"]) == (422, "training")


def test_a_settler_that_died_after_it_scored_leaves_nothing_undecided(school, wim, monkeypatch):
    take_all(wim, "school", ["owl", "owl", "owl", "owl"])
    with monkeypatch.context() as patched:
        patched.setattr(settling.examining, "after_gold", lambda **_: 1 / 0)
        with pytest.raises(ZeroDivisionError):
            settle("school")
    assert not Sitting.objects.exists()
    settle("school")
    assert Sitting.objects.get().score == 4.0


def test_consensus_that_became_gold_is_no_part_of_an_exam(tenant, rosa, wim):
    project = a_project(tenant, slug="owls")
    some_items(project, 5)
    leases = claim(wim, "owls", count=5)["assignments"]
    for lease in leases:
        answer(wim, lease)
    last = Answer.objects.latest("pk").pk
    tasks = Task.objects.filter(project=project)
    Promotion.objects.bulk_create(
        Promotion(task=task, last_answer=last, seq=0, at=timezone.now()) for task in tasks
    )
    tasks.update(is_gold=True, slots=None, open_slots=None, answers_due=None, is_open=True)
    some_items(project, 6, gold={"kind": "owl"})
    assert rosa.patch("/projects/owls/", {"exam": EXAM}).status == 200

    assert len(claim(wim, "owls", count=10)["assignments"]) == 4
