"""A worker of RQ whose job dies with it."""

import signal
from types import FrameType

import django_rq
from django.db import connections
from rq import Queue, Worker
from rq.job import Job
from rq.serializers import JSONSerializer

from marketplace import metrics
from marketplace.embedded.processes import follow_parent

MAINTENANCE_INTERVAL_S = 30


class SafeWorker(Worker):
    """A killed worker would leave its job running beside the one that replaces it."""

    is_told_to_stop = False
    # However long Redis was away, it is found soon when it is back.
    max_connection_wait_time = 5.0

    def request_stop(self, signum: int, frame: FrameType | None) -> None:
        self.is_told_to_stop = True
        super().request_stop(signum, frame)  # type: ignore[no-untyped-call]  # untyped

    def fork_work_horse(self, job: Job, queue: Queue) -> None:
        # Two processes on one connection would read each other's answers.
        connections.close_all()
        self._follow = follow_parent(signal.SIGKILL)
        super().fork_work_horse(job, queue)

    def main_work_horse(self, job: Job, queue: Queue) -> None:
        self._follow()
        metrics.enter_horse()
        super().main_work_horse(job, queue)


def worker_of(name: str) -> SafeWorker:
    """A worker on one queue only: one that listens on several can lose a job when killed."""
    connection = django_rq.get_connection(name)
    return SafeWorker(
        [Queue(name, connection=connection, serializer=JSONSerializer)],
        connection=connection,
        serializer=JSONSerializer,
        maintenance_interval=MAINTENANCE_INTERVAL_S,
        log_job_description=False,
    )
