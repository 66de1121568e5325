"""A deploy, and a PostgreSQL that starts again: what callers see; nothing is done twice."""

import os
import signal
import time

import pytest

from tests.embedded.crowd import of
from tests.embedded.processes import eventually

pytestmark = pytest.mark.filterwarnings("ignore::ResourceWarning")


def test_a_deploy_under_load_loses_nothing_and_does_nothing_twice(up, crowd):
    web, queue = min(of(up, "granian")), min(of(up, "queue settle"))
    before = len(crowd.acked)

    os.kill(web, signal.SIGTERM)
    assert eventually(lambda: of(up, "granian") and web not in of(up, "granian"), within_s=40)
    os.kill(queue, signal.SIGTERM)
    assert eventually(lambda: len(crowd.acked) > before + 20, within_s=60)
    crowd.is_over.set()
    time.sleep(0.5)

    assert crowd.strange == []
    assert all(reply.headers["Retry-After"] for reply in crowd.refused)
    assert len(crowd.acked) == len(set(crowd.acked))
    assert eventually(lambda: crowd.n_answers() == len(crowd.acked), within_s=60)


def test_postgresql_may_start_again_and_no_process_of_concord_has_to(up, crowd):
    web, sweeper = of(up, "granian"), of(up, "manage.py sweep")
    postmaster = min(of(up, "postgres -D|postgres --|bin/postgres"))
    before = len(crowd.acked)

    os.kill(postmaster, signal.SIGINT)
    assert eventually(lambda: len(crowd.acked) > before + 20, within_s=90)
    crowd.is_over.set()
    time.sleep(0.5)

    assert crowd.strange == []
    assert all(
        reply.headers["Retry-After"]
        and reply.headers["Content-Type"].startswith("application/problem+json")
        for reply in crowd.refused
    )
    assert (of(up, "granian"), of(up, "manage.py sweep")) == (web, sweeper)
    assert eventually(lambda: crowd.n_answers() == len(crowd.acked), within_s=60)
