"""Predictions: what models answer, stored for tasks and setting the order of untouched ones."""

from collections.abc import Collection, Iterable, Iterator
from contextlib import contextmanager
from datetime import datetime
from typing import Any

import orjson
from django.db import connection
from django.db.models import QuerySet

from quality.models import ModelVersion, Prediction
from quality.sql import statement
from tasks_app import fitting, forms, queue
from tasks_app.errors import Fault, Invalid, invalid
from tasks_app.items import EXTERNAL_ID
from tasks_app.models import Project
from tasks_app.pointers import escaped
from tasks_app.schemas import Schema
from tasks_app.staging import Arrived, Faults, Record, Spool, Upload, make_table, read, spools

FAULTS = statement("prediction_faults")
SEEN = statement("prediction_seen")
MODELS = statement("prediction_models")
STORE = statement("prediction_store")
RANK = statement("rank")

# How far from 1 a distribution may add up, for the sake of rounded numbers.
SLACK = 0.01

_SHARE = {"type": "number", "minimum": 0, "maximum": 1}
RECORD = Schema(
    {
        "type": "object",
        "properties": {
            "external_id": EXTERNAL_ID,
            "part": {"type": ["integer", "null"], "minimum": 0, "maximum": 2_147_483_647},
            "model_version": {
                "type": "string",
                "minLength": 1,
                "maxLength": 100,
                "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$",
            },
            "field": {"type": "string"},
            "value": {},
            "score": {"anyOf": [_SHARE, {"type": "null"}]},
            "distribution": {"type": ["object", "null"], "additionalProperties": _SHARE},
        },
        "required": ["external_id", "model_version", "field", "value"],
        "additionalProperties": False,
    }
)
_WRONG = {
    "unknown_item": ("/external_id", "the project has no such item"),
    "item_withdrawn": ("/external_id", "the item was withdrawn"),
    "unknown_part": ("/part", "the item has no such part"),
}

Row = dict[str, Any]


@contextmanager
def upload(
    *, project: Project, records: Iterable[Record], partial: bool, now: datetime
) -> Iterator[Upload]:
    """Predictions made elsewhere, read and checked. Raises Invalid naming each bad row.

    On storing, one of the same (task, field, model version) is replaced.
    """
    fields = {field["key"]: field for field in project.form}
    with spools(1) as (spool,):

        def take(record: Record) -> None:
            RECORD.check(record.value)
            stage(spool, record.row, _checked(fields, record.value))

        def bring_in(faults: Faults) -> Arrived:
            unstage(spool)
            _find_faults(project, faults)
            return Arrived(store(project=project, now=now))

        yield read(records, take=take, bring_in=bring_in, partial=partial)


def stage(spool: Spool, row: int, record: Row) -> None:
    """Put one valid prediction into the spool."""
    spool.add(
        row,
        record["external_id"],
        record["part"],
        record["model_version"],
        record["field"],
        orjson.dumps(record["value"]).decode(),
        record["score"],
        record["distribution"],
    )


def unstage(spool: Spool) -> None:
    """Make the staged predictions a table, until the transaction ends."""
    spool.copy_into(
        "stage_prediction",
        "row int, external_id text, part int, model_version text, field text, value jsonb, "
        "score float8, distribution jsonb",
    )


def store(*, project: Project, now: datetime) -> int:
    """Keep what is staged, and order tasks by it; how many predictions are new or changed."""
    make_table("stage_predicted", "task_id bigint")
    with connection.cursor() as cursor:
        cursor.execute(MODELS, {"project_id": project.pk, "now": now})
        cursor.execute(STORE, {"project_id": project.pk, "now": now})
        n_stored = int(cursor.rowcount)
        if project.route == Project.Route.UNCERTAIN_FIRST:
            sets = [field["key"] for field in project.form if field["type"] == "multichoice"]
            cursor.execute(RANK, {"sets": sets})
            queue.end_bookmarks(project=project, n_tasks=cursor.rowcount)
    return n_stored


