"""Answers given and brought, settled and read back."""

import random

from quality import due, feed, settling
from tasks_app import answers, claims
from tasks_app.staging import Record
from tests.factories import (
    NOON,
    bring_answers,
)


def record(project, rows):
    """Recorded answers: (external_id, worker, values) each."""
    bring_answers(
        project,
        [
            Record(i, {"external_id": external_id, "worker": worker, "answer": values})
            for i, (external_id, worker, values) in enumerate(rows, start=1)
        ],
    )


def a_crowd(project, items, *, n_workers=8, accuracy=0.9, seed=1, truth="owl"):
    """Each worker answers each item, and is right this often."""
    chance = random.Random(seed)
    labels = project.form[0]["labels"]
    wrong = [label for label in labels if label != truth]
    record(
        project,
        [
            (
                item.external_id,
                f"w{worker}",
                {"kind": truth if chance.random() < accuracy else chance.choice(wrong)},
            )
            for item in items
            for worker in range(n_workers)
        ],
    )


def answer(task, worker, label, now=NOON):
    (lease,) = claims.claim(project_ids=[task.project.pk], worker_id=worker.pk, count=1, now=now)
    answers.submit(
        uid=lease.uid, worker_id=lease.worker_id, values={"kind": label}, elapsed_s=None, now=now
    )
    due.mark(project_id=task.project_id, task_ids=[lease.task_id], now=now)


def settled(project, now=NOON):
    return settling.settle(project=project, now=now)


def latest(project):
    return {row["external_id"]: row for row in feed.changes(project, after=0, limit=1000)}
