"""What a migrate does to rows and to the code that lies in the database."""

import re
from concurrent.futures import ThreadPoolExecutor
from dataclasses import replace

import pytest
from django.core.management import call_command
from django.db import ProgrammingError, connection
from django.utils import timezone

import tasks_app.sql as workshop
from marketplace import database_code
from marketplace.webhooks.models import Attempt, Delivery, Endpoint
from quality import settling
from quality.models import Revision
from tasks_app import claims, progress
from tasks_app.models import Answer, Assignment, Item, Task
from tests.factories import NOON, a_project, a_worker, later, some_items
from tests.quality.crowds import a_crowd

pytestmark = pytest.mark.django_db(transaction=True)

# Where the tables stood before claims began at bookmarks.
BEFORE = {
    "tasks_app": "0002",
    "quality": "0003",
    "webhooks": "0001",
    "accounts": "0001",
    "replies": "zero",
}
KEPT = (Item, Task, Assignment, Answer, Revision, Delivery, Attempt)
OURS = r"""
SELECT proname FROM pg_proc WHERE proname LIKE 'concord\_%'
 UNION SELECT relname FROM pg_class WHERE relname LIKE 'concord\_%'
 UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
"""
# Columns, indexes and constraints, without the names that a table made anew may change.
SCHEMA = """
SELECT attrelid::regclass::text, attname, format_type(atttypid, atttypmod) || ' ' || attnotnull
  FROM pg_attribute JOIN pg_class ON pg_class.oid = attrelid
 WHERE relkind IN ('r', 'p', 'v') AND attnum > 0 AND NOT attisdropped
   AND relnamespace = 'public'::regnamespace
 UNION ALL
SELECT tablename, '', regexp_replace(indexdef, 'INDEX \\w+', '') FROM pg_indexes
 WHERE schemaname = 'public'
 UNION ALL
SELECT conrelid::regclass::text, contype::text, pg_get_constraintdef(oid) FROM pg_constraint
 WHERE connamespace = 'public'::regnamespace
 ORDER BY 1, 2, 3
"""
ONE_MORE_ITEM = """
INSERT INTO tasks_app_item (project_id, batch_id, external_id, payload, digest, hint, priority,
                            created_at, withdrawn_because)
SELECT project_id, batch_id, 'of-old', payload, digest, hint, priority, created_at, ''
  FROM tasks_app_item LIMIT 1
"""


@pytest.fixture
def _newest_after():
    yield
    call_command("migrate", verbosity=0)


def rows(query):
    with connection.cursor() as cursor:
        cursor.execute(query)
        return cursor.fetchall()


def execute(sql):
    with connection.cursor() as cursor:
        cursor.execute(sql)


def kept_rows():
    """The ids of what must stay; the columns of another time may be others."""
    return {
        model: list(model.objects.order_by("pk").values_list("pk", flat=True)) for model in KEPT
    }


def schema():
    """What the tables are made of, but for the parts that months have made."""
    return [row for row in rows(SCHEMA) if not re.search(r"_\d{4}_\d{2}$", row[0])]


def migrate_to(where):
    for app, name in where.items():
        call_command("migrate", app, name, verbosity=0)


def some_history(tenant):
    """A project with answers, consensus and deliveries of two months, both told."""
    project = a_project(tenant)
    a_crowd(project, some_items(project, 4))
    settling.settle(project=project, now=NOON)
    endpoint = Endpoint.objects.create(
        tenant=tenant, url="https://example.com/", events=["ping"], secret="s", created_at=NOON
    )
    for at in (NOON, later(40 * 24 * 3600)):
        delivery = Delivery.objects.create(
            endpoint=endpoint, type="ping", body="{}", due_at=at, created_at=at
        )
        Attempt.objects.create(delivery=delivery, at=at, took_ms=1)
    return project


@pytest.mark.usefixtures("_newest_after")
def test_what_happened_one_step_back_is_counted_on_the_way_here(tenant):
    """The tables of tallies and bookmarks stand there, and nothing keeps them true."""
    project = some_history(tenant)
    counted = progress.counts([project.pk])[project.pk]

    migrate_to({"tasks_app": "0006"})
    execute(ONE_MORE_ITEM)
    call_command("migrate", verbosity=0)

    assert progress.counts([project.pk])[project.pk] == replace(counted, items=counted.items + 1)
    execute("DELETE FROM tasks_app_item WHERE external_id = 'of-old'")


