"""Rows on their way into a temporary table."""

import pytest
from django.db import DataError, transaction

from tasks_app import staging


@pytest.mark.django_db
def test_a_copy_that_fails_raises_what_any_other_statement_raises():
    with staging.spools(1) as (spool,):
        spool.add("no number")

        with pytest.raises(DataError), transaction.atomic():
            spool.copy_into("few", "n integer")
