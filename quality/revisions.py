"""Write consensus revisions: the next seqs of the feed, in the transaction of their cause."""

from collections.abc import Iterable, Mapping, Sequence
from datetime import datetime
from typing import Any

from quality.judging import Judged
from quality.models import Revision, Settling
from tasks_app.models import Project, Task

# A smaller step of confidence is not told, but by the refit that ends in quiet.
STEP = 0.01
_VALUES = (
    "state",
    "value",
    "distribution",
    "interval",
    "confidence",
    "stop_posterior",
    "share",
    "n_answers",
    "n_set_aside",
    "aggregator",
    "aggregator_version",
    "guideline_version",
)


def of_judged(
    project: Project, task: Task, key: str, state: str, judged: Judged | None
) -> Revision:
    """The row that tells a verdict, not yet numbered; with no answers left, an empty one."""
    row = Revision(project=project, item_id=task.item_id, task=task, field=key, state=state)
    row.n_answers, row.n_set_aside = 0, 0
    row.aggregator, row.aggregator_version = "none", "1"
    if judged is None:
        return row
    verdict = judged.verdict
    row.value, row.distribution, row.interval = (
        verdict.value,
        verdict.distribution,
        verdict.interval,
    )
    row.confidence, row.stop_posterior = verdict.confidence, verdict.stop_posterior
    row.share = verdict.share
    row.n_answers, row.n_set_aside = judged.n_answers, judged.n_set_aside
    made = judged.maker
    row.aggregator, row.aggregator_version = made.judge.called(made.ballots.votes.field)
    row.aggregator_parameters = dict(made.parameters)
    if made.judge.stops_by_target:
        row.aggregator_parameters |= {"tau": made.rule.tau, "tau_version": made.rule.version}
    row.guideline_version = judged.guideline_version
    return row


def differs(old: Revision | None, new: Revision, *, exact: bool) -> bool:
    """True if the new row is worth telling; when `exact`, whatever differs is."""
    if old is None:
        return True
    if exact:
        return any(getattr(old, name) != getattr(new, name) for name in _VALUES)
    if (old.state, old.value, old.n_answers) != (new.state, new.value, new.n_answers):
        return _is_more_than_a_step(old, new) if _only_the_number_moved(old, new) else True
    if old.confidence is None or new.confidence is None:
        return old.confidence is not new.confidence
    return abs(old.confidence - new.confidence) >= STEP


def write(
    project: Project,
    rows: Sequence[Revision],
    *,
    causes: Mapping[int, str],
    latest: Iterable[Revision],
    now: datetime,
    default_cause: str,
) -> int:
    """Number the rows and store them after the feed's head; the new head.

    The caller's transaction holds the lock on the project's settling from before the rows
    were made until it commits.
    """
    before = {(old.item_id, old.task_id, old.field): old for old in latest}
    settling = Settling.objects.get(project=project)
    seq = settling.head
    outdated: list[int] = []
    for row in rows:
        seq += 1
        old = before.get((row.item_id, row.task_id, row.field))
        row.seq = seq
        row.revision = 1 if old is None else old.revision + 1
        row.cause = causes.get(row.task_id or 0, default_cause)
        row.written_at = now
        if row.state == Revision.State.RESOLVED:
            was = old is not None and old.state == Revision.State.RESOLVED
            row.resolved_at = old.resolved_at if was and old else now
        if old is not None:
            outdated.append(old.pk)
    Revision.objects.filter(pk__in=outdated).update(is_latest=False)
    Revision.objects.bulk_create(rows)
    Settling.objects.filter(project=project).update(head=seq)
    return seq


def _only_the_number_moved(old: Revision, new: Revision) -> bool:
    """A number moves a little with every refit, which alone is not worth a row."""
    return (
        (old.state, old.n_answers) == (new.state, new.n_answers)
        and old.interval is not None
        and new.interval is not None
    )


def _is_more_than_a_step(old: Revision, new: Revision) -> bool:
    interval: Any = old.interval
    moved: Any = abs((old.value or 0) - (new.value or 0))
    return bool(moved >= STEP * (interval[1] - interval[0]))
