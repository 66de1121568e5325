"""Keep what a fit learned: when tasks stop, how each worker answers, whom to suspect."""

from datetime import datetime
from typing import Any

import orjson
from django.db import connection, transaction

from quality import flags, judging, stop_rules, study, writing
from quality.core import Accuracy
from quality.models import FieldModel, Flag, WorkerModel
from quality.sql import statement
from tasks_app.models import Project

WORKER_MODELS, RELIABILITIES = statement("worker_models_keep"), statement("reliabilities_keep")


def keep_rules(project: Project, fence: int, judgement: judging.Judgement, now: datetime) -> None:
    """Store the rules by which tasks stop, before a revision names them. Raises LostLease."""
    new = [made.rule for made in judgement.fields if stop_rules.is_new(made.rule)]
    if new:
        with transaction.atomic():
            writing.hold(project, fence)
            stop_rules.keep(new, current=stop_rules.current(project), now=now)


def learn(
    project: Project, judgement: judging.Judgement, now: datetime, *, is_quiet: bool
) -> list[Flag]:
    """Keep what the fit learned, and suspect whom it gives ground to."""
    for made in judgement.fields:
        _keep_model(project, made)
    worker_ids, accuracy = judging.accuracies(judgement)
    _keep_reliability(project, worker_ids, accuracy)
    study.mark(project=project, is_quiet=is_quiet, now=now)
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
    _store(
        WORKER_MODELS,
        [
            {"worker_id": worker_id, "parameters": row.tolist()}
            for worker_id, row in zip(
                made.ballots.worker_ids.tolist(), made.learned.workers, strict=True
            )
        ],
        project_id=project.pk,
        field=made.key,
    )


def _keep_reliability(project: Project, worker_ids: list[int], accuracy: Accuracy) -> None:
    n_answers = accuracy.n.astype(int).tolist()
    alphas, betas = accuracy.alpha.tolist(), accuracy.beta.tolist()
    _store(
        RELIABILITIES,
        [
            {"worker_id": worker_id, "n_answers": n, "alpha": alpha, "beta": beta}
            for worker_id, n, alpha, beta in zip(worker_ids, n_answers, alphas, betas, strict=True)
        ],
        project_id=project.pk,
    )


def _store(query: str, rows: list[dict[str, Any]], **parameters: Any) -> None:
    """By one statement, for others wait for the feed meanwhile."""
    with connection.cursor() as cursor:
        cursor.execute(query, {"rows": orjson.dumps(rows).decode(), **parameters})
