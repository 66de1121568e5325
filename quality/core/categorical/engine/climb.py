"""To a fixed point: plain rounds, or rounds with squared extrapolation."""

from collections.abc import Callable
from dataclasses import dataclass

import numpy as np

from quality.core.categorical.engine.grid import on_grid
from quality.core.votes import Floats

# One round: a posterior, (n_labels, n_tasks), to the next and the objective of the model between
# them, None where the model has none.
Step = Callable[[Floats], tuple[Floats, float | None]]


@dataclass(frozen=True, slots=True)
class Summit:
    """Where the rounds ended: the last posterior, the objective of each round that was kept."""

    posterior: Floats
    objective: list[float]
    rounds: int
    converged: bool


def climb(
    step: Step, start: Floats, *, max_rounds: int, tol: float, accelerate: bool = True
) -> Summit:
    """Repeat the step until probabilities move by less than `tol` in the mean, or max_rounds.

    Between rounds the posterior is extrapolated along its last two moves; an extrapolation that
    leads down, or away, is dropped. The fixed points are those of the step.
    Source: Varadhan & Roland (2008), "Simple and Globally Convergent Methods for Accelerating the
    Convergence of Any EM Algorithm", Scandinavian Journal of Statistics 35(2), 335-353, scheme S3.
    """
    way = _Way(step, max_rounds, tol)
    before = on_grid(start.copy())
    while not way.is_over:
        first = way.go(before)
        if way.is_over or not accelerate:
            before = first
            continue
        second = way.go(first)
        if way.is_over:
            return way.summit(second)
        ahead = _extrapolated(before, first, second)
        before = second if ahead is None else way.leap(ahead, second)
    return way.summit(before)


class _Way:
    """The rounds so far."""

    def __init__(self, step: Step, max_rounds: int, tol: float) -> None:
        self.step, self.max_rounds, self.tol = step, max_rounds, tol
        self.objective: list[float] = []
        self.rounds, self.converged, self.moved = 0, False, np.inf

    @property
    def is_over(self) -> bool:
        return self.converged or self.rounds >= self.max_rounds

    def go(self, before: Floats) -> Floats:
        """One plain round."""
        after, objective = self._taken(before)
        self._keep(_distance(before, after), objective)
        return after

    def leap(self, ahead: Floats, behind: Floats) -> Floats:
        """A round from the extrapolated posterior, kept if it leads up; else where it was."""
        if self.is_over:
            return behind
        after, objective = self._taken(ahead)
        moved = _distance(ahead, after)
        is_better = moved <= self.moved if objective is None else objective >= self.objective[-1]
        if not is_better:
            return behind
        self._keep(moved, objective)
        return after

    def summit(self, posterior: Floats) -> Summit:
        return Summit(posterior, self.objective, self.rounds, self.converged)

    def _taken(self, before: Floats) -> tuple[Floats, float | None]:
        self.rounds += 1
        return self.step(before)

    def _keep(self, moved: float, objective: float | None) -> None:
        self.moved, self.converged = moved, moved < self.tol
        if objective is not None:
            self.objective.append(objective)


def _distance(before: Floats, after: Floats) -> float:
    """The mean move of a probability; with two labels both move alike."""
    free = 1 if before.shape[0] == 2 else 0
    apart = after[free:] - before[free:]
    np.abs(apart, out=apart)
    return float(apart.mean()) if apart.size else 0.0


def _extrapolated(before: Floats, first: Floats, second: Floats) -> Floats | None:
    """None where it would be the second move again."""
    free = 1 if before.shape[0] == 2 else 0
    step = first[free:] - before[free:]
    bend = second[free:] - first[free:]
    bend -= step
    length, curve = np.vdot(step, step) ** 0.5, np.vdot(bend, bend) ** 0.5
    if curve == 0 or length <= curve:
        return None
    # In single precision it is the same for tasks in any order.
    reach = float(np.float32(length / curve))
    step *= 2 * reach
    step += before[free:]
    bend *= reach**2
    step += bend
    np.clip(step, 0.0, 1.0, out=step)
    if free:
        on_grid(step)
        return np.concatenate([1.0 - step, step])
    step /= step.sum(axis=0)
    return on_grid(step)
