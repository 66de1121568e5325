"""What workers read of themselves tells of no answer by itself."""

import pytest

from marketplace.flows import knowing, settling
from tasks_app.models import Task
from tests.api.caller import Caller
from tests.factories import a_key, a_project, a_worker, some_items

pytestmark = pytest.mark.django_db


def test_figures_from_gold_move_with_every_twentieth_answer_whatever_it_was_to(tenant):
    wim, project = a_worker(tenant), a_project(tenant, slug="owls", gold_rate=0.9, claim_limit=100)
    some_items(project, 20, gold={"kind": "owl"})
    some_items(project, 40)
    knowing.make_skill(
        tenant=tenant, project=project, name="birds", source="gold", window=None, ttl_days=None
    )
    caller = Caller(a_key(wim))
    golden, other = _claimed(caller)
    seen = []

    for n, lease in enumerate([*other[:5], *golden, *other[5:20]], start=1):
        caller.post(f"/assignments/{lease['id']}/submit/", {"answer": {"kind": "owl"}})
        if n in {25, 39, 40}:
            settling.settle_project(project_id=project.pk)
            told = caller.get("/me/skills/").body
            gold = told["projects"][0]["gold"]
            seen.append((gold and gold["n"], [skill["n"] for skill in told["skills"]]))

    # The twentieth answer to gold was the 25th of all.
    assert seen == [(None, []), (None, []), (20, [20])]


def _claimed(caller):
    """Leases on gold, and on other work."""
    gold = {str(uid) for uid in Task.objects.filter(is_gold=True).values_list("uid", flat=True)}
    leases = caller.post("/projects/owls/claim/", {"count": 100})["assignments"]
    return (
        [lease for lease in leases if lease["task"] in gold],
        [lease for lease in leases if lease["task"] not in gold],
    )
