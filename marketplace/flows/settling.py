"""From answers to consensus and suspicions; then webhooks and retraining have something to do."""

import logging
import math
import time
from datetime import datetime
from functools import partial

from django.utils import timezone

from marketplace.flows import examining, telling, training
from marketplace.flows.doorbell import ring
from marketplace.flows.once import unlocked
from quality import due, settling
from tasks_app.models import Project

logger = logging.getLogger(__name__)

# A round costs about the same for one task as for fifty. So rounds begin this far apart, and
# answers gather meanwhile; what comes after a pause is settled at once.
PACE_S = 0.4
# A settler that has settled looks so often, for so long, whether more comes, before it leaves:
# to wake another one is dearer.
LOOK_EVERY_S = 0.05
LINGER_S = 3.0


def settle_due(*, until: float) -> None:
    """Settle whatever is due, round by round, until nothing is or the time (monotonic) is over."""
    settled_at = -math.inf
    while (began := time.monotonic()) < until:
        did_something = [
            settle_project(project_id=project_id)
            for project_id in due.projects_due(now=timezone.now())
        ]
        if any(did_something):
            settled_at = began
            time.sleep(max(LOOK_EVERY_S, began + PACE_S - time.monotonic()))
        elif began - settled_at < LINGER_S:
            time.sleep(LOOK_EVERY_S)
        else:
            return


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
    if outcome.n_fitted:
        ring("workers")
    unlocked(partial(examining.after_gold, project=project))
    if outcome.n_revisions:
        training.after_settling(project=project)
    if (outcome.n_revisions or outcome.flags) and telling.is_heard(tenant_id=project.tenant_id):
        ring("webhooks")
    return True


def is_due(now: datetime) -> bool:
    """True if a project waits to be settled."""
    return bool(due.projects_due(now=now))


def oldest_due(now: datetime) -> float:
    """For how many seconds the oldest answer or refit waits to be settled; 0.0 when none does."""
    since = due.oldest(now=now)
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())
