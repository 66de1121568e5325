"""The climb to the likeliest scores and concentrations of Plackett and Luce's model."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse

from quality.core.orders.laplace import entries, inverse
from quality.core.orders.stages import RankingVotes, Stages
from quality.core.votes import Codes, Floats

MOST_STEPS, FINE = 50, 1e-7
HALVINGS, LONGER = 8, 1.5


@dataclass(frozen=True, slots=True)
class Ascent:
    """Scores and concentrations on their way up; every move gives the next, never lower.

    Concentrations climb the evidence, scores the likelihood, by Newton's step where that climbs.
    Elsewhere the step climbs a quadratic that lies below the
    posterior: the minorising of Hunter (2004), with the bound on the curvature of Bohning (1992),
    "Multinomial Logistic Regression Algorithm", Annals of the Institute of Statistical Mathematics
    44(1), 197-200.

    stages: the choices that the rankings consist of
    task: (n_scores,), the task of each item, numbered across tasks
    scores, follows: (n_scores,) and (n_workers,)
    of_scores, of_follows: the precisions of their priors
    stretch: how many of its steps the concentrations take at once; more while that pays
    """

    stages: Stages
    task: Codes
    scores: Floats
    follows: Floats
    of_scores: float
    of_follows: float
    stretch: float = 1.0

    @classmethod
    def of(
        cls, votes: RankingVotes, follows: Floats, *, of_scores: float, of_follows: float
    ) -> Self:
        """All items alike, at the foot."""
        task = np.repeat(np.arange(votes.n_tasks), votes.n_items)
        stages = Stages.of(votes)
        return cls(stages, task, np.zeros(task.size), follows, of_scores, of_follows)

    def evidence(self) -> float:
        """The log-likelihood with scores integrated out, plus log-priors, but for constants.

        By Laplace's approximation, in nats. Concentrations that were likeliest jointly with the
        scores would run away: one worker would explain all, and the scores follow that one.
        """
        _, log_volume = inverse(self.precision(), self.task)
        volume = log_volume + self.scores.size * np.log(self.of_scores)
        prior = self.of_follows * ((self.follows - 1) ** 2).sum() / 2
        return float(self._per_task(self.scores).sum() + volume / 2 - prior)

    def settled(self) -> Self:
        """At the likeliest scores under these concentrations."""
        at = self
        for _ in range(MOST_STEPS):
            before, at = at, at.next_scores()
            if np.abs(at.scores - before.scores).max(initial=0.0) < FINE:
                break
        return at

    def next_scores(self) -> Self:
        """The scores of every task a step further."""
        stages, trust, n_scores = self.stages, self._trust(), self.scores.size
        share, _ = stages.shares(self._logit(self.scores, self.follows))
        slope = _sums(stages.chosen, trust, n_scores) - self.of_scores * self.scores
        slope -= self._by_score(trust[stages.stage] * share)
        covariance, _ = inverse(self.precision(), self.task)
        step = covariance @ slope
        pays = self._per_task(self.scores + step) >= self._per_task(self.scores)
        bound = self._by_score(trust[stages.stage] ** 2) / 2
        step = np.where(pays[self.task], step, slope / (bound + self.of_scores))
        return replace(self, scores=self.scores + step)

    def next_follows(self) -> Self:
        """Settled at concentrations of more evidence; self where no step gives more."""
        step, stretch, before = self._uphill(), self.stretch, self.evidence()
        for _ in range(HALVINGS):
            follows = np.maximum(self.follows + stretch * step, 0.0)
            at = replace(self, follows=follows, stretch=stretch * LONGER).settled()
            if at.evidence() >= before:
                return at
            stretch = stretch / 4
        return self

    def _uphill(self) -> Floats:
        """A step along the evidence's slope in each concentration, scores following.

        Its length is Newton's, but for the curvature of what is known of the scores.
        """
        stages, score, trust = self.stages, self.scores[self.stages.item], self._trust()
        share, _ = stages.shares(self._logit(self.scores, self.follows))
        tilt = share * (score - self._by_stage(share * score)[stages.stage])
        covariance, _ = inverse(self.precision(), self.task)
        shared = entries(self._matrix(share) @ covariance, stages.stage, stages.item)
        alone = covariance.diagonal()[stages.item]
        doubt = self._by_stage(share * (alone - shared))
        # A stage's curvature is trust^2 (diag(share) - share share'): how its trace with the
        # covariance moves with the trust itself, and with the scores.
        pull = alone - 2 * shared
        loss = trust * doubt + trust**2 * self._by_stage(tilt * pull) / 2
        centred = share * (pull - self._by_stage(share * pull)[stages.stage])
        following = covariance @ self._by_score(trust[stages.stage] ** 3 * centred / 2)
        reached = following[stages.item]
        loss += following[stages.chosen] - self._by_stage(
            (share + trust[stages.stage] * tilt) * reached
        )
        surprise = self.scores[stages.chosen] - self._by_stage(share * score)
        slope = self._by_worker(surprise - loss) - self.of_follows * (self.follows - 1)
        curvature = self._by_worker(self._by_stage(tilt * score) + doubt)
        return slope / (curvature + self.of_follows)

    def moved_from(self, before: Self) -> float:
        """The longest way that a score or a concentration has come."""
        scores, follows = self.scores - before.scores, self.follows - before.follows
        return float(np.abs(np.concatenate([scores, follows])).max(initial=0.0))

    def precision(self) -> sparse.csr_array:
        """The negative curvature of the objective in the scores, (n_scores, n_scores)."""
        stages, trust = self.stages, self._trust()
        share, _ = stages.shares(self._logit(self.scores, self.follows))
        share = share * trust[stages.stage]
        chances = self._matrix(share)
        alone = self._by_score(trust[stages.stage] * share)
        own = sparse.diags_array(alone + self.of_scores)
        return (own - chances.T @ chances).tocsr()

    def _by_stage(self, entry: Floats) -> Floats:
        return _sums(self.stages.stage, entry, self.stages.begin.size)

    def _by_score(self, entry: Floats) -> Floats:
        return _sums(self.stages.item, entry, self.scores.size)

    def _matrix(self, entry: Floats) -> sparse.csr_array:
        """Entries as a sparse array, (n_stages, n_scores)."""
        stages = self.stages
        ends = np.append(stages.begin, stages.item.size)
        shape = (stages.begin.size, self.scores.size)
        return sparse.csr_array((entry, stages.item, ends), shape=shape)

    def _trust(self) -> Floats:
        return self.follows[self.stages.worker]

    def _logit(self, scores: Floats, follows: Floats) -> Floats:
        return follows[self.stages.worker][self.stages.stage] * scores[self.stages.item]

    def _by_worker(self, value: Floats) -> Floats:
        return _sums(self.stages.worker, value, self.follows.size)

    def _per_task(self, scores: Floats) -> Floats:
        _, fits = self.stages.shares(self._logit(scores, self.follows))
        prior = np.bincount(self.task, scores**2)
        return _sums(self.stages.task, fits, prior.size) - self.of_scores * prior / 2


def _sums(code: Codes, value: Floats, n_codes: int) -> Floats:
    return np.bincount(code, value, minlength=n_codes).astype(np.float64)
