"""From consensus to a push, from a push to a model, and its predictions back to the tasks."""

import time
from datetime import datetime

from django.utils import timezone

from marketplace.flows.doorbell import ring
from quality import retraining
from quality.models import Push
from tasks_app.models import Project


def after_settling(*, project: Project) -> None:
    """Push once enough labels are new."""
    if retraining.has_enough(project=project):
        try:
            _push(project, Push.Trigger.COUNT)
        except retraining.NothingNew:
            # Another process pushed them meanwhile.
            return


def ask(*, project: Project) -> Push:
    """Push now. Raises retraining.NoRetraining and retraining.NothingNew."""
    return _push(project, Push.Trigger.MANUAL)


def train_due(*, until: float) -> None:
    """Run builtin pushes until none is due or the time (monotonic) is over."""
    while time.monotonic() < until:
        push = retraining.take(now=timezone.now())
        if push is None:
            return
        retraining.run(push=push, clock=timezone.now)


def is_due(now: datetime) -> bool:
    """True if a builtin push waits to be run."""
    return retraining.due(now=now).exists()


def oldest_due(now: datetime) -> float:
    """For how many seconds the oldest push has waited; 0.0 when none does."""
    since = retraining.oldest_due(now=now)
    return 0.0 if since is None else max(0.0, (now - since).total_seconds())


def _push(project: Project, trigger: str) -> Push:
    push = retraining.prepare(project=project, trigger=trigger, now=timezone.now())
    ring("training" if push.rule["sink"] == "builtin" else "webhooks")
    return push
