"""The climb to the likeliest scores and concentrations of Plackett and Luce's model."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np

from quality.core.orders.lineups import Chances, Lineups, lineups
from quality.core.orders.stages import RankingVotes
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

    parts: all rankings, some tasks at a time
    scores: of each part, (n_tasks, n_items)
    follows: (n_workers,)
    of_scores, of_follows: the precisions of the priors
    stretch: how many of its steps the concentrations take at once; more while that pays
    evidence: the log-likelihood with scores integrated out by Laplace's approximation, plus
        log-priors, but for constants, in nats; nan before the scores are settled
    """

    parts: tuple[Lineups, ...]
    scores: tuple[Floats, ...]
    follows: Floats
    of_scores: float
    of_follows: float
    stretch: float = 1.0
    evidence: float = np.nan

    @classmethod
    def of(
        cls, votes: RankingVotes, follows: Floats, *, of_scores: float, of_follows: float
    ) -> Self:
        """All items alike, at the foot."""
        parts = tuple(lineups(votes))
        scores = tuple(np.zeros((of.task.size, of.item.shape[1])) for of in parts)
        return cls(parts, scores, follows, of_scores, of_follows)

    def settled(self) -> Self:
        """At the likeliest scores under these concentrations.

        Concentrations that were likeliest jointly with the scores would run away: one worker
        would explain all, and the scores follow that one. So the evidence is what counts.
        """
        scores, evidence = [], -self.of_follows * float(((self.follows - 1) ** 2).sum()) / 2
        for part, at in zip(self.parts, self.scores, strict=True):
            of_part, chances = self._settled(part, at)
            scores.append(of_part)
            log_volume = -np.linalg.slogdet(self._precision(part, chances))[1].sum()
            log_volume += of_part.size * np.log(self.of_scores)
            fits = self._fit(part, of_part, chances)
            evidence += float(fits.sum() + log_volume / 2)
        return replace(self, scores=tuple(scores), evidence=evidence)

    def next_follows(self) -> Self:
        """Settled at concentrations of more evidence; self where no step gives more."""
        step, stretch = self._uphill(), self.stretch
        for _ in range(HALVINGS):
            follows = np.maximum(self.follows + stretch * step, 0.0)
            at = replace(self, follows=follows, stretch=stretch * LONGER).settled()
            if at.evidence >= self.evidence:
                return at
            stretch = stretch / 4
        return self

    def moved_from(self, before: Self) -> float:
        """The longest way that a score or a concentration has come."""
        moved = [np.abs(self.follows - before.follows)]
        moved += [
            np.abs(at - was).ravel() for at, was in zip(self.scores, before.scores, strict=True)
        ]
        return float(np.concatenate(moved).max(initial=0.0))

    def covariance(self, part: Lineups, scores: Floats) -> Floats:
        """What is not known of some tasks' scores, (n_tasks, n_items, n_items)."""
        precision = self._precision(part, part.chances(scores, self.follows))
        return np.linalg.inv(precision).astype(np.float64, copy=False)

    def _precision(self, part: Lineups, chances: Chances) -> Floats:
        """Minus the curvature of the log-posterior in scores, (n_tasks, n_items, n_items)."""
        curvature = part.curvature(chances)
        each = np.arange(curvature.shape[1])
        curvature[:, each, each] += self.of_scores
        return curvature

    def _settled(self, part: Lineups, scores: Floats) -> tuple[Floats, Chances]:
        """The likeliest scores, and the chances under them."""
        chances = part.chances(scores, self.follows)
        for _ in range(MOST_STEPS):
            before = scores
            scores, chances = self._further(part, scores, chances)
            if np.abs(scores - before).max(initial=0.0) < FINE:
                break
        return scores, chances

    def _further(self, part: Lineups, scores: Floats, chances: Chances) -> tuple[Floats, Chances]:
        """The scores of every task a step further, and the chances there."""
        slope = part.slope(chances) - self.of_scores * scores
        step = np.linalg.solve(self._precision(part, chances), slope[:, :, None])[:, :, 0]
        there = part.chances(scores + step, self.follows)
        pays = self._fit(part, scores + step, there) >= self._fit(part, scores, chances)
        if pays.all():
            return np.asarray(scores + step), there
        bound = part.by_item(chances.trust**2 * part.is_choice.cumsum(axis=1)) / 2
        step = np.where(pays[:, None], step, slope / (bound + self.of_scores))
        return np.asarray(scores + step), part.chances(scores + step, self.follows)

    def _fit(self, part: Lineups, scores: Floats, chances: Chances) -> Floats:
        """The log-posterior of each task's scores, but for constants."""
        return part.by_task(chances.fits) - self.of_scores * (scores**2).sum(axis=1) / 2

    def _uphill(self) -> Floats:
        """A step along the evidence's slope in each concentration, scores following.

        Its length is Newton's, but for the curvature of what is known of the scores.
        """
        slope = -self.of_follows * (self.follows - 1)
        curvature = np.full(self.follows.size, self.of_follows)
        for part, scores in zip(self.parts, self.scores, strict=True):
            of_slope, of_curvature = self._uphill_of(part, scores)
            slope = slope + self._by_worker(part.worker, of_slope)
            curvature = curvature + self._by_worker(part.worker, of_curvature)
        return np.asarray(slope / curvature)

    def _uphill_of(self, part: Lineups, scores: Floats) -> tuple[Floats, Floats]:
        """The slope and the curvature that each vote adds to its worker's, (n_votes,)."""
        chances = part.chances(scores, self.follows)
        covariance = self.covariance(part, scores)
        trust, score = chances.trust, part.at(scores)
        # Choices by places: (n_votes, n_choices, n_items).
        share = np.triu(chances.reach[:, :, None] * chances.weight[:, None, :])
        among = covariance[part.of[:, None, None], part.item[:, :, None], part.item[:, None, :]]
        alone = np.diagonal(among, axis1=1, axis2=2)
        shared = share @ among
        doubt = _summed(share, alone) - (share * shared).sum(axis=2)
        mean = _summed(share, score)
        tilt = share * (score[:, None, :] - mean[:, :, None])
        # A stage's curvature is trust^2 (diag(share) - share share'): how its trace with the
        # covariance moves with the trust itself, and with the scores.
        pull = alone[:, None, :] - 2 * shared
        loss = trust * doubt + trust**2 * (tilt * pull).sum(axis=2) / 2
        pull -= (share * pull).sum(axis=2)[:, :, None]
        centred = part.by_item(trust**3 * (share * pull).sum(axis=1) / 2)
        reached = part.at((covariance @ centred[:, :, None])[:, :, 0])
        loss -= _summed(share, reached) + trust * _summed(tilt, reached)
        gain = np.where(part.is_choice, score - mean - reached, 0.0) - loss
        return gain.sum(axis=1), (_summed(tilt, score) + doubt).sum(axis=1)

    def _by_worker(self, worker: Codes, value: Floats) -> Floats:
        return np.bincount(worker, value, minlength=self.follows.size).astype(np.float64)


def _summed(by_choice: Floats, of_place: Floats) -> Floats:
    """Sums over the places of each choice, (n_votes, n_choices)."""
    return np.asarray((by_choice @ of_place[:, :, None])[:, :, 0])
