"""Which item is better: votes on pairs, by Bradley and Terry's model and its noisy-worker form."""

from typing import Self

import numpy as np
from scipy import special

from quality.core.orders.cycles import Cycles, cycles
from quality.core.orders.duels import FOLLOWED, STRAYED, Duels, PairVotes
from quality.core.orders.laplace import variances
from quality.core.orders.margins import Margins
from quality.core.skill import Accuracy, pooled_accuracies
from quality.core.votes import Codes, Floats


class BradleyTerry:
    """Scores of items by penalised likelihood: P(a vote prefers i to j) = logistic(s_i - s_j).

    Scores have a normal prior about 0, so that items that always win and groups never compared
    with each other stay finite; `spread` is its standard deviation.

    Source: Bradley & Terry (1952), "Rank Analysis of Incomplete Block Designs: I. The Method of
    Paired Comparisons", Biometrika 39(3/4), 324-345.

    Attributes, once fitted
    -----------------------
    scores_, errors_ : (n_items,), and their standard errors by Laplace's approximation.
    posterior_ : (n_tasks, 2), the probability that the left and that the right item is better.
    margins_ : Margins of each task, which posterior_ is of.
    accuracy_ : Accuracy of each worker against posterior_.
    cycles_ : Cycles of the plain majorities.
    objective_ : log-likelihood with scores integrated out by Laplace's approximation, plus the
        workers' log-prior, in nats, one entry per round; never falls.
    rounds_, converged_ : rounds run, and whether the last one moved reliabilities by less than tol;
        one round where there are none to learn.
    """

    scores_: Floats
    errors_: Floats
    posterior_: Floats
    margins_: Margins
    accuracy_: Accuracy
    cycles_: Cycles
    objective_: Floats
    rounds_: int
    converged_: bool

    def __init__(self, *, max_rounds: int = 200, tol: float = 1e-4, spread: float = 2.0) -> None:
        if max_rounds < 1 or spread <= 0:
            raise ValueError("max_rounds and spread must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.spread = spread

    @property
    def interval_(self) -> Floats:
        """The central 95 % credible interval of each score, (n_items, 2)."""
        half = special.ndtri(0.975) * self.errors_
        return np.stack([self.scores_ - half, self.scores_ + half], axis=1)

    def beats(self, one: Codes, other: Codes) -> Floats:
        """The probability that a vote that follows the scores prefers one to the other."""
        return special.expit(self.scores_[one] - self.scores_[other])

    def fit(self, votes: PairVotes) -> Self:
        """Learn from the votes."""
        self._climb(votes, np.ones(votes.n_workers), held=True)
        return self

    def _climb(self, votes: PairVotes, follows: Floats, *, held: bool) -> None:
        at = Duels.of(votes, follows, spread=self.spread).settled()
        objective, self.converged_ = [at.evidence(held=held)], held
        while not self.converged_ and len(objective) < self.max_rounds:
            before, at = at, at.next_follows()
            objective.append(at.evidence(held=held))
            moved = np.abs(at.follows - before.follows).max(initial=0.0)
            self.converged_ = bool(moved < self.tol)
        self.objective_, self.rounds_ = np.array(objective), len(objective)
        self._judge(votes, at)

    def _judge(self, votes: PairVotes, at: Duels) -> None:
        own, apart = variances(*at.known(), votes.left, votes.right)
        self.scores_, self.errors_ = at.scores, np.sqrt(own)
        self.margins_ = Margins(at.versus @ at.scores, apart)
        surer = self.margins_.surer
        self.posterior_ = np.stack([surer, 1 - surer], axis=1)
        left = self.posterior_[votes.task, 0]
        right = votes.outcome * left + (1 - votes.outcome) * (1 - left)
        self.accuracy_ = pooled_accuracies(votes.worker, right, votes.n_workers)
        pair = votes.left[votes.task], votes.right[votes.task]
        self.cycles_ = cycles(*pair, votes.outcome - 0.5, votes.n_items)


class NoisyBradleyTerry(BradleyTerry):
    """Bradley and Terry's model of workers who follow the scores, or vote against them.

    A worker's vote follows the scores with probability f, and says the contrary with 1 - f: 1/2 is
    a coin. Learned with a Beta prior, mode 0.8, by climbing the evidence: the joint maximum, which
    Chen et al. take, makes coins look reliable where items are compared only once.

    Source: Chen, Bennett, Collins-Thompson & Horvitz (2013), "Pairwise Ranking Aggregation in a
    Crowdsourced Setting", WSDM.

    Attributes beside those of BradleyTerry
    ---------------------------------------
    follows_ : (n_workers,), the probability f of each.
    """

    follows_: Floats

    def fit(self, votes: PairVotes, *, follows: Floats | None = None) -> Self:
        """Learn from the votes; the workers' probabilities too, unless they are given.

        Raises ValueError for follows of another shape or outside 0..1.
        """
        start = np.full(votes.n_workers, FOLLOWED / (FOLLOWED + STRAYED))
        if follows is not None:
            if follows.shape != start.shape or not ((follows >= 0) & (follows <= 1)).all():
                raise ValueError("follows must have one probability per worker")
            start = follows.astype(np.float64)
        self._climb(votes, start, held=follows is not None)
        return self

    def _judge(self, votes: PairVotes, at: Duels) -> None:
        super()._judge(votes, at)
        self.follows_ = at.follows
