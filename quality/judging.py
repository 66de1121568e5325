"""From ballots to verdicts: by a full fit, or with what the last fit learned."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial

import numpy as np

from quality.ballots import Ballots, FieldBallots, by_field
from quality.core import Accuracy, pooled_accuracies
from quality.core.votes import Floats
from quality.judges import JUDGES, Judge, Learned, Verdict
from quality.models import FieldModel, WorkerModel
from tasks_app.models import Project


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one field of one task, and the answers it stands on."""

    verdict: Verdict
    judge: Judge
    n_answers: int
    n_set_aside: int
    guideline_version: int | None


@dataclass(frozen=True, slots=True)
class FieldJudgement:
    """One field as judged.

    right: (n_votes,) the probability that a vote is right; None where there is no right and wrong
    """

    ballots: FieldBallots
    learned: Learned
    verdicts: list[Verdict]
    right: Floats | None


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the ballots say, by task id and field, and how many answers were read."""

    seen: dict[int, int]
    n_counted: dict[int, int]
    tasks: dict[int, dict[str, Judged]] = field(default_factory=dict)
    fields: list[FieldJudgement] = field(default_factory=list)


_Learn = Callable[[FieldBallots, Judge], Learned]


def fit(project: Project, ballots: Ballots) -> Judgement:
    """Judge everything by a fit from scratch."""
    return _judged(project, ballots, _fitted)


def update(project: Project, ballots: Ballots) -> Judgement:
    """Judge some tasks with what the last fit learned of their workers."""
    return _judged(project, ballots, partial(_stored, project))


def accuracies(judgement: Judgement) -> tuple[list[int], Accuracy]:
    """The workers with categorical answers, and how accurate they are, fields pooled."""
    judged = [of_field for of_field in judgement.fields if of_field.right is not None]
    if not judged:
        return [], pooled_accuracies(np.empty(0, dtype=np.int64), np.empty(0), 0)
    workers = np.concatenate([j.ballots.worker_ids[j.ballots.votes.worker] for j in judged])
    right = np.concatenate([j.right for j in judged if j.right is not None])
    worker_ids, worker = np.unique(workers, return_inverse=True)
    # Two votes at one half: the uniform distribution, which presumes nothing of a person.
    return worker_ids.tolist(), pooled_accuracies(
        worker, right, worker_ids.size, prior_accuracy=0.5, prior_votes=2.0
    )


def _judged(project: Project, ballots: Ballots, learn: _Learn) -> Judgement:
    counted, n_counted = np.unique(ballots.task[~ballots.set_aside], return_counts=True)
    judgement = Judgement(
        seen=ballots.seen(),
        n_counted=dict(zip(counted.tolist(), n_counted.tolist(), strict=True)),
    )
    for of_field in by_field(ballots, project.form):
        judge = JUDGES[of_field.votes.field["type"]]
        learned = learn(of_field, judge)
        verdicts, right = judge.judge(of_field.votes, learned)
        judgement.fields.append(FieldJudgement(of_field, learned, verdicts, right))
        _enter(judgement, ballots, of_field, judge, verdicts)
    return judgement


def _enter(
    judgement: Judgement,
    ballots: Ballots,
    of_field: FieldBallots,
    judge: Judge,
    verdicts: list[Verdict],
) -> None:
    votes = of_field.votes
    n_answers = np.bincount(votes.task, minlength=votes.n_tasks).tolist()
    guideline = np.zeros(votes.n_tasks, dtype=np.int64)
    np.maximum.at(guideline, votes.task, ballots.guideline[of_field.rows])
    n_aside = _set_aside(ballots, votes.field["key"])
    for code, task_id in enumerate(of_field.task_ids.tolist()):
        judgement.tasks.setdefault(task_id, {})[votes.field["key"]] = Judged(
            verdict=verdicts[code],
            judge=judge,
            n_answers=n_answers[code],
            n_set_aside=n_aside.get(task_id, 0),
            guideline_version=int(guideline[code]) or None,
        )


def _set_aside(ballots: Ballots, key: str) -> dict[int, int]:
    n: dict[int, int] = {}
    for row in np.flatnonzero(ballots.set_aside).tolist():
        if key in ballots.values[row]:
            task_id = int(ballots.task[row])
            n[task_id] = n.get(task_id, 0) + 1
    return n


def _fitted(of_field: FieldBallots, judge: Judge) -> Learned:
    return judge.learn(of_field.votes)


def _stored(project: Project, of_field: FieldBallots, judge: Judge) -> Learned:
    key = of_field.votes.field["key"]
    population = FieldModel.objects.filter(project=project, field=key).values_list(
        "parameters", flat=True
    )
    known = dict(
        WorkerModel.objects.filter(
            project=project, field=key, worker_id__in=of_field.worker_ids.tolist()
        ).values_list("worker_id", "parameters")
    )
    if not population:
        return judge.learn(of_field.votes)
    parameters = np.array(population[0])
    newcomer = judge.newcomer(of_field.votes, parameters)
    rows = [known.get(worker_id) for worker_id in of_field.worker_ids.tolist()]
    return Learned(
        parameters, np.array([newcomer if row is None else np.array(row) for row in rows])
    )
