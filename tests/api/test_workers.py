"""What managers and workers read of workers, after a study of real answers."""

import csv
import io
import random

import pytest
from django.utils import timezone

from marketplace.accounts.models import TenantWorker
from marketplace.flows import deciding, settling, studying
from quality import study
from quality.models import Flag, Settling, Standing, Study
from tasks_app.models import Answer, Project
from tasks_app.staging import Record
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_user, a_worker, bring_answers, some_items

pytestmark = pytest.mark.django_db
LABELS = ["wren", "owl", "other"]
HONEST = [f"honest{n}" for n in range(8)]
N_TASKS = 60


def said(chance, worker, truth, place):
    """What a worker of a kind says; copies say what honest0 said, in its order."""
    if worker == "constant":
        return "wren"
    if worker == "sleeper" and place >= 25:
        return chance.choice(LABELS)
    return truth if chance.random() < 0.85 else chance.choice([x for x in LABELS if x != truth])


@pytest.fixture
def owls(tenant):
    """A crowd of honest workers, one who always says wren, a sleeper, and two who copy."""
    return a_crowd_on(tenant, "owls", ["kind"])


def a_crowd_on(tenant, slug, keys):
    """The crowd's answers, the same in each field of the form."""
    form = [{"key": key, "type": "choice", "labels": LABELS} for key in keys]
    project = a_project(tenant, slug=slug, form=form, max_answers=20)
    items = some_items(project, N_TASKS)
    chance = random.Random(1)
    records = []
    for place, item in enumerate(items):
        truth = chance.choice(LABELS)
        source = truth if chance.random() < 0.6 else chance.choice(LABELS)
        given = {worker: said(chance, worker, truth, place) for worker in HONEST}
        given |= {name: said(chance, name, truth, place) for name in ("constant", "sleeper")}
        given |= {"copy1": source, "copy2": source}
        records += [
            {
                "external_id": item.external_id,
                "worker": worker,
                "answer": dict.fromkeys(keys, label),
            }
            for worker, label in given.items()
        ]
    bring_answers(project, [Record(n, value) for n, value in enumerate(records, start=1)])
    settle(project)
    return project


def settle(project):
    """Settle all and refit as when quiet, then study."""
    Settling.objects.update(refit_at=timezone.now())
    settling.settle_project(project_id=project.pk)
    # It rests after the one before; here nobody waits.
    Study.objects.filter(project=project).update(due_at=timezone.now())
    assert studying.study_project(project_id=project.pk)


def pseudonym(tenant, name):
    return TenantWorker.objects.get(tenant=tenant, worker__username=name).pseudonym


def kinds(name):
    return set(Flag.objects.filter(worker__username=name).values_list("kind", flat=True))


def test_each_kind_of_bad_worker_raises_its_flag_and_honest_ones_none(owls):
    assert "low_information" in kinds("constant")
    assert "drift" in kinds("sleeper")
    assert kinds("copy1") >= {"copying"}
    assert kinds("copy2") >= {"copying"}
    assert not any(kinds(name) for name in HONEST)


def test_flags_hold_evidence_that_a_person_can_check(owls, rosa, tenant):
    flags = {
        (row["worker"], row["kind"]): row["evidence"]
        for row in rosa.get("/projects/owls/flags/?limit=100")["results"]
    }
    drift = flags[pseudonym(tenant, "sleeper"), "drift"]
    assert 20 <= drift["change_at"] <= 32
    assert drift["before"]["accuracy"] > 0.7 > 0.6 > drift["after"]["accuracy"]
    assert len(drift["series"]) == N_TASKS
    copying = flags[pseudonym(tenant, "copy1"), "copying"]
    (pair,) = [one for one in copying["pairs"] if one["discovered"]]
    assert pair["partner"] == pseudonym(tenant, "copy2")
    assert (pair["n_shared"], pair["n_equal"]) == (N_TASKS, N_TASKS)
    assert pair["n_expected"] < 50
    common = [row for row in copying["answers"] if row["common_error"]]
    # The evidence holds the consensus itself, in which both have a part.
    assert 0 < len(common) <= pair["n_common_errors"] + 3
    assert all(row["answer"] == row["partner_answer"] != row["value"] for row in common)
    constant = flags[pseudonym(tenant, "constant"), "low_information"]
    assert constant["gain"] < 0.2
    assert all(row["answer"] == "wren" for row in constant["answers"])


def test_a_study_again_changes_nothing(owls):
    before = (list(Flag.objects.values()), list(Standing.objects.values("worker", "figures")))
    study.mark(project=owls, is_quiet=True, now=timezone.now())
    Study.objects.update(due_at=timezone.now())
    assert studying.study_project(project_id=owls.pk)
    assert (list(Flag.objects.values()), list(Standing.objects.values("worker", "figures"))) == (
        before
    )


