"""Functions, views and triggers are code: after a migrate they are what the files say.

Tables and rows are for migrations to make, and those mean the same for ever. Decision 0009.
"""

import hashlib
import re
from collections.abc import Iterator, Sequence
from itertools import dropwhile
from typing import Any

from django.apps import apps
from django.db import connections, transaction
from django.db.backends.utils import CursorWrapper
from django.db.migrations import Migration
from django.db.migrations.executor import MigrationExecutor
from django.db.models.signals import post_migrate, pre_migrate

import marketplace.webhooks.sql as log
import quality.sql as laboratory
import tasks_app.sql as workshop

PACKAGES = (workshop, laboratory, log)
# Two who migrate at once do it one after the other, however long that takes, for rows may be
# counted. Whoever waits for a table makes all others wait behind them, so not for long.
_BEGIN = """
SET LOCAL statement_timeout = 0;
SELECT pg_advisory_xact_lock(hashtextextended('concord_code', 0));
SET LOCAL lock_timeout = '15s';
CREATE TABLE IF NOT EXISTS concord_code (name text PRIMARY KEY, digest text NOT NULL);
"""
_KEEP = """
INSERT INTO concord_code (name, digest) VALUES (%s, %s)
    ON CONFLICT (name) DO UPDATE SET digest = excluded.digest
"""
_CREATED = re.compile(r"CREATE (?:OR REPLACE )?(?:FUNCTION|VIEW|TRIGGER|TYPE) (\w+)")
_THERE = """
SELECT proname FROM pg_proc WHERE pronamespace = current_schema()::regnamespace
 UNION SELECT relname FROM pg_class WHERE relnamespace = current_schema()::regnamespace
 UNION SELECT tgname FROM pg_trigger WHERE NOT tgisinternal
"""
_EMPTY = """
SELECT coalesce(string_agg(format('TRUNCATE %%I;', name), ' '), '')
  FROM unnest(%s::text[]) AS name WHERE to_regclass(name) IS NOT NULL
"""
_DROP = r"""
SELECT coalesce(string_agg(format('DROP %s IF EXISTS %s CASCADE;', kind, name), ' '), '')
  FROM (SELECT 'FUNCTION', oid::regprocedure::text FROM pg_proc
         WHERE proname LIKE 'concord\_%' AND pronamespace = current_schema()::regnamespace
         UNION ALL
        SELECT CASE relkind WHEN 'v' THEN 'VIEW' WHEN 'c' THEN 'TYPE' ELSE 'TABLE' END,
               oid::regclass::text
          FROM pg_class
         WHERE relname LIKE 'concord\_%' AND relnamespace = current_schema()::regnamespace
           AND relkind IN ('v', 'c', 'r')) AS ours (kind, name)
"""


def follow_migrations() -> None:
    """Let migrate keep the code beside the tables; it tells of itself by signals only."""
    once = apps.get_app_config("tasks_app")
    pre_migrate.connect(_before, sender=once, dispatch_uid="database_code")
    post_migrate.connect(_after, sender=once, dispatch_uid="database_code")


def install(*, using: str = "default") -> list[str]:
    """Make what changed and what is missing, all or nothing; the names of the files."""
    fresh: list[str] = []
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute("SELECT name, digest FROM concord_code")
        kept = dict(cursor.fetchall())
        cursor.execute(_THERE)
        there = {name for (name,) in cursor.fetchall()}
        for package in PACKAGES:
            texts = {name: package.statement(name) for name in package.CODE}
            for name, text in _from_the_first_changed(texts, kept, there):
                cursor.execute(text)
                cursor.execute(_KEEP, [name, _digest(text)])
                fresh.append(name)
    return fresh


def drop(*, using: str = "default") -> None:
    """Take all code out: tables of an earlier time do not have what it speaks of.

    With it goes what only the code keeps true: it is counted and found anew.
    """
    kept_by_code = [table for package in PACKAGES for table in package.KEPT_BY_CODE]
    with transaction.atomic(using=using), connections[using].cursor() as cursor:
        cursor.execute(_BEGIN)
        cursor.execute(_written(cursor, _DROP) + _written(cursor, _EMPTY, [kept_by_code]))


def _written(cursor: CursorWrapper, query: str, parameters: Sequence[Any] = ()) -> str:
    cursor.execute(query, parameters or None)
    ((statements,),) = cursor.fetchall()
    return str(statements)


def _from_the_first_changed(
    texts: dict[str, str], kept: dict[str, str], there: set[str]
) -> Iterator[tuple[str, str]]:
    """A file and all after it, which may stand on what it makes."""

    def is_made(file: tuple[str, str]) -> bool:
        name, text = file
        return kept.get(name) == _digest(text) and there.issuperset(_CREATED.findall(text))

    return dropwhile(is_made, texts.items())


def _digest(text: str) -> str:
    return hashlib.sha256(text.encode()).hexdigest()


def _before(*, using: str, plan: Sequence[tuple[Migration, bool]] = (), **_: Any) -> None:
    if any(is_backwards for _, is_backwards in plan):
        drop(using=using)


def _after(*, using: str, plan: Sequence[tuple[Migration, bool]] | None = None, **_: Any) -> None:
    # A flush of tables sends the signal too, without a plan; it takes no code away.
    if plan is not None and _is_newest(using):
        install(using=using)


def _is_newest(using: str) -> bool:
    executor = MigrationExecutor(connections[using])
    return not executor.migration_plan(executor.loader.graph.leaf_nodes())
