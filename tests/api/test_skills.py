"""Skills, attributes, lists and reviews over the doors, and what projects ask of them."""

import pytest

from marketplace.accounts import people
from marketplace.accounts.keys import make_key
from marketplace.accounts.models import TenantWorker
from marketplace.flows import knowing, settling
from quality.models import SkillValue
from tasks_app.models import Admission, Project
from tasks_app.staging import Record
from tests.api.caller import Caller
from tests.factories import (
    NOON,
    a_key,
    a_project,
    a_tenant,
    a_user,
    a_worker,
    bring_answers,
    later,
    some_items,
)

pytestmark = pytest.mark.django_db
FORM = [{"key": "kind", "type": "choice", "labels": ["wren", "owl"], "required": True}]


def claim(caller, slug="owls"):
    return caller.post(f"/projects/{slug}/claim/", {"count": 1})


def details(reply):
    return [reason["detail"] for reason in reply["reasons"]]


def pseudonym(tenant, worker):
    return TenantWorker.objects.get(tenant=tenant, worker=worker).pseudonym


@pytest.fixture
def worker(tenant):
    return a_worker(tenant)


@pytest.fixture
def wim(worker):
    return Caller(a_key(worker))


@pytest.fixture
def name(tenant, worker):
    return pseudonym(tenant, worker)


def open_up(rosa, requirements, access="invited", slug="owls"):
    body = {"slug": slug, "name": "Owls", "form": FORM, "access": access}
    made = rosa.post("/projects/", body | {"requirements": requirements})
    assert made.status == 201, made.body
    rosa.post(f"/projects/{slug}/open/")
    project = Project.objects.get(slug=slug)
    some_items(project, 5)
    return project


def test_a_skill_set_by_hand_admits_at_once_and_its_end_refuses(rosa, wim, name):
    assert rosa.post("/skills/", {"name": "birds", "source": "by_hand"}).status == 201
    open_up(rosa, {"skill": "birds", "op": "gte", "value": 80})

    told = claim(wim)
    assert details(told) == [
        "skill 'birds' (value) at least 80 is asked for, and you have no value yet; "
        "the tenant gives it"
    ]
    rosa.post("/skills/birds/values/", {"values": [{"worker": name, "value": 90}]})
    assert claim(wim).status == 201
    SkillValue.objects.update(expires_at=later(0))
    assert knowing.expire_skills() == 1
    assert claim(wim).status == 200


@pytest.mark.parametrize(
    ("requirement", "pointer"),
    [
        ({"skill": "nothing", "op": "gte", "value": 1}, "/requirements/skill"),
        ({"skill": "system.magic", "op": "gte", "value": 1}, "/requirements/skill"),
        ({"all": []}, "/requirements/all"),
        ({"all": [{"not": {"list": ""}}]}, "/requirements/all/0/not/list"),
        ({"attribute": "a", "op": "in", "value": "CH"}, "/requirements/value"),
        ({"attribute": "a", "op": "gte", "value": "CH"}, "/requirements/value"),
        ({"attribute": "a", "op": "about", "value": 1}, "/requirements/op"),
        ({"attribute": "a", "op": "exists", "value": 1}, "/requirements/value"),
        ({"list": "a", "any": [{"list": "b"}]}, "/requirements"),
        ({"list": "a", "scope": "project"}, "/requirements/scope"),
    ],
)
def test_a_requirement_that_means_nothing_is_refused_where_it_stands(rosa, requirement, pointer):
    body = {"slug": "owls", "name": "Owls", "form": FORM, "requirements": requirement}
    told = rosa.post("/projects/", body)

    assert told.status == 422
    assert told["errors"][0]["pointer"] == pointer


def test_attributes_and_lists_admit_and_refuse_at_once(rosa, wim, name):
    open_up(
        rosa,
        {
            "all": [
                {"attribute": "country", "op": "in", "value": ["CH", "AT"]},
                {"not": {"list": "blocked"}},
            ]
        },
    )
    assert "attribute 'country' one of CH, AT is asked for" in details(claim(wim))[0]
    rosa.patch(f"/workers/{name}/", {"attributes": {"country": "CH", "age": 30}})
    assert claim(wim).status == 201
    rosa.post("/lists/blocked/add/", {"workers": [name]})
    assert details(claim(wim)) == ["it must not be that you are on the list 'blocked'"]
    assert [row["worker"] for row in rosa.get("/lists/blocked/")["results"]] == [name]
    rosa.post("/lists/blocked/remove/", {"workers": [name]})
    assert claim(wim).status == 201
    told = rosa.patch(f"/workers/{name}/", {"attributes": {"country": None}})
    assert told["attributes"] == {"age": 30}
    assert claim(wim).status == 200


def test_either_of_two_grounds_will_do(rosa, wim, name):
    open_up(rosa, {"any": [{"list": "experts"}, {"attribute": "degree", "op": "exists"}]})
    assert details(claim(wim))[0].startswith("either ")
    rosa.patch(f"/workers/{name}/", {"attributes": {"degree": "MSc"}})
    assert claim(wim).status == 201


def test_a_project_open_to_all_admits_strangers_who_meet_its_grounds_only(rosa, tenant):
    stranger = Caller(a_key_without_tenant(a_worker(a_tenant("elsewhere"))))
    project = open_up(rosa, {"attribute": "country", "op": "exists"}, access="open")
    assert rosa.get("/projects/owls/")["access"] == "open"

    assert stranger.get("/work/")["results"][0]["reasons"][0]["code"] == "requirement"
    assert claim(stranger).status == 200
    row = Admission.objects.get(project=project, may_claim=False)
    met = pseudonym_made(tenant, row.worker)
    rosa.patch(f"/workers/{met}/", {"attributes": {"country": "CH"}})
    assert claim(stranger).status == 201
    rosa.patch("/projects/owls/", {"requirements": None})
    assert Project.objects.get(slug="owls").access == "open"


