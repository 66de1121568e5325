"""From ballots to verdicts: by a full fit, or with what the last fit learned."""

from collections.abc import Callable
from dataclasses import dataclass, field
from functools import partial
from typing import Any

import numpy as np

from quality import stop_rules
from quality.ballots import Ballots, FieldBallots, by_field
from quality.core import Accuracy, pooled_accuracies
from quality.judges import JUDGES, Fitted, Judge, Learned, Opinion, Verdict
from quality.models import FieldModel, StopRule, WorkerModel
from tasks_app.models import Project


@dataclass(frozen=True, slots=True)
class Judged:
    """The verdict on one field of one task, what it was made by and the answers it stands on."""

    verdict: Verdict
    maker: "FieldJudgement"
    n_answers: int
    n_set_aside: int
    guideline_version: int | None


@dataclass(frozen=True, slots=True)
class FieldJudgement:
    """One field as judged.

    rule: from which stop posterior a task stops
    parameters: how the fit was made that judged it
    """

    ballots: FieldBallots
    judge: Judge
    learned: Learned
    opinion: Opinion
    rule: StopRule
    parameters: dict[str, Any]

    @property
    def key(self) -> str:
        """The field's key."""
        key: str = self.ballots.votes.field["key"]
        return key

    def is_met(self, verdict: Verdict) -> bool:
        """True if the field, for its part, has answers enough."""
        stop = verdict.stop_posterior
        return not self.judge.stops_by_target or (stop is not None and stop >= self.rule.tau)


@dataclass(frozen=True, slots=True)
class Judgement:
    """What the ballots say, by task id and field, and how many answers were read."""

    seen: dict[int, int]
    n_counted: dict[int, int]
    tasks: dict[int, dict[str, Judged]] = field(default_factory=dict)
    fields: list[FieldJudgement] = field(default_factory=list)


_Make = Callable[[FieldBallots, Judge], FieldJudgement]
# Does a fit, which asks no database, and returns what it gives.
Run = Callable[[Callable[[], Fitted]], Fitted]


def _at_once(fitting: Callable[[], Fitted]) -> Fitted:
    return fitting()


def fit(project: Project, ballots: Ballots, run: Run = _at_once) -> Judgement:
    """Judge everything by a fit from scratch."""
    return _judged(ballots, partial(_fitted, project, stop_rules.current(project), run))


def update(project: Project, ballots: Ballots) -> Judgement:
    """Judge some tasks with what the last fit learned of their workers."""
    return _judged(ballots, partial(_stored, project, stop_rules.current(project)))


def accuracies(judgement: Judgement) -> tuple[list[int], Accuracy]:
    """The workers with categorical answers, and how accurate they are, fields pooled."""
    judged = [
        (made.ballots, made.opinion.right)
        for made in judgement.fields
        if made.opinion.right is not None
    ]
    if not judged:
        return [], pooled_accuracies(np.empty(0, dtype=np.int64), np.empty(0), 0)
    workers = np.concatenate([ids.worker_ids[ids.votes.worker] for ids, _ in judged])
    right = np.concatenate([right for _, right in judged])
    worker_ids, worker = np.unique(workers, return_inverse=True)
    # Two votes at one half: the uniform distribution, which presumes nothing of a person.
    return worker_ids.tolist(), pooled_accuracies(
        worker, right, worker_ids.size, prior_accuracy=0.5, prior_votes=2.0
    )


def _judged(ballots: Ballots, make: _Make) -> Judgement:
    judgement = Judgement(seen=ballots.seen(), n_counted=ballots.counting())
    for of_field in by_field(ballots, ballots.project.form):
        made = make(of_field, JUDGES[of_field.votes.field["type"]])
        judgement.fields.append(made)
        _enter(judgement, ballots, made)
    return judgement


def _enter(judgement: Judgement, ballots: Ballots, made: FieldJudgement) -> None:
    votes = made.ballots.votes
    n_answers = np.bincount(votes.task, minlength=votes.n_tasks).tolist()
    guideline = np.zeros(votes.n_tasks, dtype=np.int64)
    np.maximum.at(guideline, votes.task, ballots.answers.guideline[made.ballots.rows])
    n_aside = ballots.set_aside_by_task(made.key)
    for code, task_id in enumerate(made.ballots.task_ids.tolist()):
        judgement.tasks.setdefault(task_id, {})[made.key] = Judged(
            verdict=made.opinion.verdicts[code],
            maker=made,
            n_answers=n_answers[code],
            n_set_aside=n_aside.get(task_id, 0),
            guideline_version=int(guideline[code]) or None,
        )


def _fitted(
    project: Project,
    rules: dict[str, StopRule],
    run: Run,
    of_field: FieldBallots,
    judge: Judge,
) -> FieldJudgement:
    fitted = run(
        partial(
            judge.fit, of_field.votes, target=project.target_confidence, least=project.min_answers
        )
    )
    rule = stop_rules.after(rules[of_field.votes.field["key"]], fitted.threshold)
    return FieldJudgement(of_field, judge, fitted.learned, fitted.opinion, rule, fitted.parameters)


def _stored(
    project: Project, rules: dict[str, StopRule], of_field: FieldBallots, judge: Judge
) -> FieldJudgement:
    key = of_field.votes.field["key"]
    model = FieldModel.objects.filter(project=project, field=key).first()
    if model is None:
        return _fitted(project, rules, _at_once, of_field, judge)
    known = dict(
        WorkerModel.objects.filter(
            project=project, field=key, worker_id__in=of_field.worker_ids.tolist()
        ).values_list("worker_id", "parameters")
    )
    population = np.array(model.parameters)
    newcomer = judge.newcomer(of_field.votes, population)
    rows = [known.get(worker_id) for worker_id in of_field.worker_ids.tolist()]
    learned = Learned(population, [newcomer if row is None else np.array(row) for row in rows])
    opinion = judge.judge(of_field.votes, learned)
    return FieldJudgement(of_field, judge, learned, opinion, rules[key], model.made_with)
