"""What models say, among the votes."""

from dataclasses import dataclass

import numpy as np

from quality.core.votes import Codes, Floats, Votes


@dataclass(frozen=True, slots=True)
class Predictions:
    """What models say, taken as further workers whose errors are learned like a person's.

    label: (n_models, n_tasks) codes, -1 where a model says nothing
    weight: (n_models, n_tasks), how many votes each counts for; None for `cap`
    cap: no prediction ever counts for more votes than this
    """

    label: Codes
    weight: Floats | None = None
    cap: float = 1.0

    def check(self, n_tasks: int, n_labels: int) -> None:
        """Raises ValueError unless they are about so many tasks and labels."""
        label, weight = self.label, self.weight
        if label.ndim != 2 or label.shape[1] != n_tasks:
            raise ValueError("predicted labels must be (n_models, n_tasks)")
        if label.size and (label.min() < -1 or label.max() >= n_labels):
            raise ValueError(f"predicted labels must lie in -1..{n_labels - 1}")
        if weight is not None and (weight.shape != label.shape or not (weight >= 0).all()):
            raise ValueError("weights of predictions must be (n_models, n_tasks) and at least 0")
        if not 0 <= self.cap < np.inf:
            raise ValueError("the cap of predictions must be finite and at least 0")

    def joined(self, votes: Votes, span: slice) -> Votes:
        """The votes on these tasks, and the models' as those of workers beyond the last."""
        label = self.label[:, span]
        model, task = np.nonzero(label >= 0)
        weight = np.full(model.size, self.cap)
        if self.weight is not None:
            weight = np.minimum(self.weight[:, span][model, task], self.cap)
        cast = np.ones(votes.task.size) if votes.weight is None else votes.weight
        return Votes(
            np.concatenate([votes.task, task]),
            np.concatenate([votes.worker, votes.n_workers + model]),
            np.concatenate([votes.label, label[model, task]]),
            votes.n_tasks,
            votes.n_workers + label.shape[0],
            votes.n_labels,
            np.concatenate([cast, weight]),
        )
