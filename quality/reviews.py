"""Reviewers' words on answers."""

from collections.abc import Sequence
from datetime import datetime
from typing import Any

from django.db import transaction

from quality.models import Review
from tasks_app.errors import Fault, Invalid
from tasks_app.models import Answer, Project

Key = tuple[str, int | None, int]


@transaction.atomic
def keep(
    *, project: Project, by_id: int, rows: Sequence[dict[str, Any]], now: datetime
) -> list[int]:
    """Keep each review, in place of one before; the workers whose answers it is another word on.

    rows: {"external_id", "part", "worker_id", "accepted", "note"}

    Raises Invalid naming each row that is about no answer; then nothing is kept.
    """
    answers = _answers(project, rows)
    faults = [
        Fault("", "unknown_answer", f"no answer of this worker to {row['external_id']!r}", number)
        for number, row in enumerate(rows, start=1)
        if _key(row) not in answers
    ]
    if faults:
        raise Invalid(faults)
    ids = [answers[_key(row)] for row in rows]
    before = dict(Review.objects.filter(answer__in=ids).values_list("answer_id", "accepted"))
    Review.objects.bulk_create(
        {
            answer_id: Review(
                answer_id=answer_id,
                project=project,
                worker_id=row["worker_id"],
                accepted=row["accepted"],
                note=row["note"],
                by_id=by_id,
                at=now,
            )
            for row, answer_id in zip(rows, ids, strict=True)
        }.values(),
        update_conflicts=True,
        unique_fields=["answer"],
        update_fields=["accepted", "note", "by", "at"],
    )
    return [
        row["worker_id"]
        for row, answer_id in zip(rows, ids, strict=True)
        if before.get(answer_id) != row["accepted"]
    ]


def _key(row: dict[str, Any]) -> Key:
    return row["external_id"], row["part"], row["worker_id"]


def _answers(project: Project, rows: Sequence[dict[str, Any]]) -> dict[Key, int]:
    found = Answer.objects.filter(
        project=project,
        worker__in={row["worker_id"] for row in rows},
        task__item__external_id__in={row["external_id"] for row in rows},
        task__item__project=project,
    )
    columns = ("task__item__external_id", "task__part_index", "worker_id", "pk")
    return {
        (external_id, part, worker_id): pk
        for external_id, part, worker_id, pk in found.values_list(*columns)
    }
