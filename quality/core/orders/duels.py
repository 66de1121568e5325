"""Votes on pairs, and the climb to the likeliest scores and reliabilities."""

from dataclasses import dataclass, replace
from typing import Self

import numpy as np
from scipy import sparse, special
from scipy.sparse import csgraph, linalg

from quality.core.orders.laplace import log_volume, times, variances
from quality.core.votes import Codes, Floats, check_codes, check_pairs

# Before any vote a worker follows the scores as if seen to do so in 4 of 5 votes.
FOLLOWED, STRAYED = 4.0, 1.0
# No vote is taken to be surer than this, or one contrary vote would count without bound.
SUREST = 0.999
MOST_STEPS, FINE = 100, 1e-7
# Chances below are as good as none.
LEAST = 1e-300
HALVINGS, LONGER = 8, 1.5


@dataclass(frozen=True, slots=True)
class PairVotes:
    """One comparison per vote, at most one per worker and task.

    task, worker: (n_votes,) in 0..n_tasks-1 and 0..n_workers-1
    outcome: (n_votes,), 1 where the left item is better, 0 where the right is; 0.5 is a tie, half a
        vote for each
    left, right: (n_tasks,) in 0..n_items-1, the items that each task compares

    Raises ValueError for unequal lengths, codes out of bounds, other outcomes, an item compared
    with itself and repeated (task, worker) pairs.
    """

    task: Codes
    worker: Codes
    outcome: Floats
    left: Codes
    right: Codes
    n_items: int
    n_workers: int

    def __post_init__(self) -> None:
        check_pairs(self.task, self.worker, self.n_tasks, self.n_workers)
        check_codes("left", self.left, self.n_items, n_votes=self.n_tasks)
        check_codes("right", self.right, self.n_items, n_votes=self.n_tasks)
        if (self.left == self.right).any():
            raise ValueError("a task must compare two different items")
        if self.outcome.shape != self.task.shape:
            raise ValueError("outcome must have one entry per vote")
        if not np.isin(self.outcome, (0.0, 0.5, 1.0)).all():
            raise ValueError("outcome must be 1 for left, 0 for right or 0.5 for a tie")

    @property
    def n_tasks(self) -> int:
        return int(self.left.size)


