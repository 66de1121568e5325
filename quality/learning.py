"""Learn a model from a snapshot and ask it about open tasks; nothing is written here."""

import hashlib
import logging
import math
from collections import Counter
from collections.abc import Iterator
from dataclasses import asdict, dataclass, field
from typing import Any

import numpy as np

from quality import predictions, snapshots
from quality.core import classifier
from quality.core.classifier import Classifier, Features
from quality.judges.verdict import distribution, rounded
from quality.models import ModelVersion, Push
from tasks_app import pointers, splitting
from tasks_app.models import Project, Task
from tasks_app.staging import Spool

BLOCK = 1000
# One task in so many is never learned from, in any version of a project's model.
HELD_OUT = 5

Rule = dict[str, Any]
Payload = dict[str, Any]

logger = logging.getLogger(__name__)


class Hopeless(Exception):
    """No later attempt at this snapshot can succeed either."""


@dataclass(frozen=True, slots=True)
class Learned:
    """A model and its card."""

    classifier: Classifier
    n_train: int
    metrics: dict[str, float | int | None]


@dataclass(slots=True)
class _Rows:
    read: list[Any] = field(default_factory=list)
    labels: list[str] = field(default_factory=list)
    weights: list[float] = field(default_factory=list)


def is_held_out(external_id: str) -> bool:
    """Whether an item is only ever used to judge models."""
    digest = hashlib.sha256(external_id.encode()).digest()
    return int.from_bytes(digest, "big") % HELD_OUT == 0


def learn(push: Push, previous: ModelVersion | None) -> Learned:
    """Fit a model to a push's snapshot; equal snapshots give equal models. Raises Hopeless."""
    labels = _labels(push)
    earlier, earlier_rule = _earlier(push, previous)
    train, test, test_earlier = _Rows(), _Rows(), []
    for row in snapshots.rows(
        project=push.project, field=push.rule["field"], up_to_seq=push.up_to_seq
    ):
        if row["value"] not in labels:
            continue
        rows = test if is_held_out(row["external_id"]) else train
        rows.read.append(_read(push.rule, row["payload"]))
        rows.labels.append(row["value"])
        rows.weights.append(1.0 if row["confidence"] is None else row["confidence"])
        if rows is test and earlier_rule is not None:
            test_earlier.append(_read(earlier_rule, row["payload"]))
    fitted = _fitted(push.rule, train)
    metrics = _metrics(fitted, push.rule, labels, train, test)
    if earlier is not None and earlier_rule is not None:
        features = _features(earlier_rule, test_earlier)
        metrics["previous_accuracy"] = _accuracy(earlier, features, labels, test)
    return Learned(fitted, len(train.labels), metrics)


def stage(spool: Spool, push: Push, learned: Learned, version: str) -> None:
    """Spool what the model says of every open task of the project."""
    labels = _labels(push)
    for n_before, tasks in _open_tasks(push.project):
        read = [_read(push.rule, _payload(push.project, task)) for task in tasks]
        found = learned.classifier.probabilities(_features(push.rule, read), labels)
        for number, (task, row) in enumerate(zip(tasks, found, strict=True), n_before + 1):
            likeliest = int(row.argmax())
            told = {
                "external_id": task.item.external_id,
                "part": task.part_index,
                "model_version": version,
                "field": push.rule["field"],
                "value": labels[likeliest],
                "score": rounded(row[likeliest]),
                "distribution": distribution(labels, row),
            }
            predictions.stage(spool, number, told)


def _labels(push: Push) -> list[str]:
    form = {of_form["key"]: of_form for of_form in push.project.form}
    labels: list[str] | None = form.get(push.rule.get("field"), {}).get("labels")
    if labels is None:
        raise Hopeless("the form has no such field with labels to learn")
    return labels


