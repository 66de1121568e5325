"""Who counts is not ended by a full disk."""

import os
import subprocess
import sys
from pathlib import Path

import pytest

from marketplace.counting import FIRST_BYTES, ReservedFile
from tests import full

ROOT = Path(__file__).parents[2]
COUNT = """
import sys
from marketplace import metrics

def count(n):
    metrics.count_request(method="GET", route=f"route {n}", status=200, seconds=0.1)

count(0)
print("counts", flush=True)
sys.stdin.readline()
for n in range(500):
    count(n)
print(metrics.exposition({})[0].decode())
"""


@pytest.fixture
def disk(tmp_path):
    with full.a_disk(tmp_path / "metrics") as disk:
        yield disk


def a_process_that_counts(place):
    return subprocess.Popen(  # noqa: S603 -- argv is our own
        [sys.executable, "-c", COUNT],
        cwd=ROOT,
        env={**os.environ, "PROMETHEUS_MULTIPROC_DIR": str(place)},
        stdin=subprocess.PIPE,
        stdout=subprocess.PIPE,
        text=True,
    )


def test_a_process_that_starts_on_a_full_disk_counts_and_lives(disk):
    full.fill_up(disk)
    process = a_process_that_counts(disk.place)

    process.communicate("go on\n")

    assert process.returncode == 0
    assert list(disk.place.glob("*.db")) == []


def test_a_disk_that_fills_up_later_ends_nobody_and_what_was_counted_stays(disk):
    process = a_process_that_counts(disk.place)
    assert process.stdout.readline() == "counts\n"
    full.fill_up(disk)

    said, _ = process.communicate("go on\n")

    assert process.returncode == 0
    assert 'concord_requests_total{method="GET",route="route 0",status="200"} 2.0' in said


def test_with_room_everything_counted_is_scraped(tmp_path):
    process = a_process_that_counts(tmp_path)

    said, _ = process.communicate("go on\n")

    assert 'route="route 499",status="200"} 1.0' in said
    assert all(file.stat().st_blocks * 512 >= FIRST_BYTES for file in tmp_path.glob("*.db"))


def test_what_moves_to_memory_keeps_its_numbers(tmp_path):
    file = ReservedFile(str(tmp_path / "counter_1.db"))
    file.write_value("owls", 3.0, 0.0)

    file._move_to_memory()
    file.write_value("wrens", 4.0, 0.0)

    assert (file.read_value("owls"), file.read_value("wrens")) == ((3.0, 0.0), (4.0, 0.0))
    file.close()
