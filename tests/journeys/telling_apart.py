"""How well gold is told from other work by all that a worker receives."""

import json
import re
import uuid
import zlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from datetime import datetime
from typing import Any

import numpy as np
from sklearn.ensemble import HistGradientBoostingClassifier
from sklearn.metrics import roc_auc_score
from sklearn.model_selection import GroupKFold
from threadpoolctl import threadpool_limits

N_FOLDS, N_DRAWS, SEED = 5, 200, 0
NUMBER = re.compile(r"\d+")
MOVES = (" moved", " moves", " comes or goes")

Features = dict[str, float]


@dataclass
class Seen:
    """What workers saw of assignments, one entry each.

    rows: what came with the work
    readings: what could be read after the answer, of those where somebody looked
    returns: what became of what was given back
    """

    tasks: dict[str, str] = field(default_factory=dict)
    rows: dict[str, Features] = field(default_factory=dict)
    readings: dict[str, Features] = field(default_factory=dict)
    returns: dict[str, Features] = field(default_factory=dict)

    def claimed(self, asked: int, reply: Mapping[str, Any], size: int) -> None:
        """A claim brought these assignments; some of them may have been there before."""
        found = reply["assignments"]
        before: Features = {}
        for place, assignment in enumerate(found):
            name, told = assignment["id"], dict(leaves(assignment))
            row = {
                **told,
                **{
                    f"{leaf} gap": value - before[leaf]
                    for leaf, value in told.items()
                    if leaf in before
                },
                "place": place,
                "place from the end": len(found) - place,
                "asked": asked,
                "n": len(found),
                "size": len(json.dumps(assignment)),
                "size of the reply": size,
            }
            if name in self.returns:
                self._came_back(name, row)
            self.tasks[name], self.rows[name] = assignment["task"], row
            before = told

    def answered(self, name: str, reply: Mapping[str, Any], size: int) -> None:
        """What came back on the answer to an assignment."""
        told = {f"answered {leaf}": value for leaf, value in leaves(reply)}
        self.rows[name] |= told | {"answered size": size}

    def read(self, name: str, when: str, before: Any, after: Any) -> None:
        """What could be read before and after the answer to an assignment, and what moved."""
        told = self.readings.setdefault(name, {})
        for path in after:
            was, now = dict(leaves(before[path], path)), dict(leaves(after[path], path))
            moved = {leaf: now[leaf] - was[leaf] for leaf in now.keys() & was.keys()}
            told |= {f"{when} {leaf}": value for leaf, value in now.items()}
            told |= {f"{when} {leaf} moved": value for leaf, value in moved.items()}
            told[f"{when} {path} moves"] = sum(value != 0 for value in moved.values())
            told[f"{when} {path} comes or goes"] = len(now.keys() ^ was.keys())

    def given_back(self, name: str, reply: Mapping[str, Any], size: int) -> None:
        """What came back when an assignment was released."""
        told = {f"released {leaf}": value for leaf, value in leaves(reply)}
        known = self.returns.setdefault(name, {"times released": 0, "times back": 0})
        known["times released"] += 1
        known |= told | {"released size": size}

    def _came_back(self, name: str, row: Features) -> None:
        before, known = self.rows[name], self.returns[name]
        known["times back"] += 1
        for leaf, value in row.items():
            known[f"back {leaf}"] = value
            known[f"back {leaf} moved"] = value - before.get(leaf, value)

    def listed(self, history: Sequence[Mapping[str, Any]]) -> None:
        """A worker's own list of assignments: where each stands, also within its claim."""
        ends = [assignment["leased_until"] for assignment in history]
        first = {end: ends.index(end) for end in ends}
        for place, (assignment, end) in enumerate(zip(history, ends, strict=True)):
            told = {f"listed {leaf}": value for leaf, value in leaves(assignment)}
            told["listed place"] = place
            told["listed place in the claim"] = place - first[end]
            told["listed share of the claim"] = (place - first[end]) / ends.count(end)
            self.rows[assignment["id"]] |= told

    def after_answers(self) -> "Seen":
        """Those alone where somebody looked after the answer, with what they read."""
        return self._with(self.readings)

    def after_returns(self) -> "Seen":
        """Those alone that were given back, with what became of them."""
        return self._with(self.returns)

    def after_changes(self) -> "Seen":
        """The same without all that did not change by the answer: fewer things to be misled by."""
        moved = {
            name: {leaf: value for leaf, value in told.items() if leaf.endswith(MOVES)}
            for name, told in self.readings.items()
        }
        return Seen(tasks={name: self.tasks[name] for name in moved}, rows=moved)

    def _with(self, more: Mapping[str, Features]) -> "Seen":
        return Seen(
            tasks={name: self.tasks[name] for name in more},
            rows={name: self.rows[name] | told for name, told in more.items()},
        )


