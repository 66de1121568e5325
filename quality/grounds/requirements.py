"""Requirements: boolean combinations over skills, attributes and lists, as a tenant writes them."""

import operator
from collections.abc import Callable, Iterator, Mapping
from dataclasses import dataclass, field
from typing import Any

from tasks_app.errors import Fault

Requirement = dict[str, Any]

DEEPEST, MOST_LEAVES = 6, 100
SYSTEM = "system."
# What Concord knows of every worker, on the project or over all of the tenant's.
SYSTEM_SKILLS = {
    "answers": "the number of your answers",
    "accepted": "the share of your answers that were accepted",
    "reliability": "your reliability",
    "tasks_per_hour": "the number of tasks you do in an hour",
}
SCOPES = ("project", "tenant")
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
_SKILL_KEYS = {"skill", "op", "value", "bound", "scope"}
_ATTRIBUTE_KEYS = {"attribute", "op", "value"}


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
    """

    skills: Mapping[Any, Value] = field(default_factory=dict)
    attributes: Mapping[str, Any] = field(default_factory=dict)
    lists: frozenset[str] = frozenset()
    helps: Mapping[str, str] = field(default_factory=dict)


def faults(requirement: Any, skills: set[str], pointer: str = "/requirements") -> list[Fault]:
    """What is wrong with an expression; skills are the names it may use."""
    found = list(_faults(requirement, skills, pointer, DEEPEST))
    if not found and sum(1 for _ in _leaves(requirement)) > MOST_LEAVES:
        found.append(Fault(pointer, "too_many", f"{MOST_LEAVES} conditions are the most"))
    return found


def skills_in(requirement: Requirement | None) -> set[str]:
    """The names of the skills it asks for."""
    return {leaf["skill"] for leaf in _leaves(requirement or {}) if "skill" in leaf}


def unmet(requirement: Requirement | None, facts: Facts) -> str | None:
    """None if the worker meets it, else what fails and what would help, as a sentence."""
    if not requirement:
        return None
    if "all" in requirement:
        told = [why for part in requirement["all"] if (why := unmet(part, facts))]
        return "; ".join(told) or None
    if "any" in requirement:
        told = []
        for part in requirement["any"]:
            why = unmet(part, facts)
            if why is None:
                return None
            told.append(why)
        return "either " + ", or ".join(told) if len(told) > 1 else told[0]
    if "not" in requirement:
        inner = requirement["not"]
        return f"it must not be that {_described(inner)}" if unmet(inner, facts) is None else None
    return _unmet_leaf(requirement, facts)


def _unmet_leaf(leaf: Requirement, facts: Facts) -> str | None:
    if "list" in leaf:
        on = leaf["list"] in facts.lists
        return None if on else f"you are not on the list {leaf['list']!r}, which the tenant keeps"
    if "attribute" in leaf:
        known = facts.attributes.get(leaf["attribute"])
        if _holds(leaf["op"], known, leaf.get("value")):
            return None
        return f"{_described(leaf)} is asked for; the tenant keeps this attribute"
    return _unmet_skill(leaf, facts)


def _unmet_skill(leaf: Requirement, facts: Facts) -> str | None:
    name = leaf["skill"]
    key = (name, leaf.get("scope", "project")) if name.startswith(SYSTEM) else name
    known = facts.skills.get(key)
    number = None if known is None else known.bound(leaf.get("bound", "value"))
    if _holds(leaf["op"], number, leaf.get("value")):
        return None
    have = (
        "you have no value yet"
        if known is None
        else f"yours is {known.bound(leaf.get('bound', 'value')):.2f} over {known.n} answers"
    )
    helps = facts.helps.get(name, "it comes with your answers")
    return f"{_described(leaf)} is asked for, and {have}; {helps}"


def _holds(op: str, known: Any, wanted: Any) -> bool:
    if op in PRESENCES:
        return (known is not None) == (op == "exists")
    # Nothing is compared with what is unknown, not even to differ from it.
    if known is None:
        return False
    if op in MEMBERSHIPS:
        return (known in wanted) == (op == "in")
    if op in {"eq", "ne"}:
        return (known == wanted) == (op == "eq")
    if not isinstance(known, int | float) or isinstance(known, bool):
        return False
    compare: dict[str, Callable[[Any, Any], bool]] = {
        "gte": operator.ge,
        "gt": operator.gt,
        "lte": operator.le,
        "lt": operator.lt,
    }
    return compare[op](known, wanted)


def _described(part: Requirement) -> str:
    if "all" in part:
        return " and ".join(_described(one) for one in part["all"])
    if "any" in part:
        return " or ".join(_described(one) for one in part["any"])
    if "not" in part:
        return f"not ({_described(part['not'])})"
    if "list" in part:
        return f"you are on the list {part['list']!r}"
    wanted = part.get("value")
    if "attribute" in part:
        return f"attribute {part['attribute']!r} {_asked(part['op'], wanted)}"
    name = part["skill"]
    bound = BOUNDS[part.get("bound", "value")]
    if name.startswith(SYSTEM):
        called = SYSTEM_SKILLS[name.removeprefix(SYSTEM)]
        where = "here" if part.get("scope", "project") == "project" else "with this tenant"
        return f"{called} {where} ({bound}) {_asked(part['op'], wanted)}"
    return f"skill {name!r} ({bound}) {_asked(part['op'], wanted)}"


def _asked(op: str, wanted: Any) -> str:
    if op in PRESENCES:
        return PRESENCES[op]
    if op in MEMBERSHIPS:
        return f"{MEMBERSHIPS[op]} {', '.join(map(str, wanted))}"
    shown = f"{wanted:g}" if isinstance(wanted, float) else str(wanted)
    return f"{COMPARISONS[op]} {shown}"


def _leaves(requirement: Requirement) -> Iterator[Requirement]:
    for name in ("all", "any"):
        for part in requirement.get(name, []):
            yield from _leaves(part)
    if "not" in requirement:
        yield from _leaves(requirement["not"])
    if {"skill", "attribute", "list"} & requirement.keys():
        yield requirement


def _faults(part: Any, skills: set[str], pointer: str, depth: int) -> Iterator[Fault]:
    kinds = {"all", "any", "not", "skill", "attribute", "list"}
    if not isinstance(part, dict) or len(kinds & part.keys()) != 1:
        yield Fault(pointer, "schema", f"an object with one of {', '.join(sorted(kinds))}")
    elif depth == 0:
        yield Fault(pointer, "too_deep", f"{DEEPEST} levels are the most")
    elif "all" in part or "any" in part:
        name = "all" if "all" in part else "any"
        yield from _strange(part, {name}, pointer)
        if not isinstance(part[name], list) or not part[name]:
            yield Fault(f"{pointer}/{name}", "schema", "a list of at least one requirement")
            return
        for i, one in enumerate(part[name]):
            yield from _faults(one, skills, f"{pointer}/{name}/{i}", depth - 1)
    elif "not" in part:
        yield from _strange(part, {"not"}, pointer)
        yield from _faults(part["not"], skills, f"{pointer}/not", depth - 1)
    elif "list" in part:
        yield from _strange(part, {"list"}, pointer)
        if not isinstance(part["list"], str) or not part["list"]:
            yield Fault(f"{pointer}/list", "schema", "the name of a list")
    elif "attribute" in part:
        yield from _strange(part, _ATTRIBUTE_KEYS, pointer)
        if not isinstance(part["attribute"], str) or not part["attribute"]:
            yield Fault(f"{pointer}/attribute", "schema", "the name of an attribute")
        yield from _op_faults(part, pointer, of_numbers=False)
    else:
        yield from _strange(part, _SKILL_KEYS, pointer)
        yield from _skill_faults(part, skills, pointer)


def _skill_faults(part: Requirement, skills: set[str], pointer: str) -> Iterator[Fault]:
    name = part["skill"]
    is_system = isinstance(name, str) and name.startswith(SYSTEM)
    if is_system and name.removeprefix(SYSTEM) not in SYSTEM_SKILLS:
        known = ", ".join(SYSTEM + one for one in SYSTEM_SKILLS)
        yield Fault(f"{pointer}/skill", "unknown_skill", f"of the system there are {known}")
    elif not is_system and name not in skills:
        yield Fault(f"{pointer}/skill", "unknown_skill", f"there is no skill {name!r}")
    if part.get("bound", "value") not in BOUNDS:
        yield Fault(f"{pointer}/bound", "schema", "one of value, lower, upper")
    if "scope" in part and not (is_system and part["scope"] in SCOPES):
        yield Fault(f"{pointer}/scope", "schema", "project or tenant, of a system skill")
    yield from _op_faults(part, pointer, of_numbers=True)


def _op_faults(part: Requirement, pointer: str, *, of_numbers: bool) -> Iterator[Fault]:
    op, wanted = part.get("op"), part.get("value")
    known = COMPARISONS.keys() | MEMBERSHIPS.keys() | PRESENCES.keys()
    if op not in known:
        yield Fault(f"{pointer}/op", "schema", f"one of {', '.join(sorted(known))}")
    elif op in PRESENCES:
        if "value" in part:
            yield Fault(f"{pointer}/value", "schema", f"{op} takes no value")
    elif op in MEMBERSHIPS:
        if not isinstance(wanted, list) or not wanted:
            yield Fault(f"{pointer}/value", "schema", f"{op} takes a list")
        elif of_numbers and not all(map(_is_number, wanted)):
            yield Fault(f"{pointer}/value", "schema", "numbers are wanted")
    elif (of_numbers or op not in {"eq", "ne"}) and not _is_number(wanted):
        yield Fault(f"{pointer}/value", "schema", "a number is wanted")
    elif not isinstance(wanted, str | int | float | bool):
        yield Fault(f"{pointer}/value", "schema", "a text, a number or a truth value")


def _is_number(value: Any) -> bool:
    return isinstance(value, int | float) and not isinstance(value, bool)


def _strange(part: Requirement, known: set[str], pointer: str) -> Iterator[Fault]:
    for name in sorted(part.keys() - known):
        yield Fault(f"{pointer}/{name}", "schema", "there is no such member here")