@pytest.mark.usefixtures("_newest_after")
def test_rows_stay_on_the_way_back_and_on_the_way_here(tenant):
    project = some_history(tenant)
    counted, before, tables = progress.counts([project.pk])[project.pk], kept_rows(), schema()

    migrate_to(BEFORE)
    assert kept_rows() == before
    assert rows(OURS) == []
    execute(ONE_MORE_ITEM)
    call_command("migrate", verbosity=0)
    execute("DELETE FROM tasks_app_item WHERE external_id = 'of-old'")

    assert kept_rows() == before
    assert schema() == tables
    now = progress.counts([project.pk])[project.pk]
    assert (now.items, now.tasks, now.answers) == (
        counted.items + 1,
        counted.tasks,
        counted.answers,
    )
    assert settling.settle(project=project, now=timezone.now()) is not None
    next_id = Delivery.objects.create(
        endpoint=Endpoint.objects.get(), type="ping", body="{}", due_at=NOON, created_at=NOON
    ).pk
    assert next_id > max(before[Delivery])


@pytest.mark.usefixtures("_newest_after")
def test_the_way_back_ends_at_tables_as_they_were_made_first():
    migrate_to(BEFORE)
    by_the_way_back = schema()

    migrate_to(dict.fromkeys(BEFORE, "zero"))
    assert rows(OURS) == []
    assert [row for row in schema() if row[0].startswith(("tasks_app_", "webhooks_"))] == []
    migrate_to(BEFORE)

    assert schema() == by_the_way_back


def test_an_edited_file_takes_effect_at_the_next_migrate(monkeypatch):
    as_shipped = workshop.statement

    def edited(name):
        text = as_shipped(name)
        return (
            text.replace("RETURN admission", "RETURN true OR admission")
            if name == "admits"
            else text
        )

    monkeypatch.setattr(workshop, "statement", edited)
    call_command("migrate", verbosity=0)

    ((source,),) = rows("SELECT prosrc FROM pg_proc WHERE proname = 'concord_admits'")
    assert "RETURN true OR admission" in source
    monkeypatch.undo()
    assert database_code.install()[0] == "admits"


def test_a_migrate_that_brings_nothing_new_makes_nothing_anew():
    before = rows("SELECT oid, xmin::text FROM pg_proc WHERE proname LIKE 'concord%' ORDER BY 1")

    call_command("migrate", verbosity=0)

    assert database_code.install() == []
    after = rows("SELECT oid, xmin::text FROM pg_proc WHERE proname LIKE 'concord%' ORDER BY 1")
    assert after == before


def test_what_somebody_dropped_is_made_anew():
    execute("DROP TRIGGER answers_are_due ON tasks_app_answer")
    execute("DROP VIEW concord_queue CASCADE")

    made = database_code.install()

    assert {"queue", "answers_are_due"} <= set(made)
    assert "tally" not in made


def test_sessions_go_on_while_all_code_is_made_anew(tenant):
    project, wim = a_project(tenant), a_worker(tenant)
    some_items(project, 9)
    claimed = [a_claim(project, wim) for _ in range(3)]

    execute("UPDATE concord_code SET digest = 'of an earlier release'")
    with ThreadPoolExecutor(1) as elsewhere:
        elsewhere.submit(install_elsewhere).result()

    claimed += [a_claim(project, wim) for _ in range(3)]
    assert len(set(claimed)) == 6


def install_elsewhere():
    try:
        assert "mark" in database_code.install()
    finally:
        connection.close()


def a_claim(project, worker):
    (lease,) = claims.claim(project_ids=[project.pk], worker_id=worker.pk, count=1, now=NOON)
    return lease.uid


def test_code_that_cannot_be_made_leaves_what_was_there(monkeypatch):
    before = rows(OURS)
    with monkeypatch.context() as edit:
        edit.setattr(workshop, "statement", "CREATE VIEW concord_{0} AS SELECT no_{0}()".format)
        with pytest.raises(ProgrammingError, match="no_tally"):
            database_code.install()

    assert rows(OURS) == before
