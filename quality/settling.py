"""Settle a project: judge what is due, tell what changed, give tasks their next places."""

import time
from dataclasses import dataclass
from datetime import datetime, timedelta

from django.db import transaction
from django.db.models import F, Q

from quality import ballots, flags, heartbeat, judging, stop_rules, writing
from quality.core import Accuracy
from quality.models import FieldModel, Reliability, SettleDue, Settling, WorkerModel
from quality.models import Flag as RaisedFlag
from tasks_app import progress
from tasks_app.models import Project, Task

# The whole project is fitted anew when its answers grew by this share.
GROWTH = 0.1
QUIET = timedelta(seconds=5)
MOST_TASKS = 5000
# A settler that died is taken over after this long; one that lives renews its lease.
LEASE = timedelta(seconds=8)
BEAT_S = 2.0
WORKERS_AT_ONCE = 1000


@dataclass(frozen=True, slots=True)
class Outcome:
    """What a round did: rows told, tasks that were due, answers a refit took in, flags raised."""

    n_revisions: int
    n_due: int
    n_fitted: int
    flags: list[RaisedFlag]


@dataclass(frozen=True, slots=True)
class _Lease:
    fence: int
    n_fitted: int
    refit_at: datetime | None


def settle(*, project: Project, now: datetime) -> Outcome | None:
    """One round of settling; None if another process is at it. Running it twice changes nothing."""
    began = time.monotonic()
    n_answers = progress.counts([project.pk])[project.pk].answers
    lease = _take(project, now)
    if lease is None:
        return None
    mine = Settling.objects.filter(project=project, fence=lease.fence)

    def renew() -> int:
        passed = timedelta(seconds=time.monotonic() - began)
        return mine.update(leased_until=now + passed + LEASE)

    try:
        with heartbeat.kept(renew, every_s=BEAT_S, what=f"settling of {project.pk}"):
            return _round(project, lease, n_answers, now)
    except writing.LostLease:
        return None
    finally:
        mine.update(leased_until=None)


def _take(project: Project, now: datetime) -> _Lease | None:
    Settling.objects.get_or_create(project=project)
    until = now + LEASE
    with transaction.atomic():
        free = Settling.objects.select_for_update().filter(
            Q(leased_until=None) | Q(leased_until__lte=now), project=project
        )
        row = free.first()
        if row is None:
            return None
        free.update(fence=F("fence") + 1, leased_until=until)
        return _Lease(row.fence + 1, row.n_fitted, row.refit_at)


def _round(project: Project, lease: _Lease, n_answers: int, now: datetime) -> Outcome:
    oldest = SettleDue.objects.filter(project=project).order_by("since")[:MOST_TASKS]
    due = dict(oldest.values_list("task_id", "cause"))
    # Gold and withdrawn tasks yield no consensus; gold answers move the fit, which reads them
    # after this.
    SettleDue.objects.filter(
        Q(task__is_gold=True) | Q(task__state=Task.State.WITHDRAWN), task_id__in=due
    ).delete()
    is_quiet = lease.refit_at is not None and lease.refit_at <= now
    is_refit = is_quiet or n_answers >= lease.n_fitted * (1 + GROWTH)
    if is_refit:
        read = ballots.read(project)
        judgement = judging.fit(project, read)
    else:
        read = ballots.read(project, due)
        judgement = judging.update(project, read)
    _keep_rules(project, lease, judgement, now)
    n_revisions = writing.write(
        writing.Round(project, judgement, due, lease.fence, is_quiet, is_refit, now)
    )
    with transaction.atomic():
        # What was learned and when to learn again, both or neither: else it is learned for ever.
        writing.hold(project, lease.fence)
        raised = _learn(project, judgement, now, is_quiet=is_quiet) if is_refit else []
        _schedule(project, lease, n_answers if is_refit else None, due, is_quiet=is_quiet, now=now)
    return Outcome(n_revisions, len(due), n_answers if is_refit else 0, raised)


