"""From grounds to the decision whether a worker may claim."""

from dataclasses import dataclass
from datetime import datetime

from quality.grounds import requirements, sittings
from quality.grounds.requirements import Facts
from quality.models import Gate, Sitting
from tasks_app.models import Admission, Project

Reason = Admission.Reason


@dataclass(frozen=True, slots=True)
class Grounds:
    """What is known of one worker for one project.

    is_restricted: a flag about them was confirmed
    is_invited: they were, by the project's tenant
    confirmed: the newest guidelines they confirmed; 0 for none
    to_confirm: the newest guidelines that change answers; 0 for none
    """

    is_restricted: bool
    is_invited: bool
    facts: Facts
    sitting: Sitting | None
    confirmed: int
    to_confirm: int


@dataclass(frozen=True, slots=True)
class Decision:
    """Whether they may claim; else why not, in words, and until when."""

    may_claim: bool
    reason_code: str = ""
    detail: str = ""
    until: datetime | None = None


def decide(project: Project, gate: Gate | None, grounds: Grounds, now: datetime) -> Decision:
    """The first ground that refuses, or that there is none."""
    return (
        _by_standing(project, grounds)
        or _by_requirements(gate, grounds)
        or _by_guidelines(project, grounds)
        or _by_exam(gate, grounds.sitting, now)
        or _by_training(gate, grounds.sitting)
        or Decision(True)
    )


def _by_standing(project: Project, grounds: Grounds) -> Decision | None:
    if grounds.is_restricted:
        return Decision(False, Reason.RESTRICTED)
    if project.access == Project.Access.INVITED and not grounds.is_invited:
        return Decision(False, Reason.NOT_ADMITTED)
    return None


def _by_requirements(gate: Gate | None, grounds: Grounds) -> Decision | None:
    why = requirements.unmet(gate.requirements, grounds.facts) if gate else None
    return Decision(False, Reason.REQUIREMENT, why) if why else None


def _by_guidelines(project: Project, grounds: Grounds) -> Decision | None:
    if grounds.confirmed >= grounds.to_confirm:
        return None
    detail = (
        f"the guidelines changed in what is asked: read version {project.guideline_version} "
        "and confirm it"
    )
    return Decision(False, Reason.GUIDELINES, detail)


def _by_exam(gate: Gate | None, sitting: Sitting | None, now: datetime) -> Decision | None:
    if gate is None or not gate.exam or (sitting is not None and sitting.passed):
        return None
    terms = gate.exam
    if sitting is None:
        detail = (
            f"an entrance exam of {terms['n']} tasks comes first: claim here to take it; the "
            f"lower bound of your score is to reach {terms['pass_mark']:.2f}"
        )
        return Decision(False, Reason.EXAM, detail)
    after = sittings.next_try(sitting, terms)
    code = Reason.EXAM if after is not None and after <= now else Reason.REQUIREMENT
    # Without an end: when the time has come, the next exam is taken, and not the work.
    return Decision(False, code, sittings.told(sitting, terms, "entrance exam"))


def _by_training(gate: Gate | None, sitting: Sitting | None) -> Decision | None:
    if gate is None or not gate.training or sitting is None:
        return None
    if sitting.passed:
        return Decision(False, Reason.REQUIREMENT, "you have passed this training")
    detail = sittings.told(sitting, gate.training, "training")
    return Decision(False, Reason.REQUIREMENT, detail, sittings.next_try(sitting, gate.training))