def listed(
    *, project: Project, model_version: str | None = None, external_id: str | None = None
) -> QuerySet[Prediction]:
    """The project's predictions, with what `row` reads."""
    found = Prediction.objects.filter(project=project).select_related("task__item")
    if model_version is not None:
        found = found.filter(model_version=model_version)
    if external_id is not None:
        found = found.filter(task__item__project=project, task__item__external_id=external_id)
    return found


def newest(*, task_ids: Collection[int]) -> dict[int, Row]:
    """Of each of these tasks that has predictions, the newest one for each field."""
    found = (
        Prediction.objects.filter(task__in=task_ids)
        .order_by("task", "field", "-created_at", "-pk")
        .distinct("task", "field")
    )
    told: dict[int, Row] = {}
    for prediction in found:
        told.setdefault(prediction.task_id, {})[prediction.field] = {
            "model_version": prediction.model_version,
            "value": prediction.value,
            "score": prediction.score,
            "distribution": prediction.distribution,
        }
    return told


def row(prediction: Prediction) -> Row:
    """A prediction as clients read it."""
    return {
        "external_id": prediction.task.item.external_id,
        "part": prediction.task.part_index,
        "task": prediction.task.uid,
        "field": prediction.field,
        "model_version": prediction.model_version,
        "value": prediction.value,
        "score": prediction.score,
        "distribution": prediction.distribution,
        "created_at": prediction.created_at,
    }


def models(*, project: Project) -> QuerySet[ModelVersion]:
    """The project's models without their bytes, with what `model_row` reads."""
    found = ModelVersion.objects.filter(project=project).select_related("push", "previous")
    return found.defer("bytes", "previous__bytes")


def model_row(model: ModelVersion) -> Row:
    """A model as clients read it; one trained elsewhere has neither push nor metrics."""
    return {
        "version": model.version,
        "push": None if model.push is None else model.push.uid,
        "snapshot": None if model.push is None else model.push.snapshot,
        "n_train": model.n_train,
        "metrics": model.metrics,
        "previous": None if model.previous is None else model.previous.version,
        "created_at": model.created_at,
    }


def _checked(fields: dict[str, forms.Field], record: Row) -> Row:
    field = fields.get(record["field"])
    if field is None:
        name = record["field"][:80]
        raise invalid("/field", "unknown_field", f"the form has no field {name!r}")
    value = forms.value(field, record["value"], pointer="/value")
    part, distribution = record.get("part"), record.get("distribution")
    if distribution is not None:
        _check_distribution(field, distribution)
    return record | {
        "value": value,
        "part": None if part is None else int(part),
        "score": record.get("score"),
        "distribution": distribution,
    }


def _check_distribution(field: forms.Field, distribution: dict[str, float]) -> None:
    labels = forms.choices(field)
    if labels is None:
        raise invalid("/distribution", "schema", "only a field of choices has a distribution")
    strange = sorted(set(distribution) - set(labels))
    if strange:
        raise Invalid(
            [
                Fault(
                    f"/distribution/{escaped(label)}",
                    "unknown_label",
                    f"{label[:80]!r} is not a label of {field['key']!r}",
                )
                for label in strange
            ]
        )
    # Each label of a set has a probability of its own.
    if field["type"] != "multichoice" and abs(sum(distribution.values()) - 1) > SLACK:
        raise invalid("/distribution", "not_a_distribution", "the probabilities do not add up to 1")


def _find_faults(project: Project, faults: Faults) -> None:
    with connection.cursor() as cursor:
        cursor.execute(FAULTS, {"project_id": project.pk})
        for number, code in cursor.fetchall():
            pointer, detail = _WRONG[code]
            faults.add(number, [Fault(pointer, code, detail)])
    fitting.find_misfits(
        project=project, query=SEEN, table="stage_prediction", pointer=None, faults=faults
    )
