"""Leases that are kept while the work lasts."""

import time
from threading import Event

from django.db import OperationalError

from quality import heartbeat


def test_a_renewal_that_fails_once_is_tried_again():
    enough, beats = Event(), []

    def renew():
        beats.append(len(beats))
        if len(beats) == 2:
            raise OperationalError("the row is locked")
        if len(beats) == 4:
            enough.set()
        return 1

    with heartbeat.kept(renew, every_s=0.01, what="a test"):
        assert enough.wait(5)


def test_a_lease_that_was_lost_is_not_renewed():
    beats = []

    def renew():
        beats.append(1)
        return 0

    with heartbeat.kept(renew, every_s=0.01, what="a test"):
        time.sleep(0.2)

    assert beats == [1]
