"""An assignment as its worker reads it: nothing in it tells gold from other work."""

from collections.abc import Mapping
from datetime import datetime
from typing import Any

from marketplace.api import money
from quality import predictions
from tasks_app import splitting
from tasks_app.models import Answer, Assignment, Task
from tasks_app.splitting import Part


def shown(
    found: list[Assignment], *, now: datetime, answers: Mapping[int, Answer] | None = None
) -> list[dict[str, Any]]:
    """Assignments with their task, item and project at hand; answers by assignment id."""
    shows = [assignment.task_id for assignment in found if assignment.project.show_predictions]
    predicted = predictions.newest(task_ids=shows) if shows else {}
    return [
        _shown(assignment, predicted.get(assignment.task_id), now)
        | _answered((answers or {}).get(assignment.pk))
        for assignment in found
    ]


def _shown(
    assignment: Assignment, predicted: dict[str, Any] | None, now: datetime
) -> dict[str, Any]:
    project, task = assignment.project, assignment.task
    version = assignment.guideline_version
    is_leased = assignment.state == Assignment.State.LEASED
    left = (assignment.leased_until - now).total_seconds() if is_leased else 0.0
    return {
        "id": assignment.uid,
        "task": task.uid,
        "project": project.slug,
        "part": _part(task),
        "payload": splitting.part_payload(
            project.split,
            task.item.payload,
            Part(task.part_index, task.part_of, task.part_start, task.part_end),
        ),
        "form": project.form,
        "guidelines_url": f"/api/v1/projects/{project.slug}/guidelines/?version={version}",
        "guideline_version": version,
        "leased_until": assignment.leased_until,
        "remaining_s": max(0.0, round(left, 3)),
        "reward": money.shown(project.reward_micros, project.reward_currency),
        "prediction": predicted,
        "state": assignment.state,
    }


def _part(task: Task) -> dict[str, int | None] | None:
    if task.part_index is None:
        return None
    part: dict[str, int | None] = {"index": task.part_index, "of": task.part_of}
    if task.part_start is not None:
        part |= {"start": task.part_start, "end": task.part_end}
    return part


def _answered(answer: Answer | None) -> dict[str, Any]:
    if answer is None:
        return {}
    return {"answer": answer.values, "answered_at": answer.answered_at, "late": answer.late}
