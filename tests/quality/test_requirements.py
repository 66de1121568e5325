"""Requirements: what a worker meets, and what they are told."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from quality.grounds.checking import faults
from quality.grounds.requirements import Facts, Value, skills_in, unmet

SKILLED = Facts(
    skills={
        "birds": Value(0.8, 0.6, 0.9, 12),
        ("system.answers", "project"): Value(40, 40, 40, 40),
        ("system.answers", "tenant"): Value(400, 400, 400, 400),
    },
    attributes={"country": "CH", "age": 30, "adult": True},
    lists=frozenset({"experts"}),
)
NOBODY = Facts()


def skill(op, value=None, **more):
    return {"skill": "birds", "op": op} | ({} if value is None else {"value": value}) | more


@pytest.mark.parametrize(
    ("requirement", "is_met"),
    [
        (skill("gte", 0.8), True),
        (skill("gt", 0.8), False),
        (skill("gte", 0.7, bound="lower"), False),
        (skill("gte", 0.6, bound="lower"), True),
        (skill("lte", 0.85, bound="upper"), False),
        (skill("eq", 0.8), True),
        (skill("ne", 0.8), False),
        (skill("in", [0.7, 0.8]), True),
        (skill("not_in", [0.7, 0.8]), False),
        (skill("exists"), True),
        (skill("not_exists"), False),
        ({"skill": "system.answers", "op": "gte", "value": 100}, False),
        ({"skill": "system.answers", "scope": "tenant", "op": "gte", "value": 100}, True),
        ({"attribute": "country", "op": "in", "value": ["CH", "AT"]}, True),
        ({"attribute": "age", "op": "lt", "value": 30}, False),
        ({"attribute": "country", "op": "gte", "value": 3}, False),
        ({"attribute": "adult", "op": "eq", "value": True}, True),
        ({"attribute": "degree", "op": "ne", "value": "MSc"}, False),
        ({"attribute": "degree", "op": "not_exists"}, True),
        ({"list": "experts"}, True),
        ({"not": {"list": "experts"}}, False),
        ({"all": [skill("exists"), {"list": "blocked"}]}, False),
        ({"any": [{"list": "blocked"}, skill("exists")]}, True),
        (None, True),
    ],
)
def test_a_worker_meets_just_what_the_words_say(requirement, is_met):
    assert (unmet(requirement, SKILLED) is None) is is_met


def test_what_is_unknown_meets_no_comparison_and_its_denial_does():
    for op in ("gte", "lte", "eq", "ne"):
        assert unmet(skill(op, 0.5), NOBODY)
        assert unmet({"not": skill(op, 0.5)}, NOBODY) is None


def test_the_words_say_what_is_asked_what_one_has_and_what_helps():
    facts = Facts(skills=SKILLED.skills, helps={"birds": "take the training 'school'"})
    told = unmet(skill("gte", 0.7, bound="lower"), facts)
    assert told == (
        "skill 'birds' (lower bound) at least 0.7 is asked for, and yours is 0.60 over 12 answers; "
        "take the training 'school'"
    )


def test_all_that_fails_is_told_at_once():
    told = unmet({"all": [{"list": "a"}, {"list": "b"}, {"list": "experts"}]}, SKILLED)
    assert "'a'" in told
    assert "'b'" in told
    assert "experts" not in told


def leaves():
    return st.sampled_from([{"list": "experts"}, {"list": "blocked"}])


REQUIREMENTS = st.recursive(
    leaves(),
    lambda inner: st.one_of(
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"all": parts}),
        st.lists(inner, min_size=1, max_size=3).map(lambda parts: {"any": parts}),
        inner.map(lambda part: {"not": part}),
    ),
    max_leaves=8,
)


def truth(part):
    if "list" in part:
        return part["list"] in SKILLED.lists
    if "not" in part:
        return not truth(part["not"])
    return (all if "all" in part else any)(map(truth, part.get("all", part.get("any"))))


@given(REQUIREMENTS)
def test_combinations_are_those_of_logic(requirement):
    assert (unmet(requirement, SKILLED) is None) is truth(requirement)


def test_the_skills_that_are_asked_for_are_found_wherever_they_stand():
    requirement = {"any": [{"not": skill("exists")}, {"skill": "system.answers", "op": "exists"}]}
    assert skills_in(requirement) == {"birds", "system.answers"}


def test_too_deep_and_too_many_are_refused():
    deep = {"list": "a"}
    for _ in range(6):
        deep = {"not": deep}
    assert [fault.code for fault in faults(deep, set())] == ["too_deep"]
    many = {"any": [{"list": "a"}] * 101}
    assert [fault.code for fault in faults(many, set())] == ["too_many"]


def test_every_fault_is_named_at_once_where_it_stands():
    wrong = {"all": [{"skill": "x", "op": "gte", "value": "1"}, {"list": 3}, {"nothing": 1}]}
    assert [(fault.pointer, fault.code) for fault in faults(wrong, set())] == [
        ("/requirements/all/0/skill", "unknown_skill"),
        ("/requirements/all/0/value", "schema"),
        ("/requirements/all/1/list", "schema"),
        ("/requirements/all/2", "schema"),
    ]


@pytest.mark.parametrize(
    "wrong",
    [
        {"skill": "birds", "op": []},
        {"skill": "birds", "op": {}},
        {"skill": [], "op": "exists"},
        {"skill": "birds", "op": "exists", "bound": {}},
        {"skill": "system.answers", "op": "exists", "scope": []},
        {"all": [[]]},
        {"list": {}},
        {"attribute": 1, "op": "exists"},
        "nothing",
    ],
)
def test_members_of_any_kind_are_named_and_nothing_breaks(wrong):
    assert faults(wrong, {"birds"})
