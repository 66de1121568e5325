"""Items come in, are read, and are taken back."""

from typing import Any

from django.http import HttpResponseBase
from rest_framework.request import Request

from marketplace.api import paging, schemas, spelling, uploads
from marketplace.api.door import CLIENT, MANAGER, REVIEWER, Door, operation
from marketplace.api.rendering import reply
from marketplace.flows import intake
from tasks_app import forms, items
from tasks_app.errors import Missing
from tasks_app.models import Item, Project

ITEM, REPORT = schemas.ref("Item"), schemas.ref("Report")


class ItemsDoor(Door):
    """The items of a project."""

    tag = "items"

    @operation(
        "list_items",
        roles=[MANAGER, REVIEWER, CLIENT],
        scope="items",
        params=paging.PARAMETERS,
        replies={200: paging.schema(ITEM)},
        streams=True,
    )
    def get(self, request: Request, slug: str) -> HttpResponseBase:
        """The items of a project, in the order they came."""
        rows = Item.objects.filter(project=self.project(slug)).select_related("batch")
        return paging.page(rows, params=self.params, as_ndjson=self.as_ndjson, render=shown)

    @operation(
        "add_items",
        roles=[MANAGER, CLIENT],
        scope="items",
        params=uploads.PARAMETERS
        | {
            "batch": {
                "type": "string",
                "minLength": 1,
                "maxLength": 200,
                "pattern": "^[^\\x00-\\x1f\\x7f-\\x9f]+$",
            }
        },
        upload=items.RECORD.document,
        replies={201: REPORT},
        conflicts=True,
    )
    def post(self, request: Request, slug: str) -> HttpResponseBase:
        """Store items and cut their tasks: all of them, or with `partial` the good ones."""
        project = self.project(slug)
        upload = intake.items_upload(
            project=project,
            records=uploads.records(self, from_cells=_from_cells(project)),
            batch=self.params.get("batch"),
            partial=self.params["partial"],
        )
        return uploads.store(self, upload)


class ItemDoor(Door):
    """One item."""

    tag = "items"

    @operation("get_item", roles=[MANAGER, REVIEWER, CLIENT], scope="items", replies={200: ITEM})
    def get(self, request: Request, slug: str, external_id: str) -> HttpResponseBase:
        """An item."""
        return reply(shown([_item(self.project(slug), external_id)])[0])


class WithdrawDoor(Door):
    """Take an item back."""

    tag = "items"

    @operation(
        "withdraw_item",
        roles=[MANAGER, CLIENT],
        scope="items",
        body=schemas.REASON_IN,
        replies={200: ITEM},
        conflicts=True,
    )
    def post(self, request: Request, slug: str, external_id: str) -> HttpResponseBase:
        """Close the item's tasks; its rows become withdrawn in the feed."""
        because = self.body().get("reason", "")
        project = self.project(slug)
        item = intake.withdraw(project=project, item=_item(project, external_id), because=because)
        return reply(shown([item])[0])


def shown(found: list[Item]) -> list[dict[str, Any]]:
    """Items as clients read them."""
    return [
        {
            "external_id": item.external_id,
            "batch": item.batch.name,
            "payload": item.payload,
            "priority": item.priority,
            "gold": item.gold,
            "hint": item.hint,
            "created_at": item.created_at,
            "withdrawn_at": item.withdrawn_at,
            "withdrawn_because": item.withdrawn_because if item.withdrawn_at else None,
        }
        for item in found
    ]


def _item(project: Project, external_id: str) -> Item:
    item = (
        Item.objects.filter(project=project, external_id=external_id)
        .select_related("batch")
        .first()
    )
    if item is None:
        raise Missing
    return item


def _from_cells(project: Project) -> uploads.FromCells:
    """A CSV row as an item: reserved columns by name, every other one a payload string."""
    fields = {field["key"]: field for field in project.form}

    def item(cells: uploads.Cells) -> dict[str, Any]:
        made: dict[str, Any] = {"payload": {}}
        gold: dict[str, Any] = {}
        for name, cell in cells.items():
            if name.startswith("gold."):
                key = name.removeprefix("gold.")
                if cell:
                    gold[key] = spelling.value(fields[key], cell) if key in fields else cell
            elif name == "priority":
                if cell:
                    number = forms.whole(cell)
                    made[name] = cell if number is None else number
            elif name in {"external_id", "hint"}:
                made[name] = cell
            else:
                made["payload"][name] = cell
        return made | ({"gold": gold} if gold else {})

    return item
