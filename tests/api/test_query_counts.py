"""Hot doors ask the database a fixed number of times, however much there is."""

import pytest
from django.db import connection
from django.test.utils import CaptureQueriesContext

from marketplace.accounts import keyring
from tests.factories import a_project, some_items

pytestmark = pytest.mark.django_db

# To give back is a transaction of its own, which notes that the task may be settled again.
CLAIM, CLAIM_ANYWHERE, NOTHING_ANYWHERE = 1, 2, 5
SUBMIT, GIVE_BACK, EXTEND = 1, 8, 4
WORK, MINE = 7, 2


@pytest.fixture(autouse=True)
def _a_known_key(wim, monkeypatch):
    """Who calls is known for a while, and not asked for again."""
    monkeypatch.setattr(keyring, "FRESH_S", 1e9)
    assert wim.get("/me/").status == 200


@pytest.fixture
def projects(tenant):
    """Five projects, each with some items."""
    made = [a_project(tenant) for _ in range(5)]
    for project in made:
        some_items(project, 8)
    return made


def queries_of(deed):
    with CaptureQueriesContext(connection) as queries:
        reply = deed()
    assert reply.status < 300, reply.body
    return len(queries)


@pytest.mark.parametrize("count", [1, 8])
def test_a_claim(wim, projects, count):
    path = f"/projects/{projects[0].slug}/claim/"

    assert queries_of(lambda: wim.post(path, {"count": count})) == CLAIM


@pytest.mark.parametrize("count", [1, 40])
def test_a_claim_anywhere(wim, projects, count):
    assert queries_of(lambda: wim.post("/claim/", {"count": count})) == CLAIM_ANYWHERE


@pytest.mark.parametrize("n_projects", [1, 5])
def test_a_claim_anywhere_where_nothing_is(wim, tenant, n_projects):
    for _ in range(n_projects):
        a_project(tenant)

    assert queries_of(lambda: wim.post("/claim/", {})) == NOTHING_ANYWHERE


@pytest.mark.parametrize(
    ("deed", "body", "wanted"),
    [
        ("submit", {"answer": {"kind": "owl"}}, SUBMIT),
        ("release", None, GIVE_BACK),
        ("skip", {}, GIVE_BACK),
        ("extend", None, EXTEND),
    ],
)
def test_a_deed_on_one_lease_of_many(wim, projects, deed, body, wanted):
    (lease, *_) = wim.post("/claim/", {"count": 40})["assignments"]

    assert queries_of(lambda: wim.post(f"/assignments/{lease['id']}/{deed}/", body)) == wanted


@pytest.mark.parametrize("n_projects", [1, 5])
def test_the_list_of_open_work(wim, tenant, n_projects):
    for _ in range(n_projects):
        some_items(a_project(tenant), 2)

    assert queries_of(lambda: wim.get("/work/")) == WORK


@pytest.mark.parametrize("count", [1, 40])
def test_the_list_of_my_assignments(wim, projects, count):
    wim.post("/claim/", {"count": count})

    assert queries_of(lambda: wim.get("/me/assignments/?state=leased")) == MINE
