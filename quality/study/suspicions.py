"""From scores to flags of each kind, with evidence that a person can check."""

from collections.abc import Collection, Iterator
from functools import partial
from typing import Any

import numpy as np
from numpy.typing import NDArray

from quality.core.fraud import BUDGETS, FAST_SHARE
from quality.flags import Suspicion
from quality.models import Flag
from quality.study import figures
from quality.study.material import Material, in_time
from quality.study.scores import Scores
from tasks_app.models import Task

VERSION = "1"
# Fewer answers are no ground, whatever they say.
ENOUGH_ANSWERS = 10
# While answers come in one looks again and again: so many times less is allowed to chance.
STRICTER_UNDER_WAY = 5.0
EVIDENCE_ANSWERS = 50
SMALLEST_TOLD = 1e-4


def found(
    material: Material, scores: Scores, *, is_quiet: bool, but: Collection[tuple[int, str]] = ()
) -> Iterator[Suspicion]:
    """Whom the scores give ground to suspect, by kind and worker; but those known already."""
    stricter = 1.0 if is_quiet else STRICTER_UNDER_WAY
    enough = scores.information.n >= ENOUGH_ANSWERS * scores.n_fields
    little = scores.information.p_value <= BUDGETS.low_information / stricter
    drifted = scores.drift.p_value <= BUDGETS.drift / stricter
    pairs = scores.discovered(BUDGETS.copying / stricter)
    copies = np.zeros(enough.size, dtype=np.bool_)
    copies[scores.copying.worker_a[pairs]] = copies[scores.copying.worker_b[pairs]] = True
    hasty = scores.speed.p_value <= BUDGETS.too_fast / stricter
    # Others are not flagged for it, so their evidence need not be gathered.
    hasty &= (little | drifted | copies) & enough | np.isin(
        material.worker_ids, [worker for worker, _ in but]
    )
    for kind, flagged, suspect in (
        (Flag.Kind.LOW_INFORMATION, little & enough, _low_information),
        (Flag.Kind.DRIFT, drifted & enough, _drift),
        (Flag.Kind.COPYING, copies & enough, partial(_copying, pairs=pairs)),
        (Flag.Kind.TOO_FAST, hasty & (scores.speed.n >= ENOUGH_ANSWERS), _too_fast),
    ):
        for code in np.flatnonzero(flagged).tolist():
            if (int(material.worker_ids[code]), kind) not in but:
                yield suspect(material, scores, code)


def _low_information(material: Material, scores: Scores, code: int) -> Suspicion:
    one = scores.information
    n, gain = int(one.n[code]), float(one.gain[code])
    return _suspicion(
        material,
        code,
        Flag.Kind.LOW_INFORMATION,
        n=n,
        reason=(
            f"Over {n} answers, what was said tells {gain:.2f} nats an answer about the tasks, "
            "as the other answers show them. Of honest workers with the same tasks, "
            f"{_percent(one.p_value[code])} tell as little."
        ),
        evidence={"gain": gain, "interval": one.gain_interval[code].tolist()}
        | {"p_value": float(one.p_value[code]), "answers": _least_right(material, scores, code)},
    )


def _drift(material: Material, scores: Scores, code: int) -> Suspicion:
    one = scores.drift
    at, n = int(one.change_at[code]), int(one.n[code])
    before, after = one.accuracy_before[code], one.accuracy_after[code]
    return _suspicion(
        material,
        code,
        Flag.Kind.DRIFT,
        n=n,
        reason=(
            f"The first {at} of {n} answers are right with a share of {before:.2f}, those after "
            f"with one of {after:.2f}: a change is {np.exp(min(one.score[code], 50.0)):.3g} times "
            "likelier than none."
        ),
        evidence={
            "change_at": at,
            "before": {"accuracy": before, "interval": one.interval_before[code].tolist()},
            "after": {"accuracy": after, "interval": one.interval_after[code].tolist()},
            "p_value": float(one.p_value[code]),
            "series": one.series(code).right.round(3).tolist()[-1000:],
            "answers": _least_right(material, scores, code),
        },
    )


def _copying(
    material: Material, scores: Scores, code: int, *, pairs: NDArray[np.bool_]
) -> Suspicion:
    own = scores.pairs_of(code)
    told = figures.pairs_told(material, scores, code, own[pairs[own]], pairs)
    worst = told[0]
    return _suspicion(
        material,
        code,
        Flag.Kind.COPYING,
        n=int(scores.information.n[code]),
        reason=(
            f"On {worst['n_shared']} tasks answered by both, {worst['n_equal']} answers equal "
            f"those of another worker, {worst['n_common_errors']} of them unlikely ones; "
            f"{worst['n_expected']:.1f} equal ones are expected of workers who do not copy. In "
            f"{100 * worst['first']:.0f} % of those tasks this worker answered first. Either of "
            "the two may be the one who was copied."
        ),
        evidence={"pairs": told, "answers": _in_common(material, code, told[0]["partner_id"])},
    )