def a_key_without_tenant(user):
    return make_key(user=user, tenant=None, now=NOON, scopes=None)[1]


def pseudonym_made(tenant, worker):
    return people.known(tenant=tenant, worker_ids=[worker.pk], now=NOON)[worker.pk]


def test_a_skill_that_is_asked_for_stays(rosa):
    rosa.post("/skills/", {"name": "birds", "source": "by_hand"})
    open_up(rosa, {"skill": "birds", "op": "exists"})

    assert rosa.delete("/skills/birds/")["code"] == "skill_asked"
    rosa.patch("/projects/owls/", {"requirements": None})
    assert rosa.delete("/skills/birds/").status == 204


def test_skills_of_the_deployment_serve_every_tenant(olga, rosa):
    assert olga.post("/skills/", {"name": "english", "source": "consensus"})["scope"] == (
        "deployment"
    )
    assert [row["name"] for row in rosa.get("/skills/")["results"]] == ["english"]
    assert rosa.delete("/skills/english/").status == 404
    assert rosa.post("/skills/english/values/", {"values": []}).status == 422


def test_values_are_set_for_all_or_for_nobody(rosa, name):
    rosa.post("/skills/", {"name": "birds", "source": "by_hand"})
    rows = [{"worker": name, "value": 1}, {"worker": "w_00", "value": 1}]
    told = rosa.post("/skills/birds/values/", {"values": rows})

    assert (told.status, told["errors"][0]["pointer"]) == (422, "/values/1")
    assert not SkillValue.objects.exists()


def test_reviews_make_a_skill_and_the_last_word_counts(rosa, tenant):
    project = a_project(tenant, slug="owls")
    items = some_items(project, 4)
    bring_answers(
        project,
        [
            Record(n, {"external_id": item.external_id, "worker": "zoe", "answer": {"kind": "owl"}})
            for n, item in enumerate(items, start=1)
        ],
    )
    zoe = TenantWorker.objects.get(tenant=tenant, worker__username="zoe").pseudonym
    rosa.post("/skills/", {"name": "reviewed", "source": "review", "window": 3})
    reviews = [
        {"external_id": item.external_id, "worker": zoe, "accepted": n > 1}
        for n, item in enumerate(items)
    ]
    assert rosa.post("/projects/owls/reviews/", {"reviews": reviews})["n"] == 4
    (value,) = rosa.get("/skills/reviewed/values/")["results"]
    assert (value["worker"], value["n"], value["value"]) == (zoe, 3, 0.6667)
    rosa.post("/projects/owls/reviews/", {"reviews": [reviews[1] | {"accepted": True}]})
    (value,) = rosa.get("/skills/reviewed/values/")["results"]
    assert value["value"] == 1.0
    strange = {"external_id": "nothing", "worker": zoe, "accepted": True}
    told = rosa.post("/projects/owls/reviews/", {"reviews": [strange]})
    assert (told.status, told["errors"][0]["code"]) == (422, "unknown_answer")


def test_a_manager_of_another_tenant_finds_no_worker(name):
    other = Caller(a_key(a_user(a_tenant("other"), "manager")))
    assert other.get(f"/workers/{name}/").status == 404


def test_a_value_goes_with_the_gold_it_stood_on(rosa, tenant):
    project = a_project(tenant, slug="owls")
    (item,) = some_items(project, 1, gold={"kind": "owl"})
    record = {"external_id": item.external_id, "worker": "zoe", "answer": {"kind": "wren"}}
    bring_answers(project, [Record(1, record)])
    rosa.post("/skills/", {"name": "gold", "source": "gold"})
    settling.settle_project(project_id=project.pk)
    assert [row["value"] for row in rosa.get("/skills/gold/values/")["results"]] == [0.0]
    rosa.post(f"/projects/owls/gold/{item.external_id}/retire/", {"reason": "wrong"})
    settling.settle_project(project_id=project.pk)
    assert rosa.get("/skills/gold/values/")["results"] == []


def test_the_operator_sets_skills_of_the_deployment_by_the_ids_of_workers(olga, rosa, worker):
    olga.post("/skills/", {"name": "english", "source": "by_hand"})
    rows = [{"worker": str(worker.uid), "value": 4}]
    assert olga.post("/skills/english/values/", {"values": rows})["n"] == 1
    assert [row["value"] for row in rosa.get("/skills/english/values/")["results"]] == [4.0]
    told = olga.post("/skills/english/values/", {"values": [{"worker": "nobody", "value": 4}]})
    assert (told.status, told["errors"][0]["code"]) == (422, "unknown_worker")


def test_reasons_do_not_tell_what_an_answer_to_gold_was_worth(rosa, wim, tenant):
    rosa.post("/skills/", {"name": "gold", "source": "gold"})
    open_up(rosa, {"skill": "gold", "op": "gte", "value": 0.9})
    school = a_project(tenant, slug="school", gold_rate=1.0)
    some_items(school, 1, gold={"kind": "owl"})
    (lease,) = claim(wim, "school")["assignments"]
    wim.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "wren"}})
    settling.settle_project(project_id=school.pk)
    assert SkillValue.objects.get().value == 0.0
    (told,) = details(claim(wim))
    assert "yours falls short of it" in told
    assert "0.0" not in told
