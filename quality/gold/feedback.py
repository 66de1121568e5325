"""What a worker is told about an answer to gold."""

from dataclasses import dataclass
from typing import Any

from quality.gold import accepted
from tasks_app import forms
from tasks_app.forms import Field, Values
from tasks_app.models import Item


@dataclass(frozen=True, slots=True)
class Feedback:
    """How right an answer is, 0 to 1, and what its worker may be told of it."""

    score: float
    document: dict[str, Any]

    @property
    def is_miss(self) -> bool:
        """True if the answer misses the gold."""
        return accepted.is_missed(self.score)


def of(*, form: list[Field], task_id: int, values: Values) -> Feedback:
    """What there is to tell about values given to a gold task; what is right is not named."""
    item = Item.objects.only("gold", "hint").get(tasks=task_id)
    gold: Values = item.gold or {}
    shares = accepted.scores(form, gold, values)
    return Feedback(
        accepted.score(form, gold, values),
        {
            "fields": {
                key: {
                    "accepted": [_shown(entry) for entry in forms.accepted(gold[key])],
                    "reason": forms.reason(gold[key]),
                }
                for key, share in shares.items()
                if share < 1
            },
            "hint": item.hint,
        },
    )


def _shown(entry: dict[str, Any]) -> Any:
    """An accepted value; of numbers perhaps a range."""
    if "value" in entry:
        return entry["value"]
    return {"minimum": entry["minimum"], "maximum": entry["maximum"]}
