"""What is wrong with requirements as a tenant writes them, and where."""

from collections.abc import Collection, Iterator
from typing import Any

from quality.grounds.requirements import (
    BOUNDS,
    COMPARISONS,
    KINDS,
    MEMBERSHIPS,
    PRESENCES,
    SYSTEM,
    SYSTEM_SKILLS,
    Requirement,
    is_number,
    kind,
    leaves,
)
from tasks_app.errors import Fault

DEEPEST, MOST_LEAVES = 6, 100
SCOPES = ("project", "tenant")
_MEMBERS = {
    "all": {"all"},
    "any": {"any"},
    "not": {"not"},
    "skill": {"skill", "op", "value", "bound", "scope"},
    "attribute": {"attribute", "op", "value"},
    "list": {"list"},
}
_OPS = COMPARISONS.keys() | MEMBERSHIPS.keys() | PRESENCES.keys()


def faults(requirement: Any, skills: set[str], pointer: str = "/requirements") -> list[Fault]:
    """What is wrong with an expression; skills are the names it may use."""
    found = list(_faults(requirement, skills, pointer, DEEPEST))
    if not found and sum(1 for _ in leaves(requirement)) > MOST_LEAVES:
        found.append(Fault(pointer, "too_many", f"{MOST_LEAVES} conditions are the most"))
    return found


def _faults(part: Any, skills: set[str], pointer: str, depth: int) -> Iterator[Fault]:
    if not isinstance(part, dict) or len(set(KINDS) & part.keys()) != 1:
        yield Fault(pointer, "schema", f"an object with one of {', '.join(KINDS)}")
        return
    if depth == 0:
        yield Fault(pointer, "too_deep", f"{DEEPEST} levels are the most")
        return
    name = kind(part)
    for strange in sorted(part.keys() - _MEMBERS[name]):
        yield Fault(f"{pointer}/{strange}", "schema", "there is no such member here")
    if name in {"all", "any", "not"}:
        yield from _combined_faults(part, name, skills, pointer, depth)
    elif name == "skill":
        yield from _skill_faults(part, skills, pointer)
    else:
        if not isinstance(part[name], str) or not part[name]:
            yield Fault(f"{pointer}/{name}", "schema", f"the name of a {name}")
        if name == "attribute":
            yield from _op_faults(part, pointer, of_numbers=False)


def _combined_faults(
    part: Requirement, name: str, skills: set[str], pointer: str, depth: int
) -> Iterator[Fault]:
    if name == "not":
        yield from _faults(part["not"], skills, f"{pointer}/not", depth - 1)
    elif not isinstance(part[name], list) or not part[name]:
        yield Fault(f"{pointer}/{name}", "schema", "a list of at least one requirement")
    else:
        for i, one in enumerate(part[name]):
            yield from _faults(one, skills, f"{pointer}/{name}/{i}", depth - 1)


def _skill_faults(part: Requirement, skills: set[str], pointer: str) -> Iterator[Fault]:
    name = part["skill"]
    is_system = isinstance(name, str) and name.startswith(SYSTEM)
    if is_system and name.removeprefix(SYSTEM) not in SYSTEM_SKILLS:
        known = ", ".join(SYSTEM + one for one in SYSTEM_SKILLS)
        yield Fault(f"{pointer}/skill", "unknown_skill", f"of the system there are {known}")
    elif not is_system and not _is_one_of(name, skills):
        yield Fault(f"{pointer}/skill", "unknown_skill", f"there is no skill {name!r}")
    if not _is_one_of(part.get("bound", "value"), BOUNDS):
        yield Fault(f"{pointer}/bound", "schema", "one of value, lower, upper")
    if "scope" in part and not (is_system and _is_one_of(part["scope"], SCOPES)):
        yield Fault(f"{pointer}/scope", "schema", "project or tenant, of a system skill")
    yield from _op_faults(part, pointer, of_numbers=True)


def _op_faults(part: Requirement, pointer: str, *, of_numbers: bool) -> Iterator[Fault]:
    op = part.get("op")
    if not _is_one_of(op, _OPS):
        yield Fault(f"{pointer}/op", "schema", f"one of {', '.join(sorted(_OPS))}")
        return
    wrong = _wrong_value(str(op), part, of_numbers=of_numbers)
    if wrong:
        yield Fault(f"{pointer}/value", "schema", wrong)


def _wrong_value(op: str, part: Requirement, *, of_numbers: bool) -> str | None:
    wanted = part.get("value")
    if op in PRESENCES:
        return f"{op} takes no value" if "value" in part else None
    if op in MEMBERSHIPS:
        if not isinstance(wanted, list) or not wanted:
            return f"{op} takes a list"
        return None if not of_numbers or all(map(is_number, wanted)) else "numbers are wanted"
    if of_numbers or op not in {"eq", "ne"}:
        return None if is_number(wanted) else "a number is wanted"
    is_plain = isinstance(wanted, str | int | float | bool)
    return None if is_plain else "a text, a number or a truth value"


def _is_one_of(value: Any, known: Collection[str]) -> bool:
    return isinstance(value, str) and value in known