@dataclass(frozen=True)
class Measured:
    """The AUC of the best guess at gold, and its 95 % interval."""

    auc: float
    low: float
    high: float


def leaves(value: Any, name: str = "") -> Iterator[tuple[str, float]]:
    """All that a document says, as numbers, whatever it is about."""
    if isinstance(value, Mapping):
        yield f"{name} members", len(value)
        for key, inner in value.items():
            yield from leaves(inner, f"{name}/{key}")
    elif isinstance(value, list):
        yield f"{name} members", len(value)
        for number, inner in enumerate(value):
            yield from leaves(inner, f"{name}/{number}")
    elif isinstance(value, str):
        yield from _text(value, name)
    elif value is not None:
        yield name, float(value)


def _text(text: str, name: str) -> Iterator[tuple[str, float]]:
    yield f"{name} length", len(text)
    yield f"{name} hash", zlib.crc32(text.encode()) % 997
    yield f"{name} begins", zlib.crc32(text[:4].encode()) % 997
    yield f"{name} ends", zlib.crc32(text[-4:].encode()) % 997
    numbers = NUMBER.findall(text)
    if numbers:
        yield f"{name} first number", float(numbers[0])
        yield f"{name} last number", float(numbers[-1])
    try:
        bits = uuid.UUID(text).int
    except ValueError:
        pass
    else:
        for part in range(4):
            yield f"{name} bits {part}", float(bits >> (32 * part) & 0xFFFFFFFF)
    try:
        time = datetime.fromisoformat(text)
    except ValueError:
        return
    yield f"{name} time", time.timestamp() % 1e5
    yield f"{name} microsecond", time.microsecond


def measured(seen: Seen, gold: set[str]) -> Measured:
    """Guess gold by gradient boosting from other tasks, and see how often the guess is right.

    No task is both learned from and guessed at; the interval is a bootstrap over tasks.
    """
    names = sorted({name for row in seen.rows.values() for name in row})
    table = np.array([[row.get(name, np.nan) for name in names] for row in seen.rows.values()])
    # What is the same everywhere tells nothing, and takes time.
    table = table[:, np.nanmin(table, axis=0) < np.nanmax(table, axis=0)]
    tasks = [seen.tasks[name] for name in seen.rows]
    _, task = np.unique(tasks, return_inverse=True)
    is_gold = np.array([task in gold for task in tasks])
    guess = np.zeros(is_gold.size)
    folds = GroupKFold(N_FOLDS, shuffle=True, random_state=SEED)
    for learned, held_out in folds.split(table, is_gold, task):
        model = HistGradientBoostingClassifier(
            max_iter=60, learning_rate=0.1, min_samples_leaf=40, random_state=SEED
        )
        # Threads that wait for each other on a busy machine take many times as long.
        with threadpool_limits(1):
            model.fit(table[learned], is_gold[learned])
            guess[held_out] = model.predict_proba(table[held_out])[:, 1]
    chance = np.random.default_rng(SEED)
    n_tasks = int(task.max()) + 1
    draws = []
    for _ in range(N_DRAWS):
        weight = np.bincount(chance.integers(n_tasks, size=n_tasks), minlength=n_tasks)[task]
        draws.append(roc_auc_score(is_gold, guess, sample_weight=weight))
    low, high = np.quantile(draws, [0.025, 0.975])
    return Measured(float(roc_auc_score(is_gold, guess)), float(low), float(high))
