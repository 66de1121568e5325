"""Predictions come in and are read, and so are the models that made them."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from marketplace.api import paging, schemas, spelling, uploads
from marketplace.api.door import CLIENT, MANAGER, Door, operation
from marketplace.flows import intake
from quality import predictions
from quality.models import ModelVersion, Prediction
from tasks_app import forms
from tasks_app.models import Project

PREDICTION: dict[str, Any] = schemas.record(
    {
        "external_id": schemas.TEXT,
        "part": schemas.nullable(schemas.COUNT),
        "task": schemas.UUID,
        "field": schemas.TEXT,
        "model_version": schemas.TEXT,
        "value": schemas.ANY,
        "score": schemas.nullable(schemas.SHARE),
        "distribution": schemas.nullable({"type": "object"}),
        "created_at": schemas.TIME,
    }
)
_SHARE = schemas.nullable(schemas.SHARE)
METRICS: dict[str, Any] = schemas.record(
    {
        "accuracy": _SHARE,
        "log_loss": schemas.nullable({"type": "number"}),
        "ece": _SHARE,
        "n_test": schemas.COUNT,
        "majority_accuracy": _SHARE,
        "previous_accuracy": _SHARE,
    }
)
MODEL: dict[str, Any] = schemas.record(
    {
        "version": schemas.TEXT,
        "push": schemas.nullable(schemas.UUID),
        "snapshot": schemas.nullable(schemas.UUID),
        "n_train": schemas.nullable(schemas.COUNT),
        "metrics": schemas.nullable(METRICS),
        "previous": schemas.nullable(schemas.TEXT),
        "created_at": schemas.TIME,
    }
)
_REPORT = schemas.COMPONENTS["Report"]["properties"]
REPORT: dict[str, Any] = schemas.record(
    {name: schema for name, schema in _REPORT.items() if name != "tasks"}
)


class PredictionsDoor(Door):
    """The predictions of a project."""

    tag = "predictions"

    @operation(
        "list_predictions",
        roles=[MANAGER, CLIENT],
        scope="predictions",
        params=paging.PARAMETERS
        | {
            "model_version": {"type": "string", "maxLength": 100},
            "external_id": {"type": "string", "maxLength": 200},
        },
        replies={200: paging.schema(PREDICTION)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The predictions of a project, in the order they first came."""
        rows = predictions.listed(
            project=self.project(slug),
            model_version=self.params.get("model_version"),
            external_id=self.params.get("external_id"),
        )
        return paging.page(rows, params=self.params, as_ndjson=self.as_ndjson, render=shown)

    @operation(
        "add_predictions",
        roles=[MANAGER, CLIENT],
        scope="predictions",
        params=uploads.PARAMETERS,
        upload=predictions.RECORD.document,
        replies={201: REPORT},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Store predictions or replace them: all of them, or with `partial` the good ones."""
        project = self.project(slug)
        upload = intake.predictions_upload(
            project=project,
            records=uploads.records(self, from_cells=_from_cells(project)),
            partial=self.params["partial"],
        )
        return uploads.store(self, upload, without=("tasks",))


class ModelsDoor(Door):
    """The models of a project."""

    tag = "predictions"

    @operation(
        "list_models",
        roles=[MANAGER, CLIENT],
        scope="predictions",
        params=paging.PARAMETERS,
        replies={200: paging.schema(MODEL)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The models that were trained here, with their cards, or that sent predictions."""
        rows = predictions.models(project=self.project(slug))
        return paging.page(rows, params=self.params, as_ndjson=self.as_ndjson, render=models_shown)


def shown(found: list[Prediction]) -> list[dict[str, Any]]:
    """Predictions as clients read them."""
    return [predictions.row(prediction) for prediction in found]


def models_shown(found: list[ModelVersion]) -> list[dict[str, Any]]:
    """Models as clients read them."""
    return [predictions.model_row(model) for model in found]


def _from_cells(project: Project) -> uploads.FromCells:
    """A CSV row as a prediction; a distribution is spelled in JSON, an empty cell is absent."""
    fields = {field["key"]: field for field in project.form}

    def prediction(cells: uploads.Cells) -> dict[str, Any]:
        made: dict[str, Any] = {name: cell for name, cell in cells.items() if cell}
        field = fields.get(cells.get("field", ""))
        if field is not None and "value" in cells:
            made["value"] = spelling.value(field, cells["value"])
        if "score" in made:
            made["score"] = spelling.value({"type": "number"}, made["score"])
        if "part" in made:
            part = forms.whole(made["part"])
            made["part"] = made["part"] if part is None else part
        if "distribution" in made:
            made["distribution"] = spelling.from_json(made["distribution"])
        return made

    return prediction
