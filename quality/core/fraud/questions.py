"""The answers that workers are judged by, and how many innocents may be flagged."""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from quality.core.votes import Codes, Floats, Votes


@dataclass(frozen=True, slots=True)
class Question:
    """The answers to one categorical field; several questions share the numbering of workers.

    votes: Votes, each counted once whatever its weight
    posterior: (n_tasks, n_labels), of the default aggregator from all votes
    when: (n_votes,) numbers in the order of votes.task and votes.worker; of one worker's answers
        the lower came first, and equal ones go by question and task
    gold: (n_tasks,) codes of what is known of the tasks, -1 for nothing

    Raises ValueError for other shapes, a posterior whose rows are no distributions and a `when`
    that is not finite.
    """

    votes: Votes
    posterior: Floats
    when: Floats
    gold: Codes | None = None

    def __post_init__(self) -> None:
        votes = self.votes
        if self.posterior.shape != (votes.n_tasks, votes.n_labels):
            raise ValueError("posterior must be (n_tasks, n_labels)")
        if not np.isfinite(self.posterior).all() or (self.posterior < 0).any():
            raise ValueError("posterior must be finite and at least 0")
        if not np.allclose(self.posterior.sum(axis=1), 1.0):
            raise ValueError("each row of posterior must sum to 1")
        if np.shape(self.when) != votes.task.shape:
            raise ValueError("when must have one entry per vote")
        if not np.isfinite(self.when).all():
            raise ValueError("when must be finite")


@dataclass(frozen=True, slots=True)
class Budgets:
    """How many innocent workers each score may flag.

    low_information: of honest workers, at most this share is flagged, in the mean of the crowd
    drift: of workers who stay as they are, at most this share is flagged at any one look
    copying: of the pairs discovered, at most this share is expected to be innocent
    too_fast: of a crowd of which nobody cheats, this share is expected to be called so

    Raises ValueError unless each lies between 0 and 1.
    """

    low_information: float = 0.01
    drift: float = 0.01
    copying: float = 0.05
    too_fast: float = 0.01

    def __post_init__(self) -> None:
        for name in ("low_information", "drift", "copying", "too_fast"):
            if not 0 < getattr(self, name) < 1:
                raise ValueError(f"the budget of {name} must lie between 0 and 1")


BUDGETS = Budgets()


def workers_of(questions: Sequence[Question]) -> int:
    """How many workers there are. Raises ValueError for no question or differing numbers."""
    if not questions:
        raise ValueError("there must be at least one question")
    numbers = {question.votes.n_workers for question in questions}
    if len(numbers) > 1:
        raise ValueError("all questions must have the same number of workers")
    return numbers.pop()
