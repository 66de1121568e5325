"""How often each worker is right, and how sure that is when the truth is itself uncertain."""

from dataclasses import dataclass

import numpy as np
from scipy import special

from quality.core.votes import Codes, Floats, Votes

# An effective count is never quite zero, so that every Beta stays proper.
SMALLEST = 1e-9


@dataclass(frozen=True, slots=True)
class Accuracy:
    """A Beta distribution of each worker's accuracy; every array is (n_workers,).

    n: answers
    n_effective: how many answers with a known truth they are worth, at most n
    alpha, beta: parameters of the Beta distribution
    """

    n: Floats
    n_effective: Floats
    alpha: Floats
    beta: Floats

    @property
    def value(self) -> Floats:
        """The mean, (n_workers,)."""
        return self.alpha / (self.alpha + self.beta)

    @property
    def interval(self) -> Floats:
        """The central 95 % credible interval, (n_workers, 2)."""
        ends = np.array([0.025, 0.975])
        return special.betaincinv(self.alpha[:, None], self.beta[:, None], ends)

    def below(self, floor: float) -> Floats:
        """The probability that the accuracy is lower than the floor, (n_workers,)."""
        return special.betainc(self.alpha, self.beta, floor)


def accuracies(
    votes: Votes, posterior: Floats, *, prior_accuracy: float = 0.7, prior_votes: float = 2.0
) -> Accuracy:
    """The accuracy of each worker on one field.

    posterior: (n_tasks, n_labels), from votes that include the worker's own

    Raises ValueError for a posterior of another shape.
    """
    if posterior.shape != (votes.n_tasks, votes.n_labels):
        raise ValueError("posterior must be (n_tasks, n_labels)")
    right = posterior[votes.task, votes.label]
    return pooled_accuracies(
        votes.worker,
        right,
        votes.n_workers,
        prior_accuracy=prior_accuracy,
        prior_votes=prior_votes,
    )


def pooled_accuracies(
    worker: Codes,
    right: Floats,
    n_workers: int,
    *,
    prior_accuracy: float = 0.7,
    prior_votes: float = 2.0,
) -> Accuracy:
    """The accuracy of each worker over answers of any fields, one entry per answer.

    worker: (n_answers,) in 0..n_workers-1
    right: (n_answers,), the probability that the answer is right

    A doubtful answer p informs less than a known one: n - sum p(1 - p) / (a(1 - a)) of n answers
    remain at accuracy a. Raises ValueError for unequal lengths and for right outside 0..1.
    Source: Louis (1982), "Finding the Observed Information Matrix when Using the EM Algorithm",
    Journal of the Royal Statistical Society B 44(2), 226-233.
    """
    if worker.shape != right.shape:
        raise ValueError("worker and right must have one entry per answer")
    if right.size and not (right.min() >= 0 and right.max() <= 1):
        raise ValueError("right must lie in 0..1")
    n = np.bincount(worker, minlength=n_workers).astype(np.float64)
    n_right = np.bincount(worker, right, minlength=n_workers)
    doubt = np.bincount(worker, right * (1 - right), minlength=n_workers)
    accuracy = (n_right + prior_votes * prior_accuracy) / (n + prior_votes)
    missing = doubt / (accuracy * (1 - accuracy))
    n_effective = np.clip(n - missing, SMALLEST, np.maximum(n, SMALLEST))
    observed = n_right / np.maximum(n, 1)
    return Accuracy(
        n,
        n_effective,
        prior_votes * prior_accuracy + observed * n_effective,
        prior_votes * (1 - prior_accuracy) + (1 - observed) * n_effective,
    )
