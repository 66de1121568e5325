"""Answers collected elsewhere come in."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from marketplace.api import schemas, spelling, uploads
from marketplace.api.door import CLIENT, MANAGER, Door, operation
from marketplace.flows import intake
from tasks_app import forms, recorded
from tasks_app.models import Project

_RESERVED = {"external_id", "part", "worker", "answered_at"}


class AnswersDoor(Door):
    """Recorded answers."""

    tag = "answers"

    @operation(
        "add_answers",
        roles=[MANAGER, CLIENT],
        scope="answers",
        params=uploads.PARAMETERS,
        upload=recorded.RECORD.document,
        replies={201: schemas.ref("Report")},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Store answers collected elsewhere: all, or with `partial` the good ones."""
        project = self.project(slug)
        upload = intake.answers_upload(
            tenant=self.tenant,
            project=project,
            records=uploads.records(self, from_cells=_from_cells(project)),
            partial=self.params["partial"],
        )
        return uploads.store(self, upload)


def _from_cells(project: Project) -> uploads.FromCells:
    """A CSV row as an answer: one column per field, or `answer` if there is one field."""
    fields = {field["key"]: field for field in project.form}
    only = project.form[0] if len(project.form) == 1 else None

    def answer(cells: uploads.Cells) -> dict[str, Any]:
        made: dict[str, Any] = {}
        values: dict[str, Any] = {}
        for name, cell in cells.items():
            if name in _RESERVED:
                if cell or name in {"external_id", "worker"}:
                    made[name] = cell
            elif cell or name not in fields:
                field = only if name == "answer" and name not in fields else fields.get(name)
                key = field["key"] if field else name
                values[key] = spelling.value(field, cell) if field else cell
        if "part" in made:
            part = forms.whole(made["part"])
            made["part"] = made["part"] if part is None else part
        return made | {"answer": values}

    return answer
