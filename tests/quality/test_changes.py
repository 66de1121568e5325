"""The rows of the feed are JSON that the database writes; whatever stands in them, it is valid."""

import pytest
from django.db import connection

from quality import feed, settling
from quality.models import Change, Revision
from tasks_app.staging import Record
from tests.factories import NOON, a_project, bring_answers, bring_items

pytestmark = pytest.mark.django_db

STRANGE = 'a "quoted" \\ back\u2028slash \U0001f989'


def test_a_row_is_valid_json_whatever_its_texts_hold(tenant):
    said = {"key": "said", "type": "text", "prompt": "?"}
    project = a_project(tenant, form=[said], min_answers=1)
    bring_items(project, [Record(1, {"external_id": STRANGE, "payload": {}})])
    answer = {"external_id": STRANGE, "worker": "w", "answer": {"said": STRANGE}}
    bring_answers(project, [Record(1, answer)])
    settling.settle(project=project, now=NOON)

    (row,) = feed.changes(project, after=0, limit=10)

    assert (row["external_id"], row["value"], row["field"]) == (
        STRANGE,
        STRANGE.replace("\u2028", " "),
        "said",
    )


def test_a_row_has_every_column_of_its_revision(tenant):
    project = a_project(tenant)
    bring_items(project, [Record(1, {"external_id": "a1", "payload": {}})])
    answer = {"external_id": "a1", "worker": "w", "answer": {"kind": "owl"}}
    bring_answers(project, [Record(1, answer)])
    settling.settle(project=project, now=NOON)
    revision = Revision.objects.get()

    (row,) = feed.changes(project, after=0, limit=10)

    assert row["distribution"] == revision.distribution
    assert row["aggregator"]["parameters"] == revision.aggregator_parameters
    for name in ("seq", "state", "value", "confidence", "stop_posterior", "n_answers", "cause"):
        assert row[name] == getattr(revision, name), name
    assert (row["share"], row["resolved_at"], row["interval"]) == (None, None, None)
    assert row["human_annotated"] is True


def test_a_block_of_the_feed_is_read_along_its_index(tenant):
    project = a_project(tenant)
    rows = Change.objects.filter(project=project, seq__gt=5).order_by("seq")[:10]
    with connection.cursor() as cursor:
        cursor.execute("SET LOCAL enable_seqscan = off")
        plan = rows.explain()

    assert "seq_once_per_project" in plan
    assert "Sort" not in plan
