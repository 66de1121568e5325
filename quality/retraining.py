"""Retraining: pushes of frozen labels, and the builtin trainer that learns from them."""

import logging
from collections.abc import Callable
from contextlib import AbstractContextManager
from datetime import datetime, timedelta
from typing import Any

from django.db import transaction
from django.db.models import F, Max, Q, QuerySet

from quality import feed, heartbeat, learning, predictions, snapshots
from quality.core import classifier
from quality.models import ModelVersion, Push, Settling
from tasks_app.errors import Refusal
from tasks_app.models import Project
from tasks_app.staging import patient, spools

# A run that lives keeps its lease; one that died is taken over when it is over.
LEASE = timedelta(seconds=20)
BEAT_S = 5.0
MOST_RUNS = 10
FIRST_PAUSE_S = 5.0
LONGEST_PAUSE_S = 3600.0
_RULE = ("sink", "field", "text", "numeric")
_UNDER_WAY = (Push.State.PENDING, Push.State.RUNNING)

# Nobody runs it nor was told of it: a push of another rule than the project's may be given up.
_OUTDATED = Q(state=Push.State.PENDING, announced_at=None)

Clock = Callable[[], datetime]

logger = logging.getLogger(__name__)


class NoRetraining(Refusal):
    """The project has no retraining rule."""

    code = "no_retraining"


class NothingNew(Refusal):
    """There is no label that the last push did not hold."""

    code = "nothing_new"


class LostLease(Exception):
    """Another process runs this push now: nothing of this run may be written any more."""


def has_enough(*, project: Project) -> bool:
    """True if as many labels are new since the last push as the rule waits for."""
    if project.retraining is None or _under_way(project).exists():
        return False
    n_wanted: int = project.retraining["after"]
    after = Push.objects.filter(project=project).aggregate(last=Max("up_to_seq"))["last"] or 0
    head = feed.head(project)
    # Every label has a seq of its own: mostly this says no without counting.
    if head - after < n_wanted:
        return False
    n_new = snapshots.n_new(
        project=project,
        field=project.retraining.get("field"),
        after=after,
        up_to_seq=head,
        at_most=n_wanted,
    )
    return n_new >= n_wanted


def prepare(*, project: Project, trigger: str, now: datetime) -> Push:
    """Freeze a snapshot and note its push; the one under way, if there is one.

    Raises NoRetraining without a rule, and NothingNew if the last push held the same labels.
    """
    if project.retraining is None:
        raise NoRetraining
    under_way = _under_way(project).first()
    if under_way is not None:
        return under_way
    rule, up_to_seq = _rule(project), feed.head(project)
    # Revisions never change, so the long reading needs no lock.
    frozen = snapshots.freeze(project=project, field=rule.get("field"), up_to_seq=up_to_seq)
    if not frozen.n_labels:
        raise NothingNew("There is no resolved label yet.")
    push = Push(
        project=project,
        trigger=trigger,
        up_to_seq=up_to_seq,
        sha256=frozen.sha256,
        n_labels=frozen.n_labels,
        rule=rule,
        created_at=now,
    )
    return _noted(push)


def due(*, now: datetime) -> QuerySet[Push]:
    """Builtin pushes to run: those whose time has come, and those whose run has died."""
    waits = Q(state=Push.State.PENDING) & (Q(due_at=None) | Q(due_at__lte=now))
    died = Q(state=Push.State.RUNNING, leased_until__lte=now)
    return Push.objects.filter(waits | died, rule__sink="builtin").order_by("pk")


def oldest_due(*, now: datetime) -> datetime | None:
    """Since when the push that waits longest could have been run."""
    since = [push.leased_until or push.due_at or push.created_at for push in due(now=now)]
    return min(since, default=None)


def take(*, now: datetime) -> Push | None:
    """Lease the first push that is due; None if there is none."""
    while True:
        with transaction.atomic():
            push = due(now=now).select_for_update(skip_locked=True).first()
            if push is None:
                return None
            mine = Push.objects.filter(pk=push.pk)
            if push.fence < MOST_RUNS:
                mine.update(
                    state=Push.State.RUNNING, fence=F("fence") + 1, leased_until=now + LEASE
                )
                return Push.objects.select_related("project").get(pk=push.pk)
            # Whatever kills every run would kill the next ones too.
            mine.update(
                state=Push.State.FAILED,
                leased_until=None,
                error=f"{MOST_RUNS} runs were begun and none came to its end",
            )


def run(*, push: Push, clock: Clock) -> None:
    """Train on a leased push: done, or back to pending with its error, or failed."""
    try:
        train(push=push, clock=clock)
    except LostLease:
        logger.warning("push.lease_lost", extra={"push": str(push.uid)})
    except learning.Hopeless as error:
        _fail(push, str(error), is_hopeless=True, now=clock())
    except Exception as error:
        # Whatever went wrong may pass: the push is tried again, and tells why.
        logger.exception("push.attempt_failed", extra={"push": str(push.uid)})
        _fail(push, f"{type(error).__name__}: {error}"[:500], is_hopeless=False, now=clock())