def _keep_rules(
    project: Project, lease: _Lease, judgement: judging.Judgement, now: datetime
) -> None:
    """Store the rules by which tasks stop, before a revision names them. Raises LostLease."""
    new = [made.rule for made in judgement.fields if stop_rules.is_new(made.rule)]
    if new:
        with transaction.atomic():
            writing.hold(project, lease.fence)
            stop_rules.keep(new, now=now)


def _learn(
    project: Project, judgement: judging.Judgement, now: datetime, *, is_quiet: bool
) -> list[RaisedFlag]:
    """Keep what the fit learned, and suspect whom it gives ground to."""
    for made in judgement.fields:
        _keep_model(project, made)
    worker_ids, accuracy = judging.accuracies(judgement)
    _keep_reliability(project, worker_ids, accuracy)
    return flags.raise_flags(
        project=project,
        judgement=judgement,
        worker_ids=worker_ids,
        accuracy=accuracy,
        is_quiet=is_quiet,
        now=now,
    )


def _keep_model(project: Project, made: judging.FieldJudgement) -> None:
    population = made.learned.population.tolist()
    FieldModel.objects.update_or_create(
        project=project,
        field=made.key,
        defaults={"parameters": population, "made_with": made.parameters},
    )
    # A row is read with the population of its own fit: those of earlier fits mean nothing now.
    known = WorkerModel.objects.filter(project=project, field=made.key)
    gone = set(known.values_list("worker_id", flat=True)) - set(made.ballots.worker_ids.tolist())
    known.filter(worker_id__in=gone).delete()
    learned = zip(made.ballots.worker_ids.tolist(), made.learned.workers, strict=True)
    WorkerModel.objects.bulk_create(
        (
            WorkerModel(
                project=project, field=made.key, worker_id=worker_id, parameters=row.tolist()
            )
            for worker_id, row in learned
        ),
        batch_size=WORKERS_AT_ONCE,
        update_conflicts=True,
        unique_fields=["project", "field", "worker"],
        update_fields=["parameters"],
    )


def _keep_reliability(project: Project, worker_ids: list[int], accuracy: Accuracy) -> None:
    n_answers = accuracy.n.astype(int).tolist()
    alphas, betas = accuracy.alpha.tolist(), accuracy.beta.tolist()
    Reliability.objects.bulk_create(
        (
            Reliability(project=project, worker_id=worker_id, n_answers=n, alpha=a, beta=b)
            for worker_id, n, a, b in zip(worker_ids, n_answers, alphas, betas, strict=True)
        ),
        update_conflicts=True,
        unique_fields=["project", "worker"],
        update_fields=["n_answers", "alpha", "beta"],
    )


def _schedule(
    project: Project,
    lease: _Lease,
    n_fitted: int | None,
    due: dict[int, str],
    *,
    is_quiet: bool,
    now: datetime,
) -> None:
    """Say when the next refit is."""
    row = Settling.objects.filter(project=project)
    if n_fitted is not None:
        row.update(n_fitted=n_fitted)
    if is_quiet:
        # Unless it was asked for again meanwhile.
        row.filter(refit_at=lease.refit_at).update(refit_at=None)
    elif due:
        row.filter(Q(refit_at=None) | Q(refit_at=lease.refit_at)).update(refit_at=now + QUIET)


def place_untouched(project: Project) -> None:
    """Give tasks that nobody has had yet the number of places the project now asks for.

    Nothing, where that has not changed: tasks are made with it.
    """
    wanted = project.min_answers
    settling = Settling.objects.filter(project=project)
    if not settling.filter(~Q(placed=wanted) | Q(placed=None)).exists():
        return
    untouched = Task.objects.filter(
        project=project,
        is_gold=False,
        state=Task.State.OPEN,
        n_answers=0,
        answers_due=F("open_slots"),
    ).exclude(open_slots=wanted)
    # In parts, for a task that is locked cannot be claimed.
    while task_ids := list(untouched.order_by("pk").values_list("pk", flat=True)[:MOST_TASKS]):
        untouched.filter(pk__in=task_ids).update(
            slots=F("slots") - F("open_slots") + wanted,
            open_slots=wanted,
            answers_due=wanted,
            is_open=True,
        )
    settling.update(placed=wanted)
