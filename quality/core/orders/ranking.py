"""The consensus of rankings: Plackett and Luce's model, workers by how closely they follow it."""

from typing import Self

import numpy as np
from numpy.typing import NDArray

from quality.core.orders.ascent import Ascent
from quality.core.orders.stages import RankingVotes
from quality.core.skill import Accuracy, pooled_accuracies
from quality.core.votes import Codes, Floats

# Orders drawn from the posterior of each task, the same for all.
N_DRAWS = 2000
SEED = 0
BLOCK = 4_000_000
PRESUMED_ACCURACY, PRESUMED_VOTES = 0.7, 2.0


class PlackettLuce:
    """Scores of each task's items: a worker picks the best, the next best, ... of those left.

    Worker w picks item i among the rest R with probability exp(c_w s_i) / sum_R exp(c_w s_j). Both
    are learned; normal priors about 0 and 1 have standard deviations `spread` and `leeway`.

    Source: Plackett (1975), "The Analysis of Permutations", Applied Statistics 24(2), 193-202;
    Hunter (2004), "MM Algorithms for Generalized Bradley-Terry Models", Annals of Statistics 32(1),
    384-406.

    Attributes, once fitted
    -----------------------
    consensus_ : n_tasks arrays of item codes, the best first, equal scores in order of code.
    scores_ : n_tasks arrays, (n_items[task],).
    confidence_ : (n_tasks,), the probability that the whole order is right, by draws from Laplace's
        approximation; top_confidence_ : (n_tasks,), that the first item is the best.
    concentration_ : (n_workers,).
    accuracy_ : Accuracy of each worker over pairs of items; a ranking counts as its choices.
    objective_ : log-likelihood with scores integrated out by Laplace's approximation, plus the
        concentrations' log-prior, in nats, one entry per round; never falls.
    rounds_, converged_ : rounds run, and whether the last one moved all by less than tol.
    """

    consensus_: tuple[NDArray[np.intp], ...]
    scores_: tuple[Floats, ...]
    confidence_: Floats
    top_confidence_: Floats
    concentration_: Floats
    accuracy_: Accuracy
    objective_: Floats
    rounds_: int
    converged_: bool

    def __init__(
        self,
        *,
        max_rounds: int = 200,
        tol: float = 1e-3,
        spread: float = 2.0,
        leeway: float = 0.5,
    ) -> None:
        if max_rounds < 1 or spread <= 0 or leeway <= 0:
            raise ValueError("max_rounds, spread and leeway must be positive")
        self.max_rounds = max_rounds
        self.tol = tol
        self.spread = spread
        self.leeway = leeway

    def fit(self, votes: RankingVotes, *, concentration: Floats | None = None) -> Self:
        """Learn from the votes; the workers' concentrations too, unless they are given.

        Raises ValueError for concentrations of another shape or below 0.
        """
        follows = np.ones(votes.n_workers)
        if concentration is not None:
            if concentration.shape != follows.shape or not (concentration >= 0).all():
                raise ValueError("concentration must have one entry per worker, none below 0")
            follows = concentration.astype(np.float64)
        held = concentration is not None
        of_follows = 0.0 if held else self.leeway**-2
        at = Ascent.of(votes, follows, of_scores=self.spread**-2, of_follows=of_follows)
        at = self._climbed(at, held=held)
        self.concentration_ = at.follows
        by_task = {
            task: of_task
            for part, scores in zip(at.parts, at.scores, strict=True)
            for task, of_task in zip(part.task.tolist(), scores, strict=True)
        }
        self.scores_ = tuple(by_task[task] for task in range(votes.n_tasks))
        self.consensus_ = tuple(np.argsort(-scores, kind="stable") for scores in self.scores_)
        self._judge(votes, at)
        return self

    def _climbed(self, at: Ascent, *, held: bool) -> Ascent:
        at = at.settled()
        objective, self.converged_ = [at.evidence], held
        while not self.converged_ and len(objective) < self.max_rounds:
            before, at = at, at.next_follows()
            objective.append(at.evidence)
            self.converged_ = at.moved_from(before) < self.tol
        self.objective_, self.rounds_ = np.array(objective), len(objective)
        return at

    def _judge(self, votes: RankingVotes, at: Ascent) -> None:
        self.confidence_, self.top_confidence_ = np.ones((2, votes.n_tasks))
        by: list[Codes] = [np.zeros(0, dtype=np.int64)]
        surer = [np.zeros(0)]
        n_choices = np.zeros(votes.n_workers)
        for part, scores in zip(at.parts, at.scores, strict=True):
            covariance = at.covariance(part, scores)
            kept = _kept_orders(scores, covariance)
            self.confidence_[part.task], self.top_confidence_[part.task] = kept
            vote, of_part = part.pairs(scores, covariance)
            by.append(part.worker[vote])
            surer.append(of_part)
            made = part.is_choice.sum(axis=1)
            n_choices += np.bincount(part.worker, made, minlength=votes.n_workers)
        self.accuracy_ = _accuracy(np.concatenate(by), np.concatenate(surer), n_choices)


def _kept_orders(scores: Floats, covariance: Floats) -> tuple[Floats, Floats]:
    """How often draws keep the whole order, and its first item, (n_groups,) each."""
    n_groups, width = scores.shape
    kept, first_kept = np.ones((2, n_groups))
    order = np.argsort(-scores, axis=1, kind="stable")
    noise = np.random.default_rng(SEED).standard_normal((N_DRAWS // 2, width))
    noise = np.concatenate([noise, -noise])
    at_once = max(1, BLOCK // (N_DRAWS * width))
    for first in range(0, n_groups, at_once):
        rows = np.arange(first, min(first + at_once, n_groups))[:, None]
        places = order[rows[:, 0]]
        root = np.linalg.cholesky(covariance[rows[:, :, None], places[:, :, None], places[:, None]])
        # Drawn in the order of the consensus, so that the names of items do not matter.
        drawn = scores[rows, places][:, None, :] + noise @ root.transpose(0, 2, 1)
        kept[rows[:, 0]] = (np.diff(drawn, axis=2) < 0).all(axis=2).mean(axis=1)
        first_kept[rows[:, 0]] = (drawn.argmax(axis=2) == 0).mean(axis=1)
    return kept, first_kept


def _accuracy(by: Codes, surer: Floats, n_choices: Floats) -> Accuracy:
    """Over all pairs that rankings imply, weighing a ranking of k items as k - 1 answers."""
    pooled = pooled_accuracies(
        by,
        surer,
        n_choices.size,
        prior_accuracy=PRESUMED_ACCURACY,
        prior_votes=PRESUMED_VOTES,
    )
    weight = n_choices / np.maximum(pooled.n, 1)
    right, wrong = PRESUMED_VOTES * PRESUMED_ACCURACY, PRESUMED_VOTES * (1 - PRESUMED_ACCURACY)
    return Accuracy(
        n_choices,
        pooled.n_effective * weight,
        right + (pooled.alpha - right) * weight,
        wrong + (pooled.beta - wrong) * weight,
    )
