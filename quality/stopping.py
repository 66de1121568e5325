"""When a task has answers enough, and how many more it is given when it has not."""

from collections.abc import Mapping
from dataclasses import dataclass

from quality.judging import Judged
from quality.models import Revision
from tasks_app.forms import CATEGORICAL
from tasks_app.models import Project, Task

State = Task.State


@dataclass(frozen=True, slots=True)
class Places:
    """A task's state and its places for answers; see the invariant of tasks_app's Task."""

    state: str
    slots: int
    open_slots: int
    answers_due: int

    @property
    def live(self) -> int:
        """Leases that run."""
        return self.answers_due - self.open_slots

    def opened(self, state: str, open_slots: int) -> "Places":
        """The same leases and answers, with another number of open places."""
        more = open_slots - self.open_slots
        return Places(state, self.slots + more, open_slots, self.answers_due + more)


def after(
    project: Project, now: Places, *, n_counted: int, is_met: bool, lost_answers: bool
) -> Places:
    """What becomes of a task with so many answers that count.

    A resolved task is opened again only when answers were lost to it.
    """
    if now.state == State.WITHDRAWN or (now.state == State.RESOLVED and not lost_answers):
        return now
    if is_met and n_counted >= project.min_answers:
        return now.opened(State.RESOLVED, 0)
    if n_counted >= project.max_answers:
        # A lease that runs may still bring the answer that decides.
        return now.opened(State.OPEN if now.live else State.UNRESOLVABLE, 0)
    wanted = max(project.min_answers - n_counted, 1)
    return now.opened(State.OPEN, max(0, wanted - now.live))


def meets_target(project: Project, judged: Mapping[str, Judged]) -> bool:
    """True if every categorical field reaches its threshold; the others stop at the minimum."""
    for field in project.form:
        if field["type"] not in CATEGORICAL:
            continue
        if field["key"] in judged:
            if not field_is_met(judged[field["key"]]):
                return False
        elif field.get("required", True):
            return False
    return True


def field_is_met(judged: Judged) -> bool:
    """True if this field, for its part, has answers enough."""
    return judged.maker.is_met(judged.verdict)


def row_state(task_state: str, judged: Judged | None) -> str:
    """The state that a field's row shows for a task in this state."""
    if task_state == State.UNRESOLVABLE and judged and field_is_met(judged):
        return Revision.State.RESOLVED
    return {
        State.OPEN.value: Revision.State.PROVISIONAL.value,
        State.RESOLVED.value: Revision.State.RESOLVED.value,
        State.UNRESOLVABLE.value: Revision.State.UNRESOLVABLE.value,
        State.WITHDRAWN.value: Revision.State.WITHDRAWN.value,
    }[task_state]
