"""Suspect workers on evidence, and decide about suspicions."""

from collections.abc import Sequence
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
    suspects = {
        worker_ids[i]: i
        for i in np.flatnonzero(surely_below & (accuracy.n >= ENOUGH_ANSWERS)).tolist()
    }
    known = Flag.objects.filter(
        project=project, worker_id__in=suspects, kind=Flag.Kind.LOW_ACCURACY
    )
    for flag in known.order_by("pk"):
        waits = flag.state != Flag.State.DISMISSED or (
            flag.worker_id in suspects
            and accuracy.n[suspects[flag.worker_id]] < AGAIN_AFTER * flag.n_answers
        )
        if waits:
            suspects.pop(flag.worker_id, None)
    return Flag.objects.bulk_create(
        [
            _flag(project, judgement, worker_id, accuracy, i, now)
            for worker_id, i in sorted(suspects.items())
        ]
    )


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


def _flag(
    project: Project,
    judgement: Judgement,
    worker_id: int,
    accuracy: Accuracy,
    i: int,
    now: datetime,
) -> Flag:
    n = int(accuracy.n[i])
    value = round(float(accuracy.value[i]), 4)
    low, high = (round(float(end), 4) for end in accuracy.interval[i])
    floor = project.reliability_floor
    certainty = float(accuracy.below(floor)[i])
    return Flag(
        project=project,
        worker_id=worker_id,
        kind=Flag.Kind.LOW_ACCURACY,
        reason=(
            f"Over {n} answers the accuracy is {value:.2f} "
            f"(95 % interval {low:.2f} to {high:.2f}). "
            f"It is below this project's floor of {floor:.2f} with a probability of "
            f"{100 * certainty:.1f} %."
        ),
        rule_name=RULE[0],
        rule_version=RULE[1],
        evidence={
            "n": n,
            "accuracy": value,
            "interval": [low, high],
            "floor": floor,
            "answers": _least_likely(judgement, worker_id),
        },
        n_answers=n,
        raised_at=now,
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
