"""The benchmark of uploads and exports: the rows it makes and what it reads of them."""

import json

import pytest
from django.db import connection

from benchmarks.io import memory, rows
from benchmarks.io.transfers import Transfer
from quality import feed
from tests.factories import a_project, some_items


def test_an_upload_and_its_copy_hold_the_same_rows(tmp_path):
    upload, copied = tmp_path / "items.ndjson", tmp_path / "items.copy"

    rows.write(3, upload, copied)

    items = [json.loads(line) for line in upload.read_text().splitlines()]
    cells = [line.split("\t") for line in copied.read_text().splitlines()]
    assert [item["external_id"] for item in items] == [row[0] for row in cells]
    assert [item["payload"] for item in items] == [json.loads(row[1]) for row in cells]


@pytest.mark.django_db
def test_the_planted_revisions_are_the_feed_of_the_project():
    project = a_project()
    some_items(project, 4)

    rows.write_revisions(connection.connection, project.pk)

    assert feed.head(project) == 4
    assert [row["seq"] for row in feed.changes(project, after=0, limit=9)] == [1, 2, 3, 4]
    assert feed.latest(project, state="resolved").count() == 4


def test_the_peak_is_what_the_kernel_tells_in_megabytes():
    assert memory.peak_mb("Name:\tgranian\nVmHWM:\t    2000 kB\nVmRSS:\t 10 kB\n") == 2.048


def test_a_rate_is_rows_by_seconds():
    assert Transfer(rows=500, seconds=2.0, mb=1.0).per_s == 250