@dataclass(frozen=True, slots=True)
class Duels:
    """Scores and reliabilities on their way up; every move gives the next, never lower.

    A vote says left with probability f logistic(d) + (1 - f) logistic(-d), where d is the margin of
    the scores and f how often the worker follows them. Scores climb the posterior by Fisher's
    scoring, reliabilities the evidence, as in Ascent.

    versus: (n_tasks, n_items), 1 at the left item and -1 at the right
    scores, follows: (n_items,) and (n_workers,)
    precision: of the scores' normal prior
    stretch: how many of its steps the reliabilities take at once; more while that pays
    """

    votes: PairVotes
    versus: sparse.csr_array
    scores: Floats
    follows: Floats
    precision: float
    stretch: float = 1.0

    @classmethod
    def of(cls, votes: PairVotes, follows: Floats, *, spread: float) -> Self:
        """All items alike, at the foot."""
        rows = np.tile(np.arange(votes.n_tasks), 2)
        items = np.concatenate([votes.left, votes.right])
        signs = np.repeat([1.0, -1.0], votes.n_tasks)
        shape = (votes.n_tasks, votes.n_items)
        versus = sparse.coo_array((signs, (rows, items)), shape=shape).tocsr()
        return cls(votes, versus, np.zeros(votes.n_items), follows, spread**-2)

    def evidence(self, *, held: bool) -> float:
        """The log-likelihood with scores integrated out, plus log-priors, but for constants.

        By Laplace's approximation, in nats; without the reliabilities' prior where they are held.
        """
        volume = log_volume(*self.known()) + self.scores.size * np.log(self.precision)
        reliable = FOLLOWED * _log(self.follows) + STRAYED * _log(1 - self.follows)
        prior = 0.0 if held else reliable.sum()
        return float(self._fit(self.scores) + volume / 2 + prior)

    def settled(self) -> Self:
        """At the likeliest scores under these reliabilities."""
        at = self
        for _ in range(MOST_STEPS):
            before, at = at, at.next_scores()
            if np.abs(at.scores - before.scores).max(initial=0.0) < FINE:
                break
        return at

    def next_scores(self) -> Self:
        """A step further, halved until it climbs."""
        trust, left, chance, room = self._chances()
        by_margin = (2 * trust - 1) * left * (1 - left)
        slope = by_margin * (self.votes.outcome - chance) / room
        uphill = self.versus.T @ self._by_task(slope) - self.precision * self.scores
        # Newton's curvature where it is one; contrary votes of the unsure may bend it upwards.
        bent = slope * (1 - 2 * left - by_margin * (1 - 2 * chance) / room)
        expected = self._by_task(by_margin**2 / room)
        known = np.maximum(expected - self._by_task(bent), expected / 10)
        curvature = self._curvature(known)
        near = sparse.diags_array(1 / curvature.diagonal())
        step, _ = linalg.cg(curvature, uphill, rtol=1e-8, atol=0.0, M=near)
        before = self._fit(self.scores)
        for _ in range(HALVINGS):
            if self._fit(self.scores + step) >= before:
                return replace(self, scores=self.scores + step)
            step = step / 2
        return self

    def next_follows(self) -> Self:
        """Settled at reliabilities of more evidence; self where no step gives more."""
        step, stretch, before = self._uphill(), self.stretch, self.evidence(held=False)
        for _ in range(HALVINGS):
            follows = np.clip(self.follows + stretch * step, 1 - SUREST, SUREST)
            at = replace(self, follows=follows, stretch=stretch * LONGER).settled()
            if at.evidence(held=False) >= before:
                return at
            stretch = stretch / 4
        return self

    def known(self) -> tuple[sparse.csr_array, Codes]:
        """The scores' precision, and the groups of items that votes connect."""
        links = (abs(self.versus).T @ abs(self.versus)).tocsr()
        _, group = csgraph.connected_components(links, directed=False)
        trust, left, _, room = self._chances()
        told = self._by_task(((2 * trust - 1) * left * (1 - left)) ** 2 / room)
        return self._curvature(told), group

    def _uphill(self) -> Floats:
        """A step along the evidence's slope in each reliability, scores following."""
        trust, left, chance, room = self._chances()
        skill, slope = 2 * trust - 1, left * (1 - left)
        surprise = self.votes.outcome - chance
        by_trust, by_margin = 2 * left - 1, skill * slope
        bend = slope * (1 - 2 * left)
        # What a vote tells of the margin is (by_margin)^2 / room: how that moves with either.
        tells_by_trust = 4 * skill * slope**2 / room
        tells_by_trust -= (by_margin / room) ** 2 * (1 - 2 * chance) * by_trust
        tells_by_margin = 2 * skill**2 * slope * bend / room
        tells_by_margin -= (by_margin / room) ** 2 * (1 - 2 * chance) * by_margin
        known = self.known()
        _, variance = variances(*known, self.votes.left, self.votes.right)
        lost = self._by_task(tells_by_margin) * variance / 2
        following = (self.versus @ times(*known, self.versus.T @ lost))[self.votes.task]
        pull = (2 * slope * surprise - by_margin * by_trust) / room
        pull -= by_margin * surprise * (1 - 2 * chance) * by_trust / room**2
        gain = by_trust * surprise / room
        gain -= variance[self.votes.task] * tells_by_trust / 2 + following * pull
        prior = FOLLOWED / self.follows - STRAYED / (1 - self.follows)
        bound = FOLLOWED / self.follows**2 + STRAYED / (1 - self.follows) ** 2
        return (self._by_worker(gain) + prior) / (self._by_worker(by_trust**2 / room) + bound)

    def _chances(self) -> tuple[Floats, Floats, Floats, Floats]:
        """Per vote: trust, P(left) if it follows, P(left), and P(left) P(right)."""
        trust = self.follows[self.votes.worker]
        return trust, *chances((self.versus @ self.scores)[self.votes.task], trust)

    def _fit(self, scores: Floats) -> float:
        """The log-likelihood and the scores' log-prior."""
        margin, trust = (self.versus @ scores)[self.votes.task], self.follows[self.votes.worker]
        left, other = log_chances(margin, trust)
        said = self.votes.outcome
        fits = (said * left + (1 - said) * other).sum()
        return float(fits - self.precision * (scores**2).sum() / 2)

    def _curvature(self, known: Floats) -> sparse.csr_array:
        """From what is known of each task's margin, and of the scores before any vote."""
        prior = self.precision * sparse.eye_array(self.votes.n_items)
        return (self.versus.T @ sparse.diags_array(known) @ self.versus + prior).tocsr()

    def _by_task(self, value: Floats) -> Floats:
        return np.bincount(self.votes.task, value, minlength=self.votes.n_tasks).astype(np.float64)

    def _by_worker(self, value: Floats) -> Floats:
        n_workers = self.votes.n_workers
        return np.bincount(self.votes.worker, value, minlength=n_workers).astype(np.float64)


def chances(margin: Floats, trust: Floats) -> tuple[Floats, Floats, Floats]:
    """P(left) of a vote that follows the scores, P(left), and P(left) P(right)."""
    left = special.expit(margin)
    chance = trust * left + (1 - trust) * (1 - left)
    return left, chance, np.maximum(chance * (1 - chance), 1e-12)


def log_chances(margin: Floats, trust: Floats) -> tuple[Floats, Floats]:
    """The logarithms of P(left) and P(right), finite however far the margin."""
    agree, differ = special.expit(margin), special.expit(-margin)
    left = trust * agree + (1 - trust) * differ
    right = trust * differ + (1 - trust) * agree
    return np.log(np.maximum(left, LEAST)), np.log(np.maximum(right, LEAST))


def _log(value: Floats) -> Floats:
    """The logarithm, minus infinity at 0 without a warning."""
    return np.log(value, out=np.full(value.shape, -np.inf), where=value > 0)