def train(*, push: Push, clock: Clock) -> None:
    """Learn, predict, and commit both at once.

    Raises learning.Hopeless, and LostLease; nothing is written then.
    """
    previous = (
        ModelVersion.objects.filter(project=push.project, push__isnull=False)
        .select_related("push")
        .order_by("pk")
        .last()
    )
    version = _next_version(push.project)
    with spools(1) as (spool,):
        with _kept(push, clock):
            learned = learning.learn(push, previous)
            written = classifier.to_bytes(learned.classifier)
            learning.stage(spool, push, learned, version)
        with transaction.atomic():
            patient()
            _hold(push)
            ModelVersion.objects.create(
                project=push.project,
                version=version,
                push=push,
                previous=previous,
                n_train=learned.n_train,
                metrics=learned.metrics,
                bytes=written,
                created_at=clock(),
            )
            Push.objects.filter(pk=push.pk).update(
                state=Push.State.DONE, error="", due_at=None, leased_until=None
            )
            predictions.unstage(spool)
            # Last, for the tasks that it orders cannot be claimed until the commit.
            predictions.store(project=push.project, now=clock())


def pushes(*, project: Project) -> QuerySet[Push]:
    """The project's pushes, with what `row` reads."""
    found = Push.objects.filter(project=project).select_related("model")
    return found.defer("model__bytes")


def row(push: Push) -> dict[str, Any]:
    """A push as clients read it."""
    model: ModelVersion | None = getattr(push, "model", None)
    return {
        "id": push.uid,
        "snapshot": push.snapshot,
        "trigger": push.trigger,
        "n_labels": push.n_labels,
        "state": push.state,
        "attempts": push.attempts,
        "error": push.error,
        "model_version": None if model is None else model.version,
    }


def _rule(project: Project) -> dict[str, Any]:
    """What a push is told of the project's rule."""
    rule = project.retraining or {}
    return {name: rule[name] for name in _RULE if name in rule}


def _under_way(project: Project) -> QuerySet[Push]:
    """The push that the next one waits for."""
    found = Push.objects.filter(project=project, state__in=_UNDER_WAY)
    return found.exclude(_OUTDATED & ~Q(rule=_rule(project)))


@transaction.atomic
def _noted(push: Push) -> Push:
    """The push, stored; or the one that another process noted first. Raises NothingNew."""
    # One at a time per project, or two callers would note the same snapshot.
    Settling.objects.select_for_update().get(project=push.project)
    under_way = _under_way(push.project).first()
    if under_way is not None:
        return under_way
    outdated = Push.objects.filter(_OUTDATED, project=push.project)
    outdated.update(state=Push.State.FAILED, error="the retraining rule was changed", due_at=None)
    last = Push.objects.filter(project=push.project).order_by("pk").last()
    if last is not None and _holds(last, push):
        raise NothingNew
    push.save(force_insert=True)
    return push


def _holds(last: Push, push: Push) -> bool:
    """Whether a push that did not fail has the labels of another, or later ones."""
    is_same = (last.sha256, last.rule) == (push.sha256, push.rule)
    return last.state != Push.State.FAILED and (is_same or last.up_to_seq > push.up_to_seq)


def _next_version(project: Project) -> str:
    """The next of v1, v2, … that no model trained elsewhere was called."""
    number = ModelVersion.objects.filter(project=project, push__isnull=False).count() + 1
    while ModelVersion.objects.filter(project=project, version=f"v{number}").exists():
        number += 1
    return f"v{number}"


def _hold(push: Push) -> None:
    held = Push.objects.filter(pk=push.pk, fence=push.fence, state=Push.State.RUNNING)
    if held.select_for_update().first() is None:
        raise LostLease


def _fail(push: Push, error: str, *, is_hopeless: bool, now: datetime) -> None:
    """Note a failed attempt, unless another process runs the push by now."""
    attempts = push.attempts + 1
    pause = timedelta(seconds=min(FIRST_PAUSE_S * 2**push.attempts, LONGEST_PAUSE_S))
    is_over = is_hopeless or push.fence >= MOST_RUNS
    Push.objects.filter(pk=push.pk, fence=push.fence, state=Push.State.RUNNING).update(
        state=Push.State.FAILED if is_over else Push.State.PENDING,
        attempts=attempts,
        error=error,
        leased_until=None,
        due_at=None if is_over else now + pause,
    )


def _kept(push: Push, clock: Clock) -> AbstractContextManager[None]:
    """Keep a run's lease for as long as this process lives."""
    mine = Push.objects.filter(pk=push.pk, fence=push.fence, state=Push.State.RUNNING)
    return heartbeat.kept(
        lambda: mine.update(leased_until=clock() + LEASE), every_s=BEAT_S, what=f"push {push.uid}"
    )
