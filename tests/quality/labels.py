"""Props for retraining: projects whose items are told apart by their words, and labels for them."""

import random
from collections.abc import Callable, Iterable, Mapping
from datetime import datetime
from typing import Any

from marketplace.accounts.models import Tenant
from quality import retraining, settling
from quality.models import Push
from tasks_app.models import Project
from tasks_app.staging import Record
from tests.factories import NOON, a_project, bring_answers, bring_items

BUILTIN = {"after": 5, "sink": "builtin", "field": "kind", "text": "/text"}
_WORDS = {
    "wren": ["small", "brown", "tail", "sings", "hedge"],
    "owl": ["night", "eyes", "silent", "hoots", "barn"],
    "other": ["water", "white", "swims", "neck", "reeds"],
}


def a_retrained_project(tenant: Tenant | None = None, **overrides: Any) -> Project:
    """A project with a builtin rule where two equal answers of three resolve a task."""
    wanted = {
        "retraining": BUILTIN,
        "min_answers": 2,
        "max_answers": 3,
        "target_confidence": 0.6,
    }
    return a_project(tenant, **wanted | overrides)


def text_about(kind: str, external_id: str) -> str:
    """A text of six words, most of them about this kind; always the same for an item."""
    rng = random.Random(f"{kind} {external_id}")
    other = rng.choice([name for name in _WORDS if name != kind])
    return " ".join([*rng.choices(_WORDS[kind], k=4), *rng.choices(_WORDS[other], k=2)])


def kinds(ids: Iterable[str]) -> dict[str, str]:
    """A kind for each item, in turn."""
    return {external_id: list(_WORDS)[i % 3] for i, external_id in enumerate(ids)}


def add_items(project: Project, of_kind: Mapping[str, str], **overrides: Any) -> None:
    """Items whose texts tell what they are."""
    items = [
        {"external_id": external_id, "payload": {"text": text_about(kind, external_id)}}
        for external_id, kind in of_kind.items()
    ]
    records = [Record(row, item | overrides) for row, item in enumerate(items, 1)]
    bring_items(project, records)


def answer(
    project: Project,
    values: Mapping[str, str],
    workers: Iterable[str] = ("Wim", "Wanda"),
    now: datetime = NOON,
    **place: Any,
) -> None:
    """Each worker gives these answers, which are settled."""
    answers = [
        {"external_id": external_id, "worker": worker, "answer": {"kind": value}} | place
        for external_id, value in values.items()
        for worker in workers
    ]
    records = [Record(row, record) for row, record in enumerate(answers, 1)]
    bring_answers(project, records)
    settling.settle(project=project, now=now)


def some_labels(project: Project, n: int, start: int = 0) -> dict[str, str]:
    """n items with resolved labels; the same for every project."""
    of_kind = kinds(f"a{number}" for number in range(start, start + n))
    add_items(project, of_kind)
    answer(project, of_kind)
    return of_kind


def at(instant: datetime) -> Callable[[], datetime]:
    """A clock that stands still."""
    return lambda: instant


def asked(project: Project, now: datetime = NOON) -> Push:
    """A push that somebody asked for."""
    return retraining.prepare(project=project, trigger=Push.Trigger.MANUAL, now=now)


def trained(project: Project, now: datetime = NOON) -> Push:
    """The project's push, after a run of it."""
    push = retraining.take(now=now)
    assert push is not None
    assert push.project == project
    retraining.run(push=push, clock=at(now))
    push.refresh_from_db()
    return push
