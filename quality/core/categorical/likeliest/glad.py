"""Workers differ in skill, and tasks in how hard they are."""

from collections.abc import Callable

import numpy as np

from quality.core.categorical.aggregator import Aggregator, even
from quality.core.categorical.engine.block import Block
from quality.core.categorical.engine.climb import Summit, climb
from quality.core.categorical.engine.panel import Panel
from quality.core.votes import Floats

# Steps that lead down are halved so often, then not taken.
MOST_HALVINGS = 8
# Skills and ease are fitted to the start by so many steps.
FIRST_STEPS = 10
# No single step goes farther: where the curvature vanishes it would leave all bounds.
FARTHEST = 3.0
# Smaller falls, in nats, are rounding errors.
ROUNDING = 1e-12
# A skill is 1 or so before any vote, the log of an ease 0 or so.
TYPICAL_SKILL = 1.0


class Glad(Aggregator):
    """A worker is right by the logistic of skill times ease of the task, and errs evenly.

    The posterior at its likeliest under normal priors of skills and of the logs of ease.

    Parameters
    ----------
    max_rounds, tol : stop after so many rounds, or when probabilities move by less than tol in
        the mean.
    n_steps : Newton's steps of skills and ease in each round.
    spread : standard deviation of the priors.

    Attributes, once fitted
    -----------------------
    skill_ : (n_workers,), 0 for a guess among two, below 0 for worse; as presumed without votes.
    difficulty_ : (n_tasks,), above 0, the inverse of ease; 1 without votes.

    Source: Whitehill, Ruvolo, Wu, Bergsma & Movellan (2009), "Whose Vote Should Count More:
    Optimal Integration of Labels from Labelers of Unknown Expertise", NIPS 22, 2035-2043.
    """

    skill_: Floats
    difficulty_: Floats

    def __init__(
        self,
        *,
        max_rounds: int = 200,
        tol: float = 1e-6,
        n_steps: int = 1,
        spread: float = 1.0,
    ) -> None:
        if max_rounds < 1 or n_steps < 1 or not spread > 0:
            raise ValueError("max_rounds, n_steps and spread must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.n_steps = n_steps
        self.spread = spread

    def _solve(self, panel: Panel, first: Floats) -> Summit:
        logit = _Logit(panel, 1.0 / self.spread**2)

        self.log_prior_ = even(panel)
        logit.improve(first, FIRST_STEPS)

        def step(posterior: Floats) -> tuple[Floats, float]:
            logit.improve(posterior, self.n_steps)
            return logit.posterior(self.log_prior_)

        # The step goes on from its last skills and ease: nothing to extrapolate over.
        summit = climb(step, first, max_rounds=self.max_rounds, tol=self.tol, accelerate=False)
        people = panel.present < panel.n_workers
        self.skill_ = np.full(panel.n_workers, TYPICAL_SKILL)
        self.skill_[panel.present[people]] = logit.skill[people]
        self.difficulty_ = np.ones(panel.n_tasks)
        self.difficulty_[panel.voted] = np.exp(-logit.log_ease)
        return summit


class _Logit:
    """Skills of the present workers and log ease of the voted tasks, and how to better them."""

    def __init__(self, panel: Panel, precision: float) -> None:
        self.panel, self.precision = panel, precision
        self.skill = np.full(panel.present.size, TYPICAL_SKILL)
        self.log_ease = np.zeros(panel.n_voted)
        self._log_others = float(np.log(max(panel.n_labels - 1, 1)))

    def improve(self, posterior: Floats, n_steps: int) -> None:
        """Better both in turn."""
        for _ in range(n_steps):
            self.improve_skill(posterior)
            self.improve_ease(posterior)

    def improve_skill(self, posterior: Floats) -> None:
        """One step of Newton's for each worker."""

        def slopes(skill: Floats) -> Floats:
            total = np.zeros((3, skill.size))
            for span, block in self.panel:
                place = self.panel.row_place[block.rows]
                ease = np.repeat(np.exp(self.log_ease[span]), block.sizes)
                per_vote = _slopes(block, posterior[:, span], skill[place] * ease, ease)
                total += [np.bincount(place, part, minlength=skill.size) for part in per_vote]
            return total

        self.skill = _improved(slopes, self.skill, TYPICAL_SKILL, self.precision)

    def improve_ease(self, posterior: Floats) -> None:
        """The same for each task."""
        for span, block in self.panel:
            skill = self.skill[self.panel.row_place[block.rows]]

            def slopes(
                log_ease: Floats, block: Block = block, span: slice = span, skill: Floats = skill
            ) -> Floats:
                score = skill * np.repeat(np.exp(log_ease), block.sizes)
                per_vote = _slopes(block, posterior[:, span], score, score)
                return _by_task(block, np.stack(per_vote))

            self.log_ease[span] = _improved(slopes, self.log_ease[span], 0.0, self.precision)

    def posterior(self, log_prior: Floats) -> tuple[Floats, float]:
        """Under the present skills and ease, and its log-likelihood with the log-priors."""
        posterior = np.empty((self.panel.n_labels, self.panel.n_voted))
        off = (self.skill - TYPICAL_SKILL) @ (self.skill - TYPICAL_SKILL)
        objective = -self.precision / 2.0 * float(off + self.log_ease @ self.log_ease)
        by_row = self.skill[self.panel.row_place]
        for span, block in self.panel:
            ease = np.exp(self.log_ease[span])
            evidence = block.hit_sums(by_row) * ease + self._log_others * block.shares()
            score = by_row[block.rows] * np.repeat(ease, block.sizes)
            wrong = -np.logaddexp(0.0, score) - self._log_others
            posterior[:, span], part = block.normalised(evidence, log_prior)
            objective += part + float(wrong.sum() if block.weight is None else wrong @ block.weight)
        return posterior, objective


def _slopes(
    block: Block, posterior: Floats, score: Floats, inner: Floats
) -> tuple[Floats, Floats, Floats]:
    """Of each vote: the expected log-likelihood, its slope and its expected curvature, (n_votes,).

    score: (n_votes,) log odds of being right; inner: their derivative by what is bettered
    """
    right = posterior[block.label, np.repeat(np.arange(block.n_tasks), block.sizes)]
    small = np.exp(-np.abs(score))
    expected = np.where(score >= 0, 1.0, small) / (1.0 + small)
    value = right * score - np.maximum(score, 0.0) - np.log1p(small)
    slope = (right - expected) * inner
    curvature = expected * (1.0 - expected) * inner**2
    if block.weight is None:
        return value, slope, curvature
    return value * block.weight, slope * block.weight, curvature * block.weight


def _by_task(block: Block, per_vote: Floats) -> Floats:
    if not block.n_tasks:
        return np.zeros((per_vote.shape[0], 0))
    return np.asarray(np.add.reduceat(per_vote, block.starts[:-1], axis=1))


def _improved(
    slopes: Callable[[Floats], Floats], now: Floats, centre: float, precision: float
) -> Floats:
    """Each entry a step of Newton's on, halved until it does not lead down."""
    value, slope, curvature = slopes(now)
    value = value - precision / 2.0 * (now - centre) ** 2
    floor = value - ROUNDING * (1.0 + np.abs(value))
    move = (slope - precision * (now - centre)) / (curvature + precision)
    np.clip(move, -FARTHEST, FARTHEST, out=move)
    for _ in range(MOST_HALVINGS):
        ahead = now + move
        down = slopes(ahead)[0] - precision / 2.0 * (ahead - centre) ** 2 < floor
        if not down.any():
            return np.asarray(ahead)
        move[down] /= 2.0
    move[down] = 0.0
    return np.asarray(now + move)