def _too_fast(material: Material, scores: Scores, code: int) -> Suspicion:
    one = scores.speed
    n, share, p_value = int(one.n[code]), float(one.share_fast[code]), float(one.p_value[code])
    return _suspicion(
        material,
        code,
        Flag.Kind.TOO_FAST,
        n=n,
        reason=(
            f"Of {n} answers, {100 * share:.0f} % came faster than {100 * (1 - FAST_SHARE):.0f} % "
            f"of the answers to their tasks do. Of this crowd, {_percent(p_value)} are as fast. "
            "Speed alone is no ground: this stands beside another suspicion, and restricts nobody."
        ),
        evidence={"p_value": p_value, "share_fast": share}
        | {"answers": _fastest(material, scores, code)},
    )


def _percent(share: float) -> str:
    return (
        f"{100 * share:.2g} %" if share >= SMALLEST_TOLD else f"less than {100 * SMALLEST_TOLD} %"
    )


def _suspicion(
    material: Material, code: int, kind: str, *, n: int, reason: str, evidence: dict[str, Any]
) -> Suspicion:
    return Suspicion(
        worker_id=int(material.worker_ids[code]),
        kind=kind,
        rule=(kind, VERSION),
        n_answers=n,
        reason=reason,
        evidence={"n": n} | evidence,
    )


def _least_right(material: Material, scores: Scores, code: int) -> list[dict[str, Any]]:
    """The answers least likely to be right by what the others said, in order of time."""
    right = scores.drift.series(code).right
    worst = set(np.argsort(right, kind="stable")[:EVIDENCE_ANSWERS].tolist())
    rows = [
        {
            "task_id": int(studied.task_ids[studied.question.votes.task[vote]]),
            "field": studied.key,
            "nth": place + 1,
            "answer": studied.labels[int(studied.question.votes.label[vote])],
            "value": _likeliest(studied, vote),
            "right": round(float(right[place]), 4),
        }
        for place, (studied, vote) in enumerate(in_time(material, code))
        if place in worst
    ]
    return _placed(rows)


def _fastest(material: Material, scores: Scores, code: int) -> list[dict[str, Any]]:
    """The answers that came fast for their tasks, the fastest for its task first."""
    answers, limit = material.ballots.answers, scores.speed.fast_below
    own = np.flatnonzero((material.worker_of(scores.timed) == code) & scores.speed.is_fast)
    elapsed = answers.elapsed[scores.timed[own]]
    order = np.argsort(elapsed / limit[own], kind="stable")[:EVIDENCE_ANSWERS]
    return _placed(
        [
            {
                "task_id": int(answers.task[scores.timed[vote]]),
                "elapsed_s": round(float(elapsed[at]), 3),
                "fast_below_s": round(float(limit[vote]), 3),
            }
            for at, vote in zip(order.tolist(), own[order].tolist(), strict=True)
        ]
    )


def _in_common(material: Material, code: int, partner_id: int) -> list[dict[str, Any]]:
    """What both said, and both said alike against the likeliest label first."""
    partner = int(np.searchsorted(material.worker_ids, partner_id))
    rows: list[dict[str, Any]] = []
    for studied in material.fields:
        votes = studied.question.votes
        own, theirs = studied.votes_of(code), studied.votes_of(partner)
        _, mine, other = np.intersect1d(votes.task[own], votes.task[theirs], return_indices=True)
        for a, b in zip(own[mine].tolist(), theirs[other].tolist(), strict=True):
            value = _likeliest(studied, a)
            answer = studied.labels[int(votes.label[a])]
            rows.append(
                {
                    "task_id": int(studied.task_ids[votes.task[a]]),
                    "field": studied.key,
                    "answer": answer,
                    "partner_answer": studied.labels[int(votes.label[b])],
                    "value": value,
                    "common_error": bool(votes.label[a] == votes.label[b] and answer != value),
                }
            )
    rows.sort(key=lambda row: (not row["common_error"], row["task_id"]))
    return _placed(rows[:EVIDENCE_ANSWERS])


def _likeliest(studied: Any, vote: int) -> Any:
    question = studied.question
    return studied.labels[int(question.posterior[question.votes.task[vote]].argmax())]


def _placed(rows: list[dict[str, Any]]) -> list[dict[str, Any]]:
    """The same with external ids in place of our own."""
    places = {
        pk: {"external_id": external_id, "part": part}
        for pk, external_id, part in Task.objects.filter(
            pk__in={row["task_id"] for row in rows}
        ).values_list("pk", "item__external_id", "part_index")
    }
    return [places[row.pop("task_id")] | row for row in rows]