def _fitted(rule: Rule, train: _Rows) -> Classifier:
    if not train.labels:
        raise Hopeless("there is no label to learn from besides those held out")
    if all(_is_nothing(read) for read in train.read):
        places = ", ".join(_pointers(rule))
        raise Hopeless(f"no payload has anything to learn from at {places}")
    weights = np.array(train.weights)
    try:
        return classifier.fit(_features(rule, train.read), train.labels, weights)
    except classifier.CannotLearn as error:
        raise Hopeless(str(error)) from None


def _metrics(
    fitted: Classifier, rule: Rule, labels: list[str], train: _Rows, test: _Rows
) -> dict[str, float | int | None]:
    truth = np.array([labels.index(label) for label in test.labels], dtype=np.int64)
    found = fitted.probabilities(_features(rule, test.read), labels)
    told = asdict(classifier.scores(found, truth))
    # Of labels that are equally frequent, the first in the form.
    n_learned = Counter(train.labels)
    n_right = test.labels.count(max(labels, key=lambda label: n_learned[label]))
    return {
        **{name: None if value is None else rounded(value) for name, value in told.items()},
        "n_test": len(test.labels),
        "majority_accuracy": rounded(n_right / len(test.labels)) if test.labels else None,
        "previous_accuracy": None,
    }


def _earlier(push: Push, previous: ModelVersion | None) -> tuple[Classifier | None, Rule | None]:
    """The previous model and the rule it reads payloads by, if it answers the same field."""
    if previous is None or previous.push is None or previous.bytes is None:
        return None, None
    rule: Rule = previous.push.rule
    if rule.get("field") != push.rule.get("field"):
        return None, None
    try:
        return classifier.from_bytes(bytes(previous.bytes)), rule
    except classifier.NotAClassifier:
        logger.warning("model.unreadable", extra={"version": previous.version})
        return None, None


def _accuracy(
    model: Classifier, features: Features, labels: list[str], test: _Rows
) -> float | None:
    if not test.labels:
        return None
    truth = np.array([labels.index(label) for label in test.labels], dtype=np.int64)
    accuracy = classifier.scores(model.probabilities(features, labels), truth).accuracy
    return None if accuracy is None else rounded(accuracy)


def _open_tasks(project: Project) -> Iterator[tuple[int, list[Task]]]:
    """Blocks of tasks that wait for answers, each with how many came before.

    Gold is among them: a prediction shown on all other work would tell it apart.
    """
    found = Task.objects.filter(project=project, state=Task.State.OPEN)
    after, n_before = 0, 0
    while block := list(found.filter(pk__gt=after).select_related("item").order_by("pk")[:BLOCK]):
        yield n_before, block
        after, n_before = block[-1].pk, n_before + len(block)


def _payload(project: Project, task: Task) -> Payload:
    part = splitting.Part(task.part_index, task.part_of, task.part_start, task.part_end)
    return splitting.part_payload(project.split, task.item.payload, part)


def _pointers(rule: Rule) -> list[str]:
    named = rule["text"] if "text" in rule else rule["numeric"]
    return [named] if isinstance(named, str) else list(named)


def _read(rule: Rule, payload: Payload) -> Any:
    """What the rule points at: a text, or one number or None for each pointer."""
    found = [_found(payload, pointer) for pointer in _pointers(rule)]
    return _text(found[0]) if "text" in rule else [_number(value) for value in found]


def _is_nothing(read: Any) -> bool:
    return not read.strip() if isinstance(read, str) else all(value is None for value in read)


def _features(rule: Rule, read: list[Any]) -> Features:
    return read if "text" in rule else classifier.numbers(read)


def _found(payload: Payload, pointer: str) -> Any:
    try:
        return pointers.found(payload, pointer)
    except pointers.NothingThere:
        return None


def _text(value: Any) -> str:
    """A text without words where there is none: such tasks are told by the base rates."""
    return str(value) if isinstance(value, str | int | float) else ""


def _number(value: Any) -> float | None:
    """Numbers also as a CSV spells them."""
    if not isinstance(value, str | int | float):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
