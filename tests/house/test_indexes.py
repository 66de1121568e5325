"""The audit of indexes: none is missing, none stands for another."""

import pytest
from django.db import connection

pytestmark = pytest.mark.django_db

OURS = ["accounts", "quality", "replies", "tasks", "webhooks"]
# Columns and predicate of every index of ours; expressions have no column.
INDEXES = """
SELECT index.indrelid::regclass::text, index.indexrelid::regclass::text,
       string_to_array(index.indkey::text, ' '), coalesce(pg_get_expr(indpred, indrelid), ''),
       index.indisunique
  FROM pg_index AS index
  JOIN pg_class AS owner ON owner.oid = index.indrelid
 WHERE owner.relnamespace = 'public'::regnamespace
   AND split_part(owner.relname, '_', 1) = ANY (%s)
"""
FOREIGN_KEYS = """
SELECT conrelid::regclass::text, conname, ARRAY(SELECT unnest(conkey)::text)
  FROM pg_constraint
 WHERE contype = 'f' AND split_part(conrelid::regclass::text, '_', 1) = ANY (%s)
"""


def rows(query):
    with connection.cursor() as cursor:
        cursor.execute(query, [OURS])
        return cursor.fetchall()


def test_every_foreign_key_has_an_index_that_begins_with_it():
    whole = [(table, columns) for table, _, columns, predicate, _ in rows(INDEXES) if not predicate]

    keys = rows(FOREIGN_KEYS)
    bare = [
        name
        for table, name, key in keys
        if not any(of == table and columns[: len(key)] == key for of, columns in whole)
    ]

    assert len(keys) > 30
    assert bare == []


def test_no_index_begins_another():
    found = rows(INDEXES)

    needless = [
        name
        for table, name, columns, predicate, is_unique in found
        if not is_unique
        and "0" not in columns
        and any(
            (of, where) == (table, predicate)
            and other != name
            and theirs[: len(columns)] == columns
            for of, other, theirs, where, _ in found
        )
    ]

    assert needless == []
