"""Suspect workers on evidence, and decide about suspicions."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import datetime
from typing import Any

import numpy as np
from django.db import transaction

from quality.core import Accuracy
from quality.judging import Judgement
from quality.models import Flag
from tasks_app.errors import Refusal
from tasks_app.models import Answer, Project, Task

RULE = ("accuracy_below_floor", "2")
ENOUGH_ANSWERS = 20
# Who is looked at again and again while answers come in is caught by chance some time: until all
# is quiet, more certainty is asked for (Haybittle, 1971; Peto et al., 1976).
ENOUGH_CERTAINTY = 0.95
CERTAINTY_UNDER_WAY = 0.99
# A dismissed suspicion is raised again when the worker has given half as many answers more.
AGAIN_AFTER = 1.5
EVIDENCE_ANSWERS = 50


class AlreadyDecided(Refusal):
    """The flag was decided the other way, and a decision stands."""

    code = "already_decided"


@dataclass(frozen=True, slots=True)
class Suspicion:
    """Ground to flag a worker: by which rule, why in words, and the evidence as it stands now."""

    worker_id: int
    kind: str
    rule: tuple[str, str]
    n_answers: int
    reason: str
    evidence: dict[str, Any]


@transaction.atomic
def raise_flags(
    *,
    project: Project,
    judgement: Judgement,
    worker_ids: Sequence[int],
    accuracy: Accuracy,
    is_quiet: bool,
    now: datetime,
) -> list[Flag]:
    """Flag workers who are below the project's floor with 95 % probability; the new flags.

    While answers come in, 99 % are asked for.
    """
    enough = ENOUGH_CERTAINTY if is_quiet else CERTAINTY_UNDER_WAY
    surely_below = accuracy.below(project.reliability_floor) >= enough
    suspects = np.flatnonzero(surely_below & (accuracy.n >= ENOUGH_ANSWERS)).tolist()
    waiting = _waiting(
        project, {(worker_ids[i], Flag.Kind.LOW_ACCURACY): int(accuracy.n[i]) for i in suspects}
    )
    return _raise(
        project,
        [
            _below_floor(project, judgement, worker_ids[i], accuracy, i)
            for i in suspects
            if (worker_ids[i], Flag.Kind.LOW_ACCURACY) not in waiting
        ],
        now,
    )


@transaction.atomic
def raise_each(*, project: Project, suspicions: Sequence[Suspicion], now: datetime) -> list[Flag]:
    """Flag each suspicion, unless that kind is open or decided of the worker; the new flags.

    Nobody is flagged for speed alone: another kind is open, confirmed or raised beside it. The
    caller keeps others from flagging meanwhile.
    """
    counts = {(one.worker_id, one.kind): one.n_answers for one in suspicions}
    waiting = _waiting(project, counts)
    fresh = [one for one in suspicions if (one.worker_id, one.kind) not in waiting]
    stands = unsettled(project) | {(one.worker_id, one.kind) for one in fresh}
    suspected = {worker_id for worker_id, kind in stands if kind != Flag.Kind.TOO_FAST}
    raised = [one for one in fresh if one.kind != Flag.Kind.TOO_FAST or one.worker_id in suspected]
    return _raise(project, raised, now)


@transaction.atomic
def decide(*, flag: Flag, state: str, by_id: int, note: str, now: datetime) -> bool:
    """Confirm or dismiss a flag; False if it was so decided before. Raises AlreadyDecided."""
    if Flag.objects.filter(pk=flag.pk, state=Flag.State.OPEN).update(
        state=state, decided_at=now, decided_by_id=by_id, note=note
    ):
        flag.refresh_from_db()
        return True
    flag.refresh_from_db()
    if flag.state != state:
        raise AlreadyDecided(f"The flag was {flag.state} already, and a decision stands.")
    return False


def tasks_of(*, project: Project, worker_id: int) -> list[int]:
    """The tasks whose consensus this worker's answers are part of."""
    return list(
        Answer.objects.filter(project=project, worker_id=worker_id, task__is_gold=False)
        .exclude(task__state=Task.State.WITHDRAWN)
        .order_by("task_id")
        .values_list("task_id", flat=True)
    )