def test_a_row_has_every_figure_with_its_interval(owls, rosa, tenant):
    rows = {row["worker"]: row for row in rosa.get("/projects/owls/workers/")["results"]}
    honest = rows[pseudonym(tenant, "honest0")]
    low, high = honest["agreement"]["interval"]
    assert low < honest["agreement"]["value"] < high
    assert honest["agreement"]["value"] > 0.75
    constant = rows[pseudonym(tenant, "constant")]
    assert constant["fields"]["kind"]["worst_label"] in {"owl", "other"}
    labels = {one["label"]: one for one in constant["fields"]["kind"]["labels"]}
    assert labels["wren"]["accuracy"] > 0.8 > 0.3 > labels["owl"]["accuracy"]
    assert {"low_information", "drift", "copying", "too_fast"} == set(constant["scores"])


def test_one_worker_has_series_confusion_and_history(owls, rosa, tenant):
    told = rosa.get(f"/projects/owls/workers/{pseudonym(tenant, 'sleeper')}/").body
    assert sum(run["n"] for run in told["series"]) == N_TASKS
    assert told["series"][0]["accuracy"] > told["series"][-1]["accuracy"]
    confusion = told["confusion"]["kind"]
    for row, ends in zip(confusion["matrix"], confusion["interval"], strict=True):
        assert all(low <= cell <= high for cell, (low, high) in zip(row, ends, strict=True))
    assert len(told["history"]) == N_TASKS
    assert {one["flag"] for one in told["evidence"]} == set(told["flags"])


def test_the_list_comes_as_a_table_too(owls, rosa, tenant):
    told = rosa.get("/projects/owls/workers/", accept="text/csv")
    assert told.headers["Content-Type"].startswith("text/csv")
    rows = {row["name"]: row for row in csv.DictReader(io.StringIO(told.raw.decode()))}
    assert len(rows) == len(HONEST) + 4
    assert rows["constant"]["worker"] == pseudonym(tenant, "constant")
    assert float(rows["honest0"]["agreement_low"]) < float(rows["honest0"]["agreement"])
    assert rows["constant"]["worst_labels"].startswith("kind=")


def test_pairs_of_workers_are_shown_with_what_they_share(owls, rosa, tenant):
    told = rosa.get("/projects/owls/workers/agreement/").body
    one, other = (told["workers"].index(pseudonym(tenant, name)) for name in ("copy1", "copy2"))
    assert told["n_shared"][one][other] == N_TASKS
    assert told["agreement"][one][other] == told["kappa"][one][other] == 1.0
    assert told["kappa"] == [list(column) for column in zip(*told["kappa"], strict=True)]
    assert len(rosa.get("/projects/owls/workers/agreement/?limit=3")["workers"]) == 3
    assert rosa.get("/projects/owls/workers/agreement/?field=colour").status == 422


def test_system_skills_can_be_asked_for(owls, tenant, rosa):
    asked = {
        "all": [
            {"skill": "system.answers", "scope": "tenant", "op": "gte", "value": 50},
            {
                "skill": "system.reliability",
                "scope": "tenant",
                "op": "gte",
                "value": 0.6,
                "bound": "lower",
            },
        ]
    }
    form = [{"key": "kind", "type": "choice", "labels": LABELS}]
    body = {"slug": "more", "name": "More", "form": form, "requirements": asked}
    assert rosa.post("/projects/", body | {"access": "open"}).status == 201
    rosa.post("/projects/more/open/")
    some_items(Project.objects.get(slug="more"), 1)
    newcomer = Caller(a_key(a_worker(tenant)))
    told = newcomer.post("/projects/more/claim/", {"count": 1})
    assert told["reasons"][0]["code"] == "requirement"
    assert "at least 50" in told["reasons"][0]["detail"]
    proven = Answer.objects.filter(worker__username="honest0").first().worker
    proven.recorded = False
    proven.save()
    told = Caller(a_key(proven)).post("/projects/more/claim/", {"count": 1})
    assert told.status == 201


def test_skills_from_consensus_have_their_window_and_workers_read_them(owls, rosa, tenant):
    skill = {"name": "agrees", "source": "consensus", "project": "owls", "window": 20}
    assert rosa.post("/skills/", skill).status == 201
    values = {row["worker"]: row for row in rosa.get("/skills/agrees/values/")["results"]}
    assert {row["n"] for row in values.values()} == {20}
    sleeper = values[pseudonym(tenant, "sleeper")]
    assert sleeper["value"] < 0.6 < values[pseudonym(tenant, "honest0")]["value"]
    worker = Answer.objects.filter(worker__username="sleeper").first().worker
    told = Caller(a_key(worker)).get("/me/skills/").body
    assert [one["skill"] for one in told["skills"]] == ["agrees"]
    assert told["skills"][0]["value"] == sleeper["value"]


