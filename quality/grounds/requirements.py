"""Requirements: boolean combinations over skills, attributes and lists, as a tenant writes them."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

Requirement = dict[str, Any]

SYSTEM = "system."
# What Concord knows of every worker, on the project or over all of the tenant's.
SYSTEM_SKILLS = {
    "answers": "the number of your answers",
    "accepted": "the share of your answers that were accepted",
    "reliability": "your reliability",
    "tasks_per_hour": "the number of tasks you do in an hour",
}
BOUNDS = {"value": "value", "lower": "lower bound", "upper": "upper bound"}
COMPARISONS = {
    "gte": "at least",
    "gt": "above",
    "lte": "at most",
    "lt": "below",
    "eq": "equal to",
    "ne": "other than",
}
MEMBERSHIPS = {"in": "one of", "not_in": "none of"}
PRESENCES = {"exists": "known", "not_exists": "unknown"}


@dataclass(frozen=True, slots=True)
class Value:
    """A skill's value, its 95 % interval, and how many answers it stands on."""

    value: float
    low: float
    high: float
    n: int

    def bound(self, name: str) -> float:
        """The value itself, or an end of its interval."""
        return {"value": self.value, "lower": self.low, "upper": self.high}[name]


@dataclass(frozen=True, slots=True)
class Facts:
    """What is known of one worker, as far as requirements can ask.

    skills: by name; system skills by (name, scope)
    helps: by a skill's name, what would give the worker a value, or a better one
    untold: skills whose values are not told: one answer could be read off them
    """

    skills: Mapping[Any, Value] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    helps: Mapping[str, str] = field(default_factory=dict)
    untold: frozenset[str] = frozenset()


def skills_in(requirement: Requirement | None) -> set[str]:
    """The names of the skills it asks for."""
    return {leaf["skill"] for leaf in leaves(requirement or {}) if "skill" in leaf}


def unmet(requirement: Requirement | None, facts: Facts) -> str | None:
    """None if the worker meets it, else what fails and what would help, as a sentence."""
    return _UNMET[kind(requirement)](requirement, facts) if requirement else None


def kind(part: Requirement) -> str:
    """Which of the kinds of requirements this one is."""
    return next(name for name in KINDS if name in part)


def leaves(requirement: Requirement) -> Iterator[Requirement]:
    """Its conditions, without what combines them."""
    for name in ("all", "any"):
        for part in requirement.get(name, []):
            yield from leaves(part)
    if "not" in requirement:
        yield from leaves(requirement["not"])
    if {"skill", "attribute", "list"} & requirement.keys():
        yield requirement


def _unmet_all(part: Requirement, facts: Facts) -> str | None:
    told = [why for one in part["all"] if (why := unmet(one, facts))]
    return "; ".join(told) or None


def _unmet_any(part: Requirement, facts: Facts) -> str | None:
    told = [unmet(one, facts) for one in part["any"]]
    missing = [why for why in told if why]
    if len(missing) < len(told):
        return None
    return "either " + ", or ".join(missing) if len(missing) > 1 else missing[0]


def _unmet_not(part: Requirement, facts: Facts) -> str | None:
    inner = part["not"]
    return None if unmet(inner, facts) else f"it must not be that {_described(inner)}"


def _unmet_list(leaf: Requirement, facts: Facts) -> str | None:
    is_on = leaf["list"] in facts.lists
    return None if is_on else f"you are not on the list {leaf['list']!r}, which the tenant keeps"


def _unmet_attribute(leaf: Requirement, facts: Facts) -> str | None:
    if _holds(leaf["op"], facts.attributes.get(leaf["attribute"]), leaf.get("value")):
        return None
    return f"{_described(leaf)} is asked for; the tenant keeps this attribute"


def _unmet_skill(leaf: Requirement, facts: Facts) -> str | None:
    name = leaf["skill"]
    key = (name, leaf.get("scope", "project")) if name.startswith(SYSTEM) else name
    known = facts.skills.get(key)
    number = None if known is None else known.bound(leaf.get("bound", "value"))
    if _holds(leaf["op"], number, leaf.get("value")):
        return None
    if known is None or number is None:
        have = "you have no value yet"
    elif name in facts.untold or name == f"{SYSTEM}reliability":
        have = "yours falls short of it"
    else:
        have = f"yours is {number:.2f} over {known.n} answers"
    helps = facts.helps.get(name, "it comes with your answers")
    return f"{_described(leaf)} is asked for, and {have}; {helps}"


def _holds(op: str, known: Any, wanted: Any) -> bool:
    if op in PRESENCES:
        return (known is not None) == (op == "exists")
    # Nothing is compared with what is unknown, not even to differ from it; by size, only numbers.
    if known is None or (op in _BY_SIZE and not is_number(known)):
        return False
    if op in MEMBERSHIPS:
        return (known in wanted) == (op == "in")
    return bool(_COMPARE[op](known, wanted))


def is_number(value: Any) -> bool:
    """True for what can be compared by size."""
    return isinstance(value, int | float) and not isinstance(value, bool)


def _described(part: Requirement) -> str:
    return _DESCRIBED[kind(part)](part)


def _described_attribute(leaf: Requirement) -> str:
    return f"attribute {leaf['attribute']!r} {_asked(leaf['op'], leaf.get('value'))}"


def _described_skill(leaf: Requirement) -> str:
    name, wanted = leaf["skill"], _asked(leaf["op"], leaf.get("value"))
    bound = BOUNDS[leaf.get("bound", "value")]
    if not name.startswith(SYSTEM):
        return f"skill {name!r} ({bound}) {wanted}"
    called = SYSTEM_SKILLS[name.removeprefix(SYSTEM)]
    where = "here" if leaf.get("scope", "project") == "project" else "with this tenant"
    return f"{called} {where} ({bound}) {wanted}"


def _asked(op: str, wanted: Any) -> str:
    if op in PRESENCES:
        return PRESENCES[op]
    if op in MEMBERSHIPS:
        return f"{MEMBERSHIPS[op]} {', '.join(map(str, wanted))}"
    shown = f"{wanted:g}" if isinstance(wanted, float) else str(wanted)
    return f"{COMPARISONS[op]} {shown}"


KINDS = ("all", "any", "not", "skill", "attribute", "list")
_UNMET: dict[str, Callable[[Requirement, Facts], str | None]] = {
    "all": _unmet_all,
    "any": _unmet_any,
    "not": _unmet_not,
    "skill": _unmet_skill,
    "attribute": _unmet_attribute,
    "list": _unmet_list,
}
_DESCRIBED: dict[str, Callable[[Requirement], str]] = {
    "all": lambda part: " and ".join(map(_described, part["all"])),
    "any": lambda part: " or ".join(map(_described, part["any"])),
    "not": lambda part: f"not ({_described(part['not'])})",
    "skill": _described_skill,
    "attribute": _described_attribute,
    "list": lambda part: f"you are on the list {part['list']!r}",
}
_COMPARE: dict[str, Callable[[Any, Any], bool]] = {
    "gte": operator.ge,
    "gt": operator.gt,
    "lte": operator.le,
    "lt": operator.lt,
    "eq": operator.eq,
    "ne": operator.ne,
}
_BY_SIZE = {"gte", "gt", "lte", "lt"}
