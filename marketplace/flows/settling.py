"""From answers to consensus and suspicions; then webhooks and retraining have something to do."""

import logging
import time
from datetime import datetime

from django.utils import timezone

from marketplace.flows import training
from marketplace.flows.doorbell import ring
from quality import due, settling
from quality.models import SettleDue
from tasks_app.models import Project

logger = logging.getLogger(__name__)

# Between two rounds a settler rests as long as this share of the last, so that answers gather
# and the rounds leave the machine to those who wait for a reply.
REST = 0.25
SHORTEST_REST_S = 0.02
LONGEST_REST_S = 0.1


def settle_due(*, until: float) -> None:
    """Settle whatever is due, round by round, until nothing is or the time (monotonic) is over."""
    while time.monotonic() < until:
        started = time.monotonic()
        did_something = [
            settle_project(project_id=project_id)
            for project_id in due.projects_due(now=timezone.now())
        ]
        if not any(did_something):
            return
        took = time.monotonic() - started
        time.sleep(min(LONGEST_REST_S, max(SHORTEST_REST_S, REST * took)))


def settle_project(*, project_id: int) -> bool:
    """One round for one project; False if another process is at it."""
    project = Project.objects.get(pk=project_id)
    if project.state != Project.State.CLOSED:
        settling.place_untouched(project)
    started = time.monotonic()
    outcome = settling.settle(project=project, now=timezone.now())
    if outcome is None:
        return False
    logger.info(
        "project.settled",
        extra={
            "project_id": project_id,
            "n_due": outcome.n_due,
            "n_revisions": outcome.n_revisions,
            "n_fitted": outcome.n_fitted,
            "took_ms": round(1000 * (time.monotonic() - started)),
        },
    )
    if outcome.n_revisions:
        training.after_settling(project=project)
    if outcome.n_revisions or outcome.flags:
        ring("webhooks")
    return True


def is_due(now: datetime) -> bool:
    """True if a project waits to be settled."""
    return bool(due.projects_due(now=now))


def oldest_due(now: datetime) -> float:
    """The age in seconds of the oldest unsettled answer; 0 when there is none."""
    since = SettleDue.objects.order_by("since").values_list("since", flat=True).first()
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