def test_a_worker_reads_figures_about_themselves_in_steps_of_twenty_and_no_suspicions(tenant):
    wim = a_worker(tenant)
    project = a_project(tenant, slug="owls", claim_limit=100)
    some_items(project, 25)
    other, caller = Caller(a_key(a_worker(tenant))), Caller(a_key(wim))
    for lease in other.post("/projects/owls/claim/", {"count": 25})["assignments"]:
        other.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})
    leases = caller.post("/projects/owls/claim/", {"count": 25})["assignments"]
    seen = []
    for n, lease in enumerate(leases, start=1):
        caller.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})
        if n in {19, 20, 25}:
            settle(project)
            (told,) = caller.get("/me/skills/")["projects"]
            seen.append(told["agreement"] and told["agreement"]["n"])
    assert seen == [None, 20, 20]
    assert (told["project"], told["n_answers"], told["gold"]) == ("owls", 25, None)
    assert (told["speed"]["n"], told["accuracy"]["n"]) == (20, 20)
    assert [run["n"] for run in told["series"]] == [20]
    assert "scores" not in told


def test_a_study_that_failed_is_due_still(owls, monkeypatch):
    study.mark(project=owls, is_quiet=True, now=timezone.now())
    Study.objects.update(due_at=timezone.now())

    def fails(**_):
        raise RuntimeError("of a sudden")

    with monkeypatch.context() as patched:
        patched.setattr(studying.examining, "refresh", fails)
        with pytest.raises(RuntimeError):
            studying.study_project(project_id=owls.pk)
    row = Study.objects.get()
    assert row.due_at is not None
    assert row.leased_until is None
    Study.objects.update(due_at=timezone.now())
    assert studying.study_project(project_id=owls.pk)
    assert Study.objects.get().due_at is None


def test_a_review_moves_the_share_that_was_accepted(owls, rosa, tenant):
    zoe = pseudonym(tenant, "honest0")
    item = Answer.objects.filter(worker__username="honest0").first().task.item
    reviews = [{"external_id": item.external_id, "worker": zoe, "accepted": False}]
    assert rosa.post("/projects/owls/reviews/", {"reviews": reviews}).status == 200
    Study.objects.update(due_at=timezone.now())
    assert studying.study_project(project_id=owls.pk)
    assert Standing.objects.get(worker__username="honest0").n_accepted == N_TASKS - 1


def test_gold_figures_move_in_steps_of_twenty(tenant):
    wim = a_worker(tenant)
    project = a_project(tenant, slug="owls", gold_rate=1.0, claim_limit=100)
    some_items(project, 45, gold={"kind": "owl"})
    caller = Caller(a_key(wim))
    leases = caller.post("/projects/owls/claim/", {"count": 45})["assignments"]
    seen = []
    for n, lease in enumerate(leases, start=1):
        label = "owl" if n % 2 else "wren"
        caller.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": label}})
        if n in {19, 20, 39, 41}:
            settling.settle_project(project_id=project.pk)
            gold = caller.get("/me/skills/")["projects"][0]["gold"]
            seen.append(gold and (gold["n"], gold["value"]))
    assert seen == [None, (20, 0.5), (20, 0.5), (40, 0.5)]


def test_who_is_restricted_counts_no_more_in_the_study(owls, tenant):
    flag = Flag.objects.filter(worker__username="constant").first()
    deciding.confirm(flag=flag, by=a_user(tenant, "manager"), note="")
    settle(owls)
    standing = Standing.objects.get(worker__username="constant")
    assert (standing.n_answers, standing.n_accepted, standing.figures) == (N_TASKS, 0, {})


def test_fields_that_say_the_same_are_no_more_than_one_answer(owls, tenant):
    five = a_crowd_on(tenant, "five", ["a", "b", "c", "d", "e"])

    def p_values(project, kind):
        rows = Standing.objects.filter(project=project).order_by("worker__username")
        return [row.figures["scores"][kind]["p_value"] for row in rows]

    for kind in ("low_information", "drift"):
        found = zip(p_values(owls, kind), p_values(five, kind), strict=True)
        small = [(alone, together) for alone, together in found if alone < 0.05]
        assert small
        # Taken for five answers it would be near the fifth power.
        assert all(together > alone**2.5 for alone, together in small)
    assert not Flag.objects.filter(project=five, worker__username__in=HONEST).exists()