def unsettled(project: Project) -> set[tuple[int, str]]:
    """The workers and kinds that are not flagged again: open flags and confirmed ones."""
    known = Flag.objects.filter(project=project).exclude(state=Flag.State.DISMISSED)
    return set(known.values_list("worker_id", "kind"))


def _waiting(project: Project, counts: dict[tuple[int, str], int]) -> set[tuple[int, str]]:
    """Of these workers and kinds, with the answers they have, those not to be flagged again."""
    known = Flag.objects.filter(project=project, worker__in={worker for worker, _ in counts})
    found: set[tuple[int, str]] = set()
    for flag in known:
        place = (flag.worker_id, flag.kind)
        if (
            flag.state != Flag.State.DISMISSED
            or counts.get(place, 0) < AGAIN_AFTER * flag.n_answers
        ):
            found.add(place)
    return found


def _raise(project: Project, suspicions: Sequence[Suspicion], now: datetime) -> list[Flag]:
    return Flag.objects.bulk_create(
        [
            Flag(
                project=project,
                worker_id=one.worker_id,
                kind=one.kind,
                reason=one.reason,
                rule_name=one.rule[0],
                rule_version=one.rule[1],
                evidence=one.evidence,
                n_answers=one.n_answers,
                raised_at=now,
            )
            for one in sorted(suspicions, key=lambda one: (one.worker_id, one.kind))
        ]
    )


def _below_floor(
    project: Project, judgement: Judgement, worker_id: int, accuracy: Accuracy, i: int
) -> Suspicion:
    n = int(accuracy.n[i])
    value = round(float(accuracy.value[i]), 4)
    low, high = (round(float(end), 4) for end in accuracy.interval[i])
    floor = project.reliability_floor
    certainty = float(accuracy.below(floor)[i])
    return Suspicion(
        worker_id=worker_id,
        kind=Flag.Kind.LOW_ACCURACY,
        rule=RULE,
        n_answers=n,
        reason=(
            f"Over {n} answers the accuracy is {value:.2f} "
            f"(95 % interval {low:.2f} to {high:.2f}). "
            f"It is below this project's floor of {floor:.2f} with a probability of "
            f"{100 * certainty:.1f} %."
        ),
        evidence={
            "n": n,
            "accuracy": value,
            "interval": [low, high],
            "floor": floor,
            "answers": _least_likely(judgement, worker_id),
        },
    )


def _least_likely(judgement: Judgement, worker_id: int) -> list[dict[str, Any]]:
    """The worker's answers that fit the consensus worst, as they stand now."""
    found: list[tuple[float, int, str, Any, Any, float | None]] = []
    for made in judgement.fields:
        votes, ids, right = made.ballots.votes, made.ballots, made.opinion.right
        if right is None:
            continue
        code = int(np.searchsorted(ids.worker_ids, worker_id))
        if code == ids.worker_ids.size or ids.worker_ids[code] != worker_id:
            continue
        for vote in np.flatnonzero(votes.worker == code).tolist():
            verdict = made.opinion.verdicts[votes.task[vote]]
            found.append(
                (
                    float(right[vote]),
                    int(ids.task_ids[votes.task[vote]]),
                    votes.field["key"],
                    votes.answer(vote),
                    verdict.value,
                    verdict.confidence,
                )
            )
    found.sort(key=lambda one: one[:3])
    worst = found[:EVIDENCE_ANSWERS]
    answers = {
        answer.task_id: answer
        for answer in Answer.objects.filter(
            worker_id=worker_id, task_id__in=[one[1] for one in worst]
        ).select_related("task__item")
    }
    return [
        {
            "external_id": answers[task_id].task.item.external_id,
            "part": answers[task_id].task.part_index,
            "field": key,
            "answer": given,
            "value": value,
            "confidence": confidence,
            "guideline_version": answers[task_id].guideline_version,
        }
        for _, task_id, key, given, value, confidence in worst
    ]
